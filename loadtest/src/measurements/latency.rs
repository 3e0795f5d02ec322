//! LATENCY, when one measurement was not enough: every one of them, whole. Absent on purpose: which is the best (`criteria`).

use serde::{Deserialize, Serialize};

use super::{Measurements, Part, RouteLatency, Testimony};

/// One measurement under the steady load: what the probe saw, and what Prometheus saw of the same time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LatencyRun {
    /// Its name in the timeline.
    pub phase: String,
    pub routes: Vec<RouteLatency>,
    /// About LATENCY alone; none where Prometheus was not there or was not asked.
    pub testimonies: Vec<Testimony>,
    pub judged: bool,
}

impl Measurements {
    /// Keeps every measurement and lets one be judged, whole: its routes, and what Prometheus saw of its time alone.
    pub fn judge_latency(&mut self, mut runs: Vec<LatencyRun>, judged: usize) {
        let Some(best) = runs.get_mut(judged) else { return };
        best.judged = true;
        self.latency = Part::Measured(best.routes.clone());
        if let Part::Measured(all) = &mut self.cluster.monitoring.testimonies {
            all.retain(|testimony| testimony.criterion != "LATENCY");
            all.extend(best.testimonies.iter().cloned());
        }
        self.latency_runs = runs;
    }
}
