//! The thresholds of what only a cluster can show. Absent on purpose: judging (see `criteria`).

use super::{Limit, limit};

/// The thresholds of a run on a cluster.
#[derive(Clone, Debug)]
pub struct ClusterLimits {
    // The product: at most.
    pub usable_seconds: Limit,
    pub ready_seconds: Limit,
    pub restarts: Limit,
    pub rollout_seconds: Limit,
    /// From an event to its metric in Prometheus, and to its line in Loki.
    pub freshness_seconds: Limit,
    pub image_megabytes: Limit,
    /// Between the client's counts and those of Prometheus.
    pub disagreement_percent: Limit,
    /// W of the observability guide: the stretch over which the utilisation is averaged.
    pub metric_seconds: Limit,
    /// What the loops of kubelet, metrics-server and HPA may add to the floor.
    pub reaction_seconds: Limit,
    pub new_pod_seconds: Limit,
    /// What one pod may add to the way down.
    pub fall_seconds_per_pod: Limit,
    /// What a pod may take to end.
    pub grace_seconds: Limit,
    pub unready_seconds: Limit,
    pub recovered_seconds: Limit,
    pub mended_seconds: Limit,
    // The product: at least.
    pub throughput_gain: Limit,
    // The evidence: at least.
    pub pod_kills: Limit,
    pub forced_kills: Limit,
    pub markers: Limit,
    pub requests_meanwhile: Limit,
    pub scale_steps: Limit,
    pub hold_seconds: Limit,
    pub outage_seconds: Limit,
    pub replaced_pods: Limit,
    pub backup_tasks: Limit,
}

impl Default for ClusterLimits {
    fn default() -> Self {
        Self {
            usable_seconds: limit(300.0, "requirements SC-001"),
            ready_seconds: limit(120.0, "requirements SC-002"),
            restarts: limit(0.0, "requirements SC-002: who waits for the database waits without dying"),
            rollout_seconds: limit(60.0, "requirements SC-004"),
            freshness_seconds: limit(
                10.0,
                "issue 5: two scrapes 5 s apart, through Prometheus and through Loki; requirements SC-007 allow 30 s",
            ),
            image_megabytes: limit(25.0, "design, budgets; requirements SC-008 allow 300 and 200"),
            disagreement_percent: limit(2.0, "issue 5: goose's figures and Prometheus's agree within 2 %"),
            metric_seconds: limit(15.0, "observability guide, autoscaling: W, the window of the metric"),
            reaction_seconds: limit(45.0, "observability guide, autoscaling: worst case φ·W + 45 s"),
            new_pod_seconds: limit(90.0, "observability guide, SLO scale-reaction; under 70 s where nothing is pulled"),
            fall_seconds_per_pod: limit(30.0, "the chart's slowest policy lets a pod go every 30 s"),
            grace_seconds: limit(30.0, "the chart's terminationGracePeriodSeconds"),
            unready_seconds: limit(
                20.0,
                "three probes 2 s apart, after the pool has noticed; the rest is room for a small node",
            ),
            recovered_seconds: limit(
                30.0,
                "one probe every 2 s and a new connection; the rest is room for a small node",
            ),
            mended_seconds: limit(120.0, "requirements SC-002: what is mended is Ready as soon as what is new"),
            throughput_gain: limit(
                1.3,
                "issue 4, HPA-UP: replicas really add throughput; generator and node share two cores",
            ),
            pod_kills: limit(10.0, "issue 4, SC-003"),
            forced_kills: limit(3.0, "issue 4, SC-003: without a grace period for one pod of each component"),
            markers: limit(10.0, "each of them waits for Prometheus to come by"),
            requests_meanwhile: limit(
                300.0,
                "no failure in 300 requests bounds the failure rate below 1 % (95 % confidence)",
            ),
            scale_steps: limit(2.0, "issue 4, HPA-UP: the second step is the slower one"),
            hold_seconds: limit(30.0, "two loops of the HPA: flapping needs one to show"),
            outage_seconds: limit(35.0, "longer than three liveness probes 10 s apart, which would restart a pod"),
            replaced_pods: limit(2.0, "a rollout that replaces no pod proves nothing; the backend has two"),
            backup_tasks: limit(10.0, "an empty database restores too easily"),
        }
    }
}

impl ClusterLimits {
    /// What the product must keep, with unit.
    pub(super) fn most(&self) -> [(&'static str, Limit, &'static str); 15] {
        [
            ("SC-001 usable", self.usable_seconds, "s"),
            ("SC-002 every pod Ready", self.ready_seconds, "s"),
            ("SC-002, READY restarts", self.restarts, ""),
            ("SC-004 upgrade, rollback", self.rollout_seconds, "s"),
            ("SC-007 slowest marker in a cluster", self.freshness_seconds, "s"),
            ("SC-008 image", self.image_megabytes, "MB"),
            ("METRICS client against Prometheus, per route", self.disagreement_percent, "%"),
            ("HPA-UP window of the metric", self.metric_seconds, "s"),
            ("HPA-UP reaction above the floor", self.reaction_seconds, "s"),
            ("HPA-UP first new pod Ready", self.new_pod_seconds, "s"),
            ("HPA-DOWN for each pod, beside metric, stabilization and grace", self.fall_seconds_per_pod, "s"),
            ("HPA-DOWN end of a pod", self.grace_seconds, "s"),
            ("READY 503 and endpoints removed", self.unready_seconds, "s"),
            ("READY a write after the database is back", self.recovered_seconds, "s"),
            ("SC-003, ISOLATION, PENDING Ready again", self.mended_seconds, "s"),
        ]
    }

    /// What there must be of it.
    pub(super) fn least(&self) -> [(&'static str, Limit); 10] {
        [
            ("HPA-UP throughput at the maximum against the minimum", self.throughput_gain),
            ("SC-003 pod kills in a cluster", self.pod_kills),
            ("SC-003 forced pod kills", self.forced_kills),
            ("SC-007 markers in a cluster", self.markers),
            ("SC-004, HPA-*, ISOLATION, PENDING requests meanwhile", self.requests_meanwhile),
            ("HPA-UP steps", self.scale_steps),
            ("HPA-UP hold in seconds", self.hold_seconds),
            ("READY outage in seconds", self.outage_seconds),
            ("SC-004 replaced pods", self.replaced_pods),
            ("BACKUP tasks", self.backup_tasks),
        ]
    }
}
