//! What the signals of the servers look like, as plain data: metrics and log lines.

use serde::{Deserialize, Serialize};

/// What `/metrics` says about itself and how it agrees with the client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// Why the text could not be parsed.
    pub parse_error: Option<String>,
    /// Documented metrics (`telemetry::names::ALL`) that a scrape after the load must show.
    pub documented: u64,
    pub missing: Vec<String>,
    pub undocumented: Vec<String>,
    /// Metrics whose labels differ from the documented ones, in words.
    pub wrong_labels: Vec<String>,
    /// Histograms that came as summaries (`quantile=`), which cannot be added up over pods.
    pub summaries: Vec<String>,
    pub random_paths: u64,
    pub series_before_random_paths: u64,
    pub series_after_random_paths: u64,
    /// In a cluster: the series of every pod, which are counted there instead of the two numbers above.
    #[serde(default)]
    pub pods: Vec<PodSeries>,
    /// Request counts per route, by the client and by the server, over the same stretch of time.
    pub agreement: Vec<Agreement>,
}

/// The series of one pod before and after the random paths.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PodSeries {
    pub pod: String,
    pub before: u64,
    pub after: u64,
}

/// One route counted on both sides.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Agreement {
    pub route: String,
    pub client: u64,
    pub server: u64,
    /// In a cluster, beside each other: the probe's p95 and the one that Prometheus reckons from its buckets.
    #[serde(default)]
    pub client_p95_ms: Option<f64>,
    #[serde(default)]
    pub server_p95_ms: Option<f64>,
}

/// Every line that the server printed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Logs {
    pub lines: u64,
    pub not_json: u64,
    /// Lines without one of the documented fields.
    pub incomplete: u64,
    /// Access lines among them, to show that requests were logged at all.
    pub access_lines: u64,
    /// Names of the planted secrets that were looked for (`password`, `token`, `JWT_SECRET`).
    pub secrets_planted: Vec<String>,
    /// Names of those that were found in a line, never their values.
    pub secrets_found: Vec<String>,
    pub examples: Vec<String>,
}
