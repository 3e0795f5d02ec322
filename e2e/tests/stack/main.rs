//! The monitoring stack in `monitoring/`, held by reading its files and by running its script with stand-ins: no cluster and no
//! network. Absent on purpose: the charts that the values are for; monitoring/README.md says how those were checked.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test too")]

#[path = "../chart/objects.rs"]
#[expect(dead_code, reason = "shared with the chart's gates, which ask more of objects")]
mod objects;
#[path = "../chart/schemas.rs"]
mod schemas;

mod addresses;
mod definitions;
mod install;
mod links;
mod reasons;
mod routes;
mod values;
