//! SC-007 in a cluster: something happens, and its sample in Prometheus and its line in Loki are waited for. Absent on purpose:
//! the scrape of a single pod (`phases::freshness`), which says nothing about the way to the dashboard.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::api::{Api, Call};
use crate::measurements::Freshness;
use crate::monitoring::prometheus::broken;
use crate::monitoring::{Loki, Prometheus};
use crate::phases::{Context, Stopped, sentence};
use crate::target::cluster::Cluster;

/// How many markers, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    markers: usize,
    every: Duration,
    poll: Duration,
    visible_within: Duration,
}

impl Pace {
    pub const STANDARD: Self = Self {
        // A few more than the judge asks for.
        markers: 12,
        // No whole part of a scrape interval, so that markers fall into all parts of it.
        every: Duration::from_millis(2_700),
        // Often enough not to be a part of what it measures.
        poll: Duration::from_millis(250),
        // Far more than is allowed, so that a late sample is measured and not only missed.
        visible_within: Duration::from_secs(60),
    };
}

/// Makes log-ins fail, one after the other whether or not the one before has shown, and watches their counter in Prometheus.
/// Nothing else in a run fails to log in, so the counter's rise is theirs, in their order.
pub async fn through_prometheus(
    context: &Context,
    api: &Api,
    prometheus: &Prometheus,
    namespace: &str,
    pace: Pace,
) -> Result<Freshness, Stopped> {
    let query =
        format!("sum(auth_attempts_total{{namespace=\"{namespace}\",job=\"todo-backend\",result=\"failure\"}})");
    let count = async || prometheus.value(&query, None).await.map(|value| value.unwrap_or(0.0));
    // Prometheus must answer, else nothing can be waited for.
    let base = context.unless_interrupted(count()).await?.map_err(broken)?;
    let mut freshness = Freshness::default();
    let (mut sent, mut seen) = (Vec::new(), 0);
    let (mut marks, mut polls) = (interval(pace.every), interval(pace.poll));
    marks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while seen < pace.markers {
        tokio::select! {
            () = context.interrupted.cancelled() => return Err(Stopped::Interrupted),
            _ = marks.tick(), if sent.len() < pace.markers => {
                let nobody = json!({ "email": "nobody@example.com", "password": "not the password" });
                let began = Instant::now();
                // Without an answer nobody knows whether it was counted, and so which sample is whose from here on.
                if api.send(&Call::post("/api/auth/login", &nobody)).await.is_err() {
                    freshness.never_seen += 1;
                    break;
                }
                sent.push(began);
            }
            _ = polls.tick() => {
                if let Ok(now) = count().await {
                    let visible = ((now - base).max(0.0) as usize).min(sent.len());
                    freshness.delays_seconds.extend(sent.iter().take(visible).skip(seen).map(|at| at.elapsed().as_secs_f64()));
                    seen = seen.max(visible);
                }
                if sent.get(seen).is_some_and(|at| at.elapsed() > pace.visible_within) {
                    // One is enough to fail, and each costs a minute.
                    freshness.never_seen += 1;
                    break;
                }
            }
        }
    }
    Ok(freshness)
}

/// Asks for something, takes the request's id from the answer and looks for its line in Loki, again and again.
pub async fn through_loki(
    context: &Context,
    api: &Api,
    token: &str,
    loki: &Loki,
    namespace: &str,
    pace: Pace,
) -> Result<Freshness, Stopped> {
    let mut freshness = Freshness::default();
    for _ in 0..pace.markers {
        let began = Instant::now();
        let answer = api.send(&Call::get("/api/tasks?limit=1").template("/api/tasks").token(token)).await;
        let id = answer.ok().and_then(|answer| answer.header("x-request-id").map(str::to_owned));
        let line = id.map(|id| line(namespace, &id));
        let visible = async {
            let Some(line) = line else { return false };
            while began.elapsed() < pace.visible_within {
                if loki.finds(&line, began.elapsed()).await.unwrap_or(false) {
                    return true;
                }
                tokio::time::sleep(pace.poll).await;
            }
            false
        };
        if !context.unless_interrupted(visible).await? {
            freshness.never_seen += 1;
            break;
        }
        freshness.delays_seconds.push(began.elapsed().as_secs_f64());
        context.pause(pace.poll).await?;
    }
    Ok(freshness)
}

/// Ids are letters and digits of our own servers, which need no escaping.
fn line(namespace: &str, id: &str) -> String {
    format!("{{service_name=\"todo-backend\", namespace=\"{namespace}\"}} |= \"{id}\"")
}

/// Whether the release is told where Loki is; otherwise no line can be waited for.
pub async fn pushes(cluster: &Cluster) -> Result<(), Stopped> {
    let told = async {
        let Some(map) = cluster.sources().await?.config else { return Ok(None) };
        cluster.config(&map, "LOKI_URL").await
    };
    let why = match told.await {
        Ok(Some(url)) if !url.is_empty() => return Ok(()),
        Ok(_) => "the release pushes no lines, because config.lokiUrl is not set".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Stopped::Impossible(sentence(&why)))
}

#[cfg(test)]
mod tests;
