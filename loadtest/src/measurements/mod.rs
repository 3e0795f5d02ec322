//! Everything a run measured, as plain data: what the phases fill in and what `criteria` judges.
//! Absent on purpose: clocks, input and output, limits and any opinion about what is good.
//!
//! Conventions: `at`, `from` and `to` are seconds since the run started; `_ms` are milliseconds, `_mib` are
//! mebibytes; routes are written `METHOD /template`, for example `GET /api/tasks/{id}`.

mod chat;
mod cluster;
mod latency;
mod monitoring;
#[cfg(test)]
pub mod sample;
mod signals;
mod timeline;

pub use chat::{Chat, Streams};
pub use cluster::{
    Backup, Broken, Cluster, Image, Install, NewPod, Outage, Pending, PodKill, Rollout, ScaleDown, ScaleStep, ScaleUp,
    Served,
};
pub use latency::LatencyRun;
pub use monitoring::{Better, Monitoring, Testimony};
pub use signals::{Agreement, Logs, Metrics, PodSeries};
pub use timeline::{Happening, Phase, Replicas, Second, Timeline, Window, WindowKind};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One measured part of the run, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part<T> {
    /// The phase ran to its end and this is what it saw, good or bad.
    Measured(T),
    /// Nothing was tried (skipped, interrupted, not possible on this target). A whole sentence. Judged `not_measured`.
    NotMeasured(String),
    /// It was tried and the attempt itself went wrong: a server that did not come back. A whole sentence. Judged `fail`.
    Broken(String),
}

const DID_NOT_RUN: &str = "The phase that measures this did not run.";

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self::NotMeasured(DID_NOT_RUN.to_owned())
    }
}

impl<T> Part<T> {
    /// Whether nobody has said more about it than that its phase did not run.
    pub fn did_not_run(&self) -> bool {
        matches!(self, Self::NotMeasured(reason) if reason == DID_NOT_RUN)
    }

    /// The measured value, when there is one.
    pub fn measured(&self) -> Option<&T> {
        match self {
            Self::Measured(value) => Some(value),
            Self::NotMeasured(_) | Self::Broken(_) => None,
        }
    }
}

/// The whole run. Parts that no phase filled stay `NotMeasured`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measurements {
    pub run: Run,
    pub environment: Environment,
    /// What goose did and saw.
    pub load: Part<Load>,
    /// The audit of acknowledged writes (SC-003).
    pub ledger: Part<Ledger>,
    /// The kills under write load (SC-003).
    pub kills: Part<Vec<Kill>>,
    /// SC-006.
    pub configuration: Part<ConfigurationChange>,
    /// SC-007.
    pub freshness: Part<Freshness>,
    /// HEALTH, first half: `/health` during the heaviest step.
    pub health: Part<Probed>,
    /// HEALTH, second half: the flood beyond the concurrency limit.
    pub flood: Part<Flood>,
    /// DRAIN.
    pub drain: Part<Drain>,
    /// STREAMS: what became of streams while servers ended, by a signal or by rollouts.
    pub streams: Part<Vec<Streams>>,
    /// ERRORS.
    pub errors: Part<Errors>,
    /// LATENCY, one entry per route of the constant-arrival probe.
    pub latency: Part<Vec<RouteLatency>>,
    /// On a cluster every measurement of LATENCY in the order taken, the judged one among them.
    #[serde(default)]
    pub latency_runs: Vec<LatencyRun>,
    /// CHAT.
    pub chat: Part<Chat>,
    /// METRICS.
    pub metrics: Part<Metrics>,
    /// LOGS.
    pub logs: Part<Logs>,
    /// START.
    pub start: Part<Starts>,
    /// MEMORY.
    pub memory: Part<Memory>,
    /// What only a cluster can show.
    pub cluster: Cluster,
    pub timeline: Timeline,
}

