//! The gates of `dashboards/`: a strict lint, a mutation for each of its rules, the judge's own queries, and the parsers of
//! Prometheus and Loki. Absent on purpose: Grafana, and data; whether a panel shows something is asked on a cluster.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test too")]

mod clean;
mod contract;
mod judge;
mod lint;
mod mutations;
mod parsers;
