//! Tests of the whole product: what no single crate can prove about itself.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test too")]

mod application;
mod assistant;
mod assistant_lines;
mod browser;
mod causes;
mod compose;
mod images;
mod invariants;
mod journey;
mod log_lines;
mod servers;
mod signals;
mod traces;
