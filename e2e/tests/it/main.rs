//! Tests of the whole product: what no single crate can prove about itself.

mod invariants;
