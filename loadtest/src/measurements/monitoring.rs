//! What Prometheus, Loki and Grafana have to say about a run on a cluster, as plain data.

use serde::{Deserialize, Serialize};

use super::{Freshness, Part};

/// The second witness of a run, and where it can be looked at.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Monitoring {
    /// Namespace of the release, by which its dashboards are filtered.
    pub namespace: String,
    /// Where Grafana is, without a slash at the end; absent when nobody said.
    pub grafana: Option<String>,
    /// The command that leads to a Grafana in the cluster.
    pub forwarding: Option<String>,
    /// SC-007, second path: from a request to its line in Loki.
    pub log_freshness: Part<Freshness>,
    /// What Prometheus answered to the queries of `queries.json`.
    pub testimonies: Part<Vec<Testimony>>,
}

/// The answer to one query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Testimony {
    pub criterion: String,
    pub title: String,
    /// As it was asked.
    pub query: String,
    /// The phase of the run that it was asked about.
    pub phase: String,
    /// Absent when Prometheus had no sample.
    pub value: Option<f64>,
    /// Why Prometheus gave no answer.
    pub refusal: Option<String>,
    pub limit: f64,
    /// As Grafana names it: `s`, `bytes`, `percentunit`, `short`.
    pub unit: String,
    pub better: Better,
}

/// Which side of its limit a value has to be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Below,
    Above,
}

impl Testimony {
    /// Whether the value keeps its limit, as it would after a pass; nothing without a value.
    pub fn agrees(&self) -> Option<bool> {
        self.value.map(|value| match self.better {
            Better::Below => value <= self.limit,
            Better::Above => value >= self.limit,
        })
    }
}
