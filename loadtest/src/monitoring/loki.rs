//! What the load test asks a Loki: whether lines have arrived. Absent on purpose: reading them.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::way::Way;

/// How far Loki's clock may be from ours, either way.
const APART: Duration = Duration::from_secs(15);

/// A Loki that answers.
#[derive(Clone, Debug)]
pub struct Loki {
    way: Way,
}

impl Loki {
    pub fn new(way: Way) -> Self {
        Self { way }
    }

    /// Whether a query finds a line that is not older than this. Short is cheap: Loki reads every line until it finds one.
    pub async fn finds(&self, logql: &str, back: Duration) -> Result<bool, String> {
        let now = OffsetDateTime::now_utc();
        let (from, to) = ((now - back - APART).unix_timestamp_nanos(), (now + APART).unix_timestamp_nanos());
        let (from, to) = (from.to_string(), to.to_string());
        let parameters = [("query", logql), ("start", &from), ("end", &to), ("limit", "1")];
        let failed = |why: String| format!("Loki at {} cannot be asked: {why}", self.way);
        let told = self.way.get("/loki/api/v1/query_range", &parameters).await.map_err(failed)?;
        let streams = told["data"]["result"].as_array().filter(|_| told["status"] == "success");
        let streams = streams.ok_or_else(|| failed("this is no answer of Loki".to_owned()))?;
        Ok(streams.iter().any(|stream| stream["values"].as_array().is_some_and(|lines: &Vec<Value>| !lines.is_empty())))
    }
}
