//! The course of the run: one row per second, the named phases, and the windows in which failures are announced.

use serde::{Deserialize, Serialize};

/// The run second by second.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    pub seconds: Vec<Second>,
    pub phases: Vec<Phase>,
    pub windows: Vec<Window>,
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

/// An announced stretch in which failures are expected, from the signal until the server is ready again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    /// Short, for a label in the chart: `kill 1`, `drain`.
    pub name: String,
    pub from: f64,
    pub to: f64,
}
