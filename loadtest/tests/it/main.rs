//! The load test as people use it: the executable, its exit status, its files, and what it leaves behind.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test too")]

pub mod arguments;
pub mod check;
pub mod controls;
pub mod interrupt;
pub mod run;
pub mod support;
