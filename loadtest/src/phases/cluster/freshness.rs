//! SC-007 in a cluster: something happens, and its sample in Prometheus is waited for. Absent on purpose: the scrape of a
//! single pod (`phases::freshness`), which says nothing about the way to the dashboard.

use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use crate::api::{Api, Call, cause};
use crate::measurements::Freshness;
use crate::phases::{Context, Stopped, sentence};

/// A few more than the judge asks for; each takes about a scrape interval.
const MARKERS: usize = 12;
const POLL: Duration = Duration::from_millis(500);
/// Twice what is allowed, so that a late sample is measured and not only missed.
const VISIBLE_WITHIN: Duration = Duration::from_secs(60);

/// Waits for one marker after the other until there are enough, which may be after the load: pods are scraped all the same.
pub async fn run(context: &Context, api: &Api, prometheus: &Url, namespace: &str) -> Result<Freshness, Stopped> {
    let query = format!("sum(auth_attempts_total{{namespace=\"{namespace}\",result=\"failure\"}})");
    let asked = Asked { http: api.http.clone(), prometheus, query };
    let mut freshness = Freshness::default();
    // Nothing has failed yet, perhaps; but Prometheus must answer, else nothing can be waited for.
    let mut before = context.unless_interrupted(asked.count()).await?.map_err(|why| Stopped::Broken(sentence(&why)))?;
    for _ in 0..MARKERS {
        if freshness.never_seen > 0 {
            // One is enough to fail, and each costs a minute.
            break;
        }
        let nobody = json!({ "email": "nobody@example.com", "password": "not the password" });
        let began = Instant::now();
        if api.send(&Call::post("/api/auth/login", &nobody)).await.is_err() {
            freshness.never_seen += 1;
            continue;
        }
        loop {
            context.pause(POLL).await?;
            match asked.count().await {
                Ok(now) if now > before => {
                    freshness.delays_seconds.push(began.elapsed().as_secs_f64());
                    before = now;
                    break;
                }
                _ if began.elapsed() > VISIBLE_WITHIN => {
                    freshness.never_seen += 1;
                    break;
                }
                _ => {}
            }
        }
    }
    Ok(freshness)
}

struct Asked<'a> {
    http: Client,
    prometheus: &'a Url,
    query: String,
}

impl Asked<'_> {
    /// The counter over all pods; zero while there is no sample.
    async fn count(&self) -> Result<f64, String> {
        let base = self.prometheus.as_str().trim_end_matches('/');
        let asking = self.http.get(format!("{base}/api/v1/query")).query(&[("query", &self.query)]).send().await;
        let failed = |why: String| format!("Prometheus at {base} cannot be asked: {why}");
        let answer = asking.map_err(|error| failed(cause(&error)))?;
        let told: Value = answer.json().await.map_err(|error| failed(cause(&error)))?;
        value(&told).map_err(failed)
    }
}

/// The number of a query's only result.
fn value(told: &Value) -> Result<f64, String> {
    if told["status"] != "success" {
        return Err(told["error"].as_str().unwrap_or("no answer of Prometheus").to_owned());
    }
    match told["data"]["result"].get(0) {
        None => Ok(0.0),
        Some(result) => result["value"][1].as_str().and_then(|text| text.parse().ok()).ok_or("no number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_prometheus_is_a_number_or_a_reason() {
        let vector =
            |result: Value| json!({ "status": "success", "data": { "resultType": "vector", "result": result } });
        assert_eq!(value(&vector(json!([{ "metric": {}, "value": [1.5, "7"] }]))), Ok(7.0));
        assert_eq!(value(&vector(json!([]))), Ok(0.0));
        let refused = json!({ "status": "error", "errorType": "bad_data", "error": "parse error" });
        assert_eq!(value(&refused), Err("parse error".to_owned()));
        assert!(value(&Value::Null).is_err());
    }
}
