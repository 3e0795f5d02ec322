//! Tests of the crate through the smallest server that uses it, `examples/smallest.rs`, one process per test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy knows only functions marked as tests, not their helpers; a failed helper is a failed test"
)]

mod documentation;
mod identity;
mod lines;
mod loki;
mod scrape;
mod shutdown;
mod support;
mod traces;
