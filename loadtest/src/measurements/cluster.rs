//! What only a cluster can show, as plain data. The conventions are those of the parent: `at` and names that end in
//! `_at` are seconds since the run started, `_seconds` are durations.

use serde::{Deserialize, Serialize};

use super::{Monitoring, Part};

/// The parts of a run against a Helm release.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cluster {
    /// SC-001 and SC-002.
    pub install: Part<Install>,
    /// SC-008.
    pub images: Part<Vec<Image>>,
    /// HPA-UP.
    pub scale_up: Part<ScaleUp>,
    /// HPA-DOWN.
    pub scale_down: Part<ScaleDown>,
    /// SC-003, together with the ledger.
    pub pod_kills: Part<Vec<PodKill>>,
    /// Set when the release uses a database of somebody else: nobody can kill that one.
    #[serde(default)]
    pub database_elsewhere: bool,
    /// READY.
    pub outage: Part<Outage>,
    /// ISOLATION.
    pub isolation: Part<Vec<Broken>>,
    /// PENDING.
    pub pending: Part<Pending>,
    /// SC-004: the upgrade and the rollback.
    pub rollouts: Part<Vec<Rollout>>,
    /// BACKUP.
    pub backup: Part<Backup>,
    #[serde(default)]
    pub monitoring: Monitoring,
}

impl Cluster {
    /// Nothing of it can be measured, for this reason.
    pub fn not_measured(reason: &str) -> Self {
        fn open<T>(reason: &str) -> Part<T> {
            Part::NotMeasured(reason.to_owned())
        }
        Self {
            install: open(reason),
            images: open(reason),
            scale_up: open(reason),
            scale_down: open(reason),
            pod_kills: open(reason),
            database_elsewhere: false,
            outage: open(reason),
            isolation: open(reason),
            pending: open(reason),
            rollouts: open(reason),
            backup: open(reason),
            monitoring: Monitoring { log_freshness: open(reason), testimonies: open(reason), ..Monitoring::default() },
        }
    }
}

/// Requests of the load during a stretch, outside the announced windows; what fails in an overload is among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Served {
    pub requests: u64,
    /// Failed or refused.
    pub failed: u64,
    /// Refused inside an announced overload, as designed: beside the other two.
    #[serde(default)]
    pub refused_in_overload: u64,
}

impl Served {
    /// What was added since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            failed: self.failed - before.failed,
            refused_in_overload: self.refused_in_overload - before.refused_in_overload,
        }
    }
}

/// From `helm install` on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Install {
    /// Until somebody could sign up and create a task through the frontend's Service; absent when it never worked.
    pub usable_seconds: Option<f64>,
    /// Until every pod of the release was Ready; absent when that never happened.
    pub ready_seconds: Option<f64>,
    pub pods: u64,
    /// Container restarts up to that moment: a clean start has none.
    pub restarts: u64,
}

/// One image as the node holds it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Image {
    /// `backend` or `frontend`.
    pub component: String,
    pub name: String,
    /// Size that the kubelet reports, in megabytes (10^6 bytes).
    pub megabytes: f64,
}

/// The HPA on its way up. The moments are t0 to t7 of the observability guide.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ScaleUp {
    pub minimum: u32,
    pub maximum: u32,
    /// Target of the HPA in percent of the CPU request.
    pub target_percent: f64,
    /// Utilisation before the load step, and the highest seen after it.
    pub before_percent: Option<f64>,
    pub peak_percent: Option<f64>,
    /// t0.
    pub load_at: f64,
    /// t1: the metric is above 1.1 times the target.
    pub metric_at: Option<f64>,
    /// t2 of every step: the number of desired replicas changed.
    pub steps: Vec<ScaleStep>,
    /// t3 to t6 of every new pod.
    pub pods: Vec<NewPod>,
    /// The maximum is desired; absent when it never was.
    pub maximum_at: Option<f64>,
    /// As many pods as the maximum are Ready.
    pub ready_at: Option<f64>,
    /// t7: the first moment from which p95 of the probe stays under its limit for so many seconds; absent when there was none before
    /// the hold had to end.
    pub latency_back_at: Option<f64>,
    pub latency_limit_ms: f64,
    #[serde(default)]
    pub latency_lasting_seconds: f64,
    /// Answers per second at the minimum and at the maximum of replicas, under the same offered load.
    pub rate_at_minimum: Option<f64>,
    pub rate_at_maximum: Option<f64>,
    /// Times the desired number fell during the hold, under steady load.
    pub falls_while_held: u64,
    pub held_seconds: f64,
    pub served: Served,
}

