//! The gates of the Helm chart: everything about `helm/todo` that can be proven without a cluster, on rendered objects.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test too")]

mod environments;
mod golden;
mod helm;
mod images;
mod labels;
mod monitoring;
mod network;
mod notes;
mod objects;
mod pod_security;
mod quota;
mod readme;
mod references;
mod refusals;
mod robustness;
mod rollout;
mod schemas;
mod secrets;
mod settings;
mod switches;
mod tools;
mod upgrade;
mod values;
