//! The release on a real Kubernetes: what the load test does not look at. Needs `helm`, `kubectl` and a cluster with the images
//! on it, which `e2e/run` provides: it calls this program by name, because `cargo test` alone has no cluster.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test too")]

mod assistant;
mod healthy;
mod ingress;
mod monitoring;
mod pages;
mod pod_security;
mod release;
mod secrets;
mod self_test;
mod tools;
mod two_releases;
mod uninstall;