/// The desired number of replicas changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScaleStep {
    pub at: f64,
    pub from: u32,
    pub to: u32,
}

/// A pod that the HPA asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewPod {
    pub name: String,
    /// t3.
    pub created_at: f64,
    /// t4.
    pub scheduled_at: Option<f64>,
    /// t5.
    pub ready_at: Option<f64>,
    /// t6: its own counter shows a request.
    pub served_at: Option<f64>,
}

/// The HPA on its way down.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ScaleDown {
    pub minimum: u32,
    pub from: u32,
    /// The load fell.
    pub load_at: f64,
    pub steps: Vec<ScaleStep>,
    /// Desired and running replicas are back at the minimum; absent when that never happened.
    pub minimum_at: Option<f64>,
    /// Times the desired number rose on the way down.
    pub rises: u64,
    /// What the HPA looks back on before it lets a pod go.
    pub stabilization_seconds: Option<f64>,
    pub served: Served,
}

/// A pod that was killed under load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PodKill {
    pub at: f64,
    /// `backend`, `frontend` or `database`.
    pub component: String,
    pub pod: String,
    /// Without a grace period (`--grace-period=0 --force`), else as an eviction would do it.
    pub forced: bool,
    /// Writes acknowledged since the kill before.
    pub acknowledged_before: u64,
    /// Requests waiting for an answer at that moment.
    pub in_flight: u64,
    /// Until the component had all its pods Ready again; absent when that never happened.
    pub ready_again_seconds: Option<f64>,
}

/// The database is taken away and brought back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outage {
    /// From the loss of the database pod until `/ready` of every backend pod said 503.
    pub unready_seconds: Option<f64>,
    /// Until the backend's Service had no ready endpoint.
    pub endpoints_removed_seconds: Option<f64>,
    /// `/health` of the backend pods meanwhile.
    pub health_asked: u64,
    pub health_answered: u64,
    /// API requests straight to a backend pod meanwhile, and how many were answered as problem+json with 503.
    pub asked: u64,
    pub explained: u64,
    /// Container restarts of backend and frontend caused by the outage.
    pub restarts: u64,
    pub outage_seconds: f64,
    /// From the moment the database was Ready again until a write was acknowledged through the Service.
    pub recovered_seconds: Option<f64>,
    pub examples: Vec<String>,
}

/// A broken setting or image, rolled out and mended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Broken {
    /// For example `ConfigMap LOG_LEVEL`, `Secret JWT_SECRET`, `image`.
    pub what: String,
    /// A word that the message must contain to name the cause.
    pub expected: String,
    /// What the new pod or its events said; absent when nothing was said in time.
    pub message: Option<String>,
    /// Ready pods of the old version while the broken one was being rolled out: the lowest number seen, and the wanted one.
    pub ready_pods: u64,
    pub wanted_pods: u64,
    pub served: Served,
    /// From mending it until the rollout was complete; absent when it never was.
    pub recovered_seconds: Option<f64>,
}

/// A request that fits nowhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pending {
    /// What was asked for, for example `1000 CPU`.
    pub asked: String,
    /// Phase of the new pod after the wait.
    pub phase: String,
    /// The scheduler's sentence.
    pub reason: Option<String>,
    pub ready_pods: u64,
    pub wanted_pods: u64,
    pub served: Served,
    pub recovered_seconds: Option<f64>,
}

/// An upgrade or a rollback under load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rollout {
    /// `upgrade` or `rollback`.
    pub kind: String,
    /// Until Helm and every rollout were done; absent when they were not.
    pub seconds: Option<f64>,
    /// Pods of both servers before it, and how many of them were replaced: without any, nothing was tried.
    #[serde(default)]
    pub pods: u64,
    pub replaced_pods: u64,
    pub served: Served,
}

/// Backup, wipe, restore.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Backup {
    pub backup_seconds: Option<f64>,
    pub restore_seconds: Option<f64>,
    /// Tasks before the backup, after the wipe and after the restore.
    pub tasks_before: u64,
    pub tasks_after_wipe: u64,
    pub tasks_after_restore: u64,
    /// Acknowledged writes that the restored database contradicts.
    pub wrong_writes: u64,
    /// What the restore said about a damaged file; absent when it took it or said nothing.
    pub damaged_refusal: Option<String>,
    /// Whether the data were untouched by the refused restore.
    pub untouched_by_refusal: bool,
}
