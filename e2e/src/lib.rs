//! Tests of the whole product, in `tests/it`; nothing here is shipped.

pub mod dashboards;
pub mod log_lines;
pub mod rules;
pub mod selectors;
pub mod tool;
