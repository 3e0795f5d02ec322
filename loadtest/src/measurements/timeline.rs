//! The course of the run: one row per second, the named phases, and the windows in which failures or refusals are announced.

use serde::{Deserialize, Serialize};

/// The run second by second.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    pub seconds: Vec<Second>,
    pub phases: Vec<Phase>,
    pub windows: Vec<Window>,
    /// In a cluster: the replicas of the backend, once a second.
    #[serde(default)]
    pub replicas: Vec<Replicas>,
    /// In a cluster: kills, rollouts, scaling and what Kubernetes said about them, in order.
    #[serde(default)]
    pub happenings: Vec<Happening>,
}

impl Timeline {
    /// The last reading of the replicas in the second that begins at `at`; absent when nobody looked.
    pub fn replicas_in(&self, at: f64) -> Option<&Replicas> {
        let after = self.replicas.partition_point(|row| row.at < at + 1.0);
        self.replicas[..after].last().filter(|row| row.at >= at)
    }
}

/// The backend's replicas in one second.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Replicas {
    pub at: f64,
    /// What the HPA wants.
    pub desired: u32,
    pub running: u32,
    pub ready: u32,
    /// Mean CPU use as the HPA sees it, in percent of the request; absent while it has no metric.
    pub cpu_percent: Option<f64>,
    pub target_percent: Option<f64>,
}

/// Something that happened in the cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Happening {
    pub at: f64,
    /// Short, for the chart and the live view: `kill`, `rollout`, `scale`, `outage`, or the reason of a Kubernetes event.
    pub kind: String,
    /// A whole sentence.
    pub what: String,
}

/// One second. What was not sampled is absent, not zero.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Second {
    pub at: f64,
    pub users: Option<u32>,
    /// Requests of goose and probe that ended in this second.
    pub requests: u64,
    pub failures: u64,
    /// Percentiles of this second, from the constant-arrival probe.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub server_memory_mib: Option<f64>,
    /// Cores used (1.0 = one core busy).
    pub server_cores: Option<f64>,
    pub generator_cores: Option<f64>,
}

/// A stretch of the run with a name: `warm-up`, `kills`, `flood`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Phase {
    pub name: String,
    pub from: f64,
    pub to: f64,
}

/// An announced stretch: from the signal until the server is ready again, or from a load step until there are enough replicas.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    /// Short, for a label in the chart: `kill 1`, `drain`, `overload`.
    pub name: String,
    #[serde(default)]
    pub kind: WindowKind,
    pub from: f64,
    pub to: f64,
}

/// What a window forgives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Something is down on purpose: any failure is expected.
    #[default]
    Outage,
    /// There is more load than replicas for it, on purpose: a polite refusal is the designed answer, a failure still is one.
    Overload,
}
