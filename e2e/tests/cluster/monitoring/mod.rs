//! The signals on a live cluster: what the operator, Prometheus, Alertmanager, Loki and a receiver of traces make of the chart's
//! objects. Each test leaves the release and the stack as it found them.

mod alerts;
mod correlation;
pub(crate) mod dashboards;
mod kept;
mod load_test;
mod loki_outage;
mod rules;
mod scaled;
mod signals;
pub(crate) mod stack;
mod targets;
mod tools;
mod traffic;
