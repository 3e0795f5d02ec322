//! The assistant over replicas: pods are asked directly, by turns, and some of them end in the middle. Absent on purpose: what it
//! understands and says, which tests without a cluster know.

mod events;
mod interrupted;
mod mcp;
mod pods;
mod replicas;
mod settings;
pub(crate) mod user;
