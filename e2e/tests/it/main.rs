//! Tests of the whole product: what no single crate can prove about itself.

mod application;
mod browser;
mod invariants;
mod journey;
