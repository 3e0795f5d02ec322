//! What the load test asks a Prometheus. Absent on purpose: how it is reached (`way`), what the numbers should be (`criteria`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::way::Way;
use crate::exposition::Sample;
use crate::phases::{Context, Stopped, sentence};

/// An operator writes a new release into a Secret, and a kubelet renews a mounted one every 60 to 90 s; then come a reload and a scrape. A
/// pod that is not scraped by then is not scraped at all.
const KNOWN_WITHIN: Duration = Duration::from_secs(180);
/// Several scrape intervals of a pod that is scraped.
const SCRAPED_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(250);

/// A Prometheus that answers.
#[derive(Clone, Debug)]
pub struct Prometheus {
    way: Way,
    /// Whether somebody named it: what is asked for by name must work.
    named: bool,
}

impl Prometheus {
    pub fn new(way: Way, named: bool) -> Self {
        Self { way, named }
    }

    /// The samples of an instant query, now or at a moment in seconds since 1970.
    pub async fn query(&self, promql: &str, at: Option<f64>) -> Result<Vec<Sample>, String> {
        let at = at.map(|at| at.to_string());
        let mut parameters = vec![("query", promql)];
        parameters.extend(at.as_deref().map(|at| ("time", at)));
        samples(&self.ask("/api/v1/query", &parameters).await?)
    }

    /// The value of a query with one sample at most; NaN, which is how a quantile of nothing comes, is none.
    pub async fn value(&self, promql: &str, at: Option<f64>) -> Result<Option<f64>, String> {
        let samples = self.query(promql, at).await?;
        Ok(samples.first().map(|sample| sample.value).filter(|value| !value.is_nan()))
    }

    /// Kind by metric, as the targets with these labels tell it.
    pub async fn kinds(&self, target: &str) -> Result<BTreeMap<String, String>, String> {
        let told = self.ask("/api/v1/targets/metadata", &[("match_target", target)]).await?;
        let rows = told.as_array().into_iter().flatten();
        let kind = |row: &Value| Some((row["metric"].as_str()?.to_owned(), row["type"].as_str()?.to_owned()));
        Ok(rows.filter_map(kind).collect())
    }

    /// Waits until every one of these pods is scraped, which takes minutes where the release is new to Prometheus.
    pub async fn scrapes(&self, context: &Context, namespace: &str, pods: &BTreeSet<String>) -> Result<(), Stopped> {
        let query = format!("up{{namespace=\"{namespace}\",job=~\"{JOBS}\"}} == 1");
        let began = Instant::now();
        loop {
            let up = context.unless_interrupted(self.query(&query, None)).await?.map_err(broken)?;
            let seen: BTreeSet<String> = up.iter().filter_map(|sample| sample.labels.get("pod").cloned()).collect();
            let missing: Vec<&str> = pods.difference(&seen).map(String::as_str).collect();
            if missing.is_empty() {
                return Ok(());
            }
            if began.elapsed() > KNOWN_WITHIN {
                return Err(self.unscraped(&missing, seen.is_empty()));
            }
            context.pause(POLL).await?;
        }
    }

    /// A Prometheus that was only found, and that scrapes nothing of ours, is there for others.
    fn unscraped(&self, missing: &[&str], all: bool) -> Stopped {
        let why = format!("The Prometheus at {} does not scrape {}.", self.way, missing.join(", "));
        if all && !self.named { Stopped::Impossible(why) } else { Stopped::Broken(why) }
    }

    /// Waits until every target was scraped after this moment, so that what happened before it is in the samples; returns
    /// Prometheus's own time.
    pub async fn settled(&self, context: &Context, namespace: &str) -> Result<f64, Stopped> {
        let moment = self.now(context).await?;
        let oldest = format!("min(timestamp(up{{namespace=\"{namespace}\",job=~\"{JOBS}\"}}))");
        let began = Instant::now();
        while self.number(context, &oldest).await? <= moment {
            if began.elapsed() > SCRAPED_WITHIN {
                let within = SCRAPED_WITHIN.as_secs();
                return Err(Stopped::Broken(format!("Prometheus did not scrape every pod within {within} s.")));
            }
            context.pause(POLL).await?;
        }
        self.now(context).await
    }

    /// Prometheus's own time, in seconds since 1970.
    pub async fn now(&self, context: &Context) -> Result<f64, Stopped> {
        self.number(context, "vector(time())").await
    }

    async fn number(&self, context: &Context, query: &str) -> Result<f64, Stopped> {
        let value = context.unless_interrupted(self.value(query, None)).await?.map_err(broken)?;
        value.ok_or_else(|| Stopped::Broken(format!("Prometheus has no value of {query}.")))
    }

    async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let failed = |why: String| format!("Prometheus at {} cannot be asked: {why}", self.way);
        let mut told = self.way.get(path, parameters).await.map_err(failed)?;
        if told["status"] != "success" {
            return Err(failed(told["error"].as_str().unwrap_or("this is no answer of Prometheus").to_owned()));
        }
        Ok(told["data"].take())
    }
}

/// Our jobs in a regular expression of PromQL.
pub const JOBS: &str = "todo-backend|todo-frontend";

/// For `map_err`: Prometheus was there and then did not answer.
pub fn broken(why: String) -> Stopped {
    Stopped::Broken(sentence(&why))
}

/// The vector of an answer.
fn samples(data: &Value) -> Result<Vec<Sample>, String> {
    let rows = data["result"].as_array().filter(|_| data["resultType"] == "vector");
    let rows = rows.ok_or("Prometheus answered with something other than a vector")?;
    let sample = |row: &Value| {
        let mut labels: BTreeMap<String, String> = serde_json::from_value(row["metric"].clone()).ok()?;
        let value = row["value"][1].as_str()?.parse().ok()?;
        Some(Sample { name: labels.remove("__name__").unwrap_or_default(), labels, value })
    };
    rows.iter().map(|row| sample(row).ok_or_else(|| format!("a sample of Prometheus cannot be read: {row}"))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_vector_becomes_samples_whatever_their_values() {
        let row = |value: &str| json!({ "metric": { "__name__": "up", "pod": "a" }, "value": [1.5, value] });
        let data = json!({ "resultType": "vector", "result": [row("7"), row("+Inf"), row("NaN")] });
        let read = samples(&data).unwrap();
        assert_eq!((read[0].name.as_str(), read[0].labels["pod"].as_str(), read[0].value), ("up", "a", 7.0));
        assert!(read[1].value.is_infinite() && read[2].value.is_nan());
    }

    #[test]
    fn pods_that_nobody_scrapes_are_a_fault_unless_a_found_prometheus_is_there_for_others() {
        let url = "http://127.0.0.1:1".parse().expect("a URL");
        let way = Way::direct(&crate::api::http_client(0).expect("a client"), &url);
        let stopped = |named: bool, all: bool| Prometheus::new(way.clone(), named).unscraped(&["a", "b"], all);
        assert!(matches!(stopped(false, true), Stopped::Impossible(why) if why.ends_with("does not scrape a, b.")));
        for fault in [stopped(true, true), stopped(true, false), stopped(false, false)] {
            assert!(matches!(fault, Stopped::Broken(_)), "{fault:?}");
        }
    }

    #[test]
    fn what_is_no_vector_is_a_reason() {
        assert!(samples(&Value::Null).is_err());
        assert!(samples(&json!({ "resultType": "scalar", "result": [1.5, "7"] })).is_err());
        let odd = json!({ "resultType": "vector", "result": [{ "metric": {}, "value": [1.5, "seven"] }] });
        assert!(samples(&odd).unwrap_err().contains("seven"));
    }
}
