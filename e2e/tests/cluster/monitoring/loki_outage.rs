//! Two minutes each of a Loki that is gone, slow, or silent, under load: the requests do not notice, the servers do not grow, and
//! what is lost is counted.

use std::time::Duration;

use serde_json::{Value, json};

use crate::monitoring::stack::{Loki, Prometheus, Toxiproxy};
use crate::monitoring::traffic::{Answers, Outcome, Person, Traffic, quantile};
use crate::release::client;
use crate::tools::eventually;

const OUTAGE: Duration = Duration::from_secs(120);
/// Before the first outage and after each.
const CALM: Duration = Duration::from_secs(40);
/// One figure of speed each; a share of a hundredth needs some hundreds of requests.
const SLICE: Duration = Duration::from_secs(10);
const REQUESTS_PER_SECOND: u32 = 60;
/// What a pod may grow by while lines wait.
const GROWTH: f64 = 20e6;
const RECOVERY: Duration = Duration::from_secs(30);

/// How Loki fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Stopped,
    Slow,
    Silent,
}

impl Fault {
    async fn strike(self, toxiproxy: &Toxiproxy) {
        match self {
            Self::Stopped => toxiproxy.stop().await,
            Self::Slow => toxiproxy.poison("latency", json!({"latency": 3_000, "jitter": 500})).await,
            // Takes connections and requests, and answers none.
            Self::Silent => toxiproxy.poison("timeout", json!({"timeout": 0})).await,
        }
    }
}

/// The p99 of each slice of a time; every request must have been answered well.
async fn p99s(answers: &Answers, time: Duration) -> Vec<Duration> {
    answers.take();
    let mut figures = Vec::new();
    for _ in 0..time.as_secs() / SLICE.as_secs() {
        tokio::time::sleep(SLICE).await;
        let slice = answers.take();
        let failed: Vec<&Outcome> =
            slice.iter().map(|(_, outcome)| outcome).filter(|outcome| **outcome != Ok(200)).collect();
        assert!(
            failed.is_empty(),
            "{} of {} requests failed: {:?}",
            failed.len(),
            slice.len(),
            &failed[..failed.len().min(3)]
        );
        figures.push(quantile(&slice, 0.99));
    }
    figures
}

/// What the backend's pods say about themselves, added up.
#[derive(Clone, Copy, Debug)]
struct Counts {
    requests: f64,
    sent: f64,
    dropped: f64,
    waiting: f64,
}

/// The figures of all pods, of the newest scrape of each.
async fn counts(prometheus: &Prometheus) -> Counts {
    let sum = async |metric: &str| {
        let expression = format!(r#"sum({metric}{{namespace="todo",job="todo-backend"}})"#);
        prometheus.value(&expression).await.expect("an answer").unwrap_or_default()
    };
    Counts {
        requests: sum("axum_http_requests_total").await,
        sent: sum("log_push_sent_total").await,
        dropped: sum("log_push_dropped_total").await,
        waiting: sum("log_push_queue_length").await,
    }
}

/// The largest growth of a pod's memory since the time began.
async fn growth(prometheus: &Prometheus, time: Duration) -> f64 {
    let memory = r#"process_resident_memory_bytes{namespace="todo",job="todo-backend"}"#;
    let seconds = time.as_secs();
    let expression = format!("max(max_over_time({memory}[{seconds}s]) - {memory} offset {seconds}s)");
    prometheus.value(&expression).await.expect("an answer").expect("memory of pods that were there all the time")
}

/// Until a line of a request of this moment is in Loki.
async fn recovered(loki: &Loki, person: &Person) -> Duration {
    let healed = tokio::time::Instant::now();
    eventually(RECOVERY, async || {
        let answer = client().get(format!("{}/api/tasks", person.backend)).bearer_auth(&person.token).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        let id = answer.headers()["x-request-id"].to_str().expect("a text").to_owned();
        let found = eventually_found(loki, &id).await?;
        if found.is_empty() { Err(format!("no line of {id}")) } else { Ok(()) }
    })
    .await;
    healed.elapsed()
}

async fn eventually_found(loki: &Loki, id: &str) -> Result<Vec<Value>, String> {
    for _ in 0..8 {
        let lines = loki.lines(&format!(r#"{{service_name="todo-backend"}} |= "{id}""#)).await?;
        if !lines.is_empty() {
            return Ok(lines);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(Vec::new())
}

/// The quarter and the middle of the figures.
fn quarter_and_middle(mut figures: Vec<Duration>) -> (Duration, Duration) {
    figures.sort();
    (figures[figures.len() / 4], figures[figures.len() / 2])
}

#[tokio::test]
async fn a_loki_that_is_gone_slow_or_silent_costs_counted_lines_and_nothing_else() {
    let (prometheus, loki, toxiproxy) = (Prometheus::connect(), Loki::connect(), Toxiproxy::connect());
    toxiproxy.heal().await;
    let person = Person::sign_up().await;
    let traffic = Traffic::start(&person, REQUESTS_PER_SECOND);
    let mut calm = p99s(&traffic.answers, CALM).await;
    for fault in [Fault::Stopped, Fault::Slow, Fault::Silent] {
        let before = counts(&prometheus).await;
        fault.strike(&toxiproxy).await;
        let during = p99s(&traffic.answers, OUTAGE).await;
        let grown = growth(&prometheus, OUTAGE).await;
        let after = counts(&prometheus).await;
        toxiproxy.heal().await;
        let recovery = recovered(&loki, &person).await;
        let after_it = p99s(&traffic.answers, CALM).await;

        // Noise is what the slices without a fault show, on both sides of it.
        let noise = calm.iter().chain(&after_it).max().copied().expect("slices");
        let (quarter, typical) = quarter_and_middle(during.clone());
        let lost = after.dropped - before.dropped;
        let (requests, accounted) = (
            after.requests - before.requests,
            after.sent + after.dropped + after.waiting - before.sent - before.dropped - before.waiting,
        );
        println!(
            "{fault:?}: p99 {typical:?} (noise up to {noise:?}), {lost} lines lost of {accounted} for {requests} requests, \
             memory +{:.1} MB, a line arrived {recovery:.1?} after the end",
            grown / 1e6,
        );
        // Whoever waits for Loki does so in every slice, and for seconds. A neighbour's work on the node slows some slices down, now and
        // then most of them; so a quarter of them must be within the noise, and the middle not far from it.
        assert!(quarter <= noise && typical <= 3 * noise, "{fault:?}: {during:?} against {calm:?} and {after_it:?}");
        assert!(grown < GROWTH, "{fault:?}: {grown} bytes");
        // Each request is a line; what was scraped in between may be a few off.
        assert!(accounted >= requests * 0.98, "{fault:?}: {before:?} {after:?}");
        if fault != Fault::Slow {
            assert!(lost > 0.0, "{fault:?}: {before:?} {after:?}");
        }
        calm = after_it;
    }
    traffic.end().await;
}