impl Measurements {
    /// A run in which nothing has been measured yet.
    pub fn new(run: Run, environment: Environment) -> Self {
        let cluster = if run.on_cluster() {
            Cluster::default()
        } else {
            Cluster::not_measured("Needs a cluster: --target cluster.")
        };
        Self {
            run,
            environment,
            load: Part::default(),
            ledger: Part::default(),
            kills: Part::default(),
            configuration: Part::default(),
            freshness: Part::default(),
            health: Part::default(),
            flood: Part::default(),
            drain: Part::default(),
            streams: Part::default(),
            errors: Part::default(),
            latency: Part::default(),
            latency_runs: Vec::new(),
            chat: Part::default(),
            metrics: Part::default(),
            logs: Part::default(),
            start: Part::default(),
            memory: Part::default(),
            cluster,
            timeline: Timeline::default(),
        }
    }
}

/// Which run this was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// `local`, `cluster`, or `url` for a server that was already running.
    pub target: String,
    /// The Helm release, or for other targets the version that `/health` reports.
    pub release: String,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub finished_at: OffsetDateTime,
    /// Set when Ctrl-C ended the run early: too little evidence is then nobody's fault.
    pub partial: bool,
}

impl Run {
    /// Whether a Helm release was judged: pods instead of processes.
    pub fn on_cluster(&self) -> bool {
        self.target == "cluster"
    }
}

/// What a reader needs to compare this run with another one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this load test.
    pub loadtest: String,
    /// `version` and `revision` of `todo_build_info`.
    pub backend: String,
    /// Cargo profile of the executable under test: `dev` or `release`, `unknown` when it is not ours.
    pub profile: String,
    /// For example `SQLite file, synchronous FULL`.
    pub database: String,
    /// Name, kernel and architecture.
    pub system: String,
    pub processor: String,
    pub cores: usize,
    pub memory_mib: Option<f64>,
    /// Other work on the machine when the run began: the one-minute load average.
    pub load_average_at_start: Option<f64>,
    /// The arguments as typed, quoted so that they can be pasted into a shell.
    pub command_line: String,
    pub seed: u64,
    pub users: u32,
    /// The load plan in words or in goose's form, for example `20,10s;20,30s;0,2s`.
    pub plan: String,
    /// Mean processor use of the load generator itself, in cores (1.0 = one core busy).
    pub generator_cores_used: Option<f64>,
    /// Mean processor use of the server under load, in cores.
    pub server_cores_used: Option<f64>,
}

/// Goose's figures for the whole run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Load {
    pub requests: u64,
    pub failures: u64,
    pub users: u32,
    pub seconds: f64,
    pub requests_per_second: f64,
    pub routes: Vec<RouteLoad>,
}

/// One row of goose's request table. Closed loop: a slow answer delays the next question, so the tail looks kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RouteLoad {
    pub route: String,
    pub requests: u64,
    pub failures: u64,
    pub mean_ms: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub max_ms: Option<f64>,
}

/// The audit: every acknowledged write compared with what the API returns after the last restart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Writes whose success the client has seen.
    pub acknowledged: u64,
    /// How many of these the audit has looked up; less than all is no proof.
    pub audited: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub altered: u64,
    /// Writes that were repeated with the same `Idempotency-Key`.
    pub retried: u64,
    /// Writes without an answer: either outcome is right, so they are only counted.
    pub unanswered: u64,
    /// A few findings in words, for the reader who must look for the cause.
    pub examples: Vec<String>,
}

/// One `kill -9` of the server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kill {
    pub at: f64,
    /// Writes acknowledged since the previous kill (or since the load began): without any, the kill proves nothing.
    pub acknowledged_before: u64,
    /// Requests waiting for an answer when the signal was sent.
    pub in_flight: u64,
    /// From the signal until `/ready` answered again; absent when it never did.
    pub ready_again_ms: Option<f64>,
}

