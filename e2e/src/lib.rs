//! Tests of the whole product, in `tests/it`; nothing here is shipped.

pub mod dashboards;
pub mod log_lines;
