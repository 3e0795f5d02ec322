//! The verdict: the shape of `verdict.json`, and the exit status that follows from it.
//! Absent on purpose: how a criterion is judged (`criteria`) and how the verdict is shown (`report`).

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::measurements::Load;

/// What `verdict.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    pub target: String,
    pub release: String,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub finished_at: OffsetDateTime,
    /// At least one criterion was measured, none failed, and the run was not interrupted.
    pub passed: bool,
    /// The run was interrupted: what is here is true, but it is not the whole.
    pub partial: bool,
    pub criteria: Vec<Criterion>,
    /// Absent when there was no audit.
    pub ledger: Option<LedgerCounts>,
    /// Goose's figures; absent when there was no load.
    pub load: Option<Load>,
    /// File name of the timeline, beside this file.
    pub timeline: String,
    /// The dashboard of the load test over the run's time, where Grafana was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard: Option<String>,
    /// What Prometheus answered about the criteria; empty without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prometheus: Vec<Witnessed>,
}

/// A criterion in the eyes of Prometheus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Witnessed {
    pub criterion: String,
    pub title: String,
    pub query: String,
    /// The phase of the run that the query was asked about.
    pub phase: String,
    /// Null when Prometheus had nothing to say.
    pub value: Option<f64>,
    pub limit: f64,
    /// As Grafana names it.
    pub unit: String,
    /// Whether the value keeps the limit, as a pass of the criterion would have it.
    pub agrees: Option<bool>,
}

/// One judged criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    pub id: String,
    pub title: String,
    /// A number is the largest value that passes.
    pub limit: Figure,
    pub measured: Option<Figure>,
    /// Empty when the figures are words.
    pub unit: String,
    pub status: Status,
    /// Why the status is what it is, in one sentence.
    pub reason: String,
    /// What was counted, one fact per line.
    pub evidence: Vec<String>,
    /// The dashboard over the phase that measured this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard: Option<String>,
}

/// A limit or a measured value: mostly a number, sometimes a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    Number(f64),
    Text(String),
}

/// How a criterion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    NotMeasured,
}

/// The four numbers of the audit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCounts {
    pub acknowledged: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub altered: u64,
}

impl Verdict {
    /// How many criteria ended with this status.
    pub fn count(&self, status: Status) -> usize {
        self.criteria.iter().filter(|criterion| criterion.status == status).count()
    }

    /// 0: every measured criterion passed. 1: one failed. 2: the run does not allow a verdict, because it was
    /// interrupted or measured nothing.
    pub fn exit_code(&self) -> u8 {
        if self.count(Status::Fail) > 0 {
            1
        } else if self.passed {
            0
        } else {
            2
        }
    }
}