/// SC-006: one setting, set to one value, then to another, same executable.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ConfigurationChange {
    /// For example `API_VERSION`.
    pub setting: String,
    pub first_set: String,
    pub first_seen: String,
    pub second_set: String,
    pub second_seen: String,
    /// Digest of the executable, in a cluster the image's id, at the first and the second start: no rebuild in between.
    pub first_executable: String,
    pub second_executable: String,
}

/// SC-007: from an event to its sample in `/metrics`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Freshness {
    /// One delay per marker that became visible, in seconds.
    pub delays_seconds: Vec<f64>,
    /// Markers that did not become visible before the time-out.
    pub never_seen: u64,
}

/// One path asked again and again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Probed {
    pub path: String,
    pub sent: u64,
    /// Answers with the expected status. Anything else, silence included, is `sent - answered`.
    pub answered: u64,
    pub p99_ms: Option<f64>,
    pub slowest_ms: Option<f64>,
}

/// More requests at once than the server admits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Flood {
    /// `MAX_CONCURRENT_REQUESTS` of the server.
    pub limit: u64,
    /// Requests kept open at the same time.
    pub offered: u64,
    pub sent: u64,
    pub served: u64,
    /// Answers 503 or 429.
    pub refused: u64,
    /// Refusals that did not carry `Retry-After`.
    pub without_retry_after: u64,
    /// Any other outcome: another status, a dropped connection, a time-out.
    pub other: u64,
    /// `/health`, `/ready` and `/metrics` while the flood lasted.
    pub probes: Vec<Probed>,
}

/// SIGTERM under load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Drain {
    /// Requests waiting for an answer when the signal was sent.
    pub in_flight: u64,
    /// Requests on connections that the server had accepted, before and after the signal.
    pub accepted: u64,
    pub answered: u64,
    /// Connections refused after the listener had closed: allowed, and counted.
    pub refused_connections: u64,
    /// Absent when the process was ended by a signal or did not end.
    pub exit_code: Option<i32>,
    /// From the signal to the end of the process; absent when it did not end.
    pub ended_after_seconds: Option<f64>,
    /// The bound that the server was given.
    pub grace_seconds: f64,
    pub examples: Vec<String>,
}

/// Outcomes of all load requests (goose and probe), except those of the flood and the drain.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Errors {
    /// An overload is no window for them: what is answered or fails in it counts.
    pub requests_outside_windows: u64,
    pub failed_outside_windows: u64,
    /// Refusals (429 or 503 with `Retry-After`) outside the windows: counted apart, and judged as failures.
    pub refused_outside_windows: u64,
    /// Refusals inside an announced overload: the designed answer, shown and not judged. Such a request is in no other count.
    #[serde(default)]
    pub refused_in_overload: u64,
    /// Failures inside the windows in which something is down: expected.
    pub failed_inside_windows: u64,
    pub examples: Vec<String>,
}

/// One route of the constant-arrival probe, timed from the intended start, outside the windows in which something is down.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RouteLatency {
    pub route: String,
    /// Arrivals planned per second.
    pub rate: f64,
    /// Arrivals that were due outside the windows.
    pub due: u64,
    /// Arrivals that got the expected answer; their latencies are the figures below.
    pub answered: u64,
    pub p50_ms: Option<f64>,
    pub p90_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub max_ms: Option<f64>,
    /// Upper edge in milliseconds and number of answers up to it that are above the edge before: for the histogram.
    pub histogram: Vec<(f64, u64)>,
}

/// Process start to the first 200 of `/ready`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Starts {
    pub ready_ms: Vec<f64>,
    /// Starts that never became ready.
    pub failed: u64,
    /// Starting the same executable only to print its version, as a measure of the machine.
    pub reference_ms: Option<f64>,
}

/// Resident memory of the server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    pub idle_mib: Option<f64>,
    pub peak_mib: Option<f64>,
    /// After the load has ended and the server has come to rest.
    pub after_load_mib: Option<f64>,
}
