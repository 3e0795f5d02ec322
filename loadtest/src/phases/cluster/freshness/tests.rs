//! Markers on their way through a stand-in that is backend, Prometheus and Loki in one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use serde_json::Value;
use url::Url;

use super::*;
use crate::api::http_client;
use crate::monitoring::{stand_in, way::Way};

const FAST: Pace = Pace {
    markers: 4,
    every: Duration::from_millis(40),
    poll: Duration::from_millis(5),
    visible_within: Duration::from_millis(400),
};

fn reached(url: &Url) -> (Api, Way) {
    let http = http_client(0).expect("a client");
    (Api::new(http.clone(), url), Way::direct(&http, url))
}

fn vector(value: u64) -> String {
    let result = json!([{ "metric": {}, "value": [0, value.to_string()] }]);
    json!({ "status": "success", "data": { "resultType": "vector", "result": result } }).to_string()
}

/// Shows at most `visible` failed log-ins, each of them after some more questions.
async fn counting(visible: u64) -> Url {
    let (failed, asked) = (AtomicU64::new(0), AtomicU64::new(0));
    let shown = AtomicU64::new(0);
    stand_in::start(move |question: &str| {
        if question.starts_with("POST /api/auth/login") {
            failed.fetch_add(1, SeqCst);
            return (401, String::new(), String::new());
        }
        // A scrape now and then: in between the sample stands still.
        if asked.fetch_add(1, SeqCst).is_multiple_of(5) {
            shown.store(failed.load(SeqCst).min(visible), SeqCst);
        }
        (200, String::new(), vector(3 + shown.load(SeqCst)))
    })
    .await
}

#[tokio::test]
async fn every_marker_gets_its_own_delay_while_others_are_under_way() {
    let (api, way) = reached(&counting(u64::MAX).await);
    let prometheus = Prometheus::new(way, true);
    let seen = through_prometheus(&Context::of_test(), &api, &prometheus, "todo", FAST).await.expect("markers");
    assert_eq!((seen.delays_seconds.len(), seen.never_seen), (4, 0));
    assert!(seen.delays_seconds.iter().all(|delay| (0.0..0.4).contains(delay)), "{seen:?}");
    assert_eq!(api.answered().get("POST /api/auth/login"), Some(&4), "they count among our own requests");
}

#[tokio::test]
async fn a_marker_that_never_shows_is_told_and_ends_the_waiting() {
    let (api, way) = reached(&counting(2).await);
    let prometheus = Prometheus::new(way, true);
    let seen = through_prometheus(&Context::of_test(), &api, &prometheus, "todo", FAST).await.expect("markers");
    assert_eq!((seen.delays_seconds.len(), seen.never_seen), (2, 1));
}

#[tokio::test]
async fn a_prometheus_that_does_not_answer_is_no_measurement() {
    let url = stand_in::start(|_: &str| (503, String::new(), "starting".to_owned())).await;
    let (api, way) = reached(&url);
    let prometheus = Prometheus::new(way, true);
    let why = through_prometheus(&Context::of_test(), &api, &prometheus, "todo", FAST).await.expect_err("no answer");
    assert!(matches!(&why, Stopped::Broken(text) if text.contains("status 503: starting")), "{why:?}");
}

/// Gives every answer an id, and holds the lines of as many as it is told to keep.
async fn logging(kept: usize) -> Url {
    let ids: Mutex<Vec<String>> = Mutex::default();
    stand_in::start(move |question: &str| {
        let mut ids = ids.lock().expect("a lock");
        if question.starts_with("GET /api/tasks") {
            let id = format!("id{}", ids.len());
            ids.push(id.clone());
            return (200, format!("x-request-id: {id}\r\n"), "{}".to_owned());
        }
        let found = ids.iter().take(kept).any(|id| question.contains(&format!("%22{id}%22")));
        let values: Value = if found { json!([["1", "line"]]) } else { json!([]) };
        let result = json!([{ "stream": {}, "values": values }]);
        (200, String::new(), json!({ "status": "success", "data": { "result": result } }).to_string())
    })
    .await
}

#[tokio::test]
async fn the_line_of_every_request_is_found_by_its_id() {
    let (api, way) = reached(&logging(usize::MAX).await);
    let seen = through_loki(&Context::of_test(), &api, "token", &Loki::new(way), "todo", FAST).await.expect("lines");
    assert_eq!((seen.delays_seconds.len(), seen.never_seen), (4, 0));
    assert_eq!(api.answered().get("GET /api/tasks"), Some(&4), "they count among our own requests");
}

#[tokio::test]
async fn a_line_that_never_arrives_is_told_and_ends_the_waiting() {
    let (api, way) = reached(&logging(1).await);
    let seen = through_loki(&Context::of_test(), &api, "token", &Loki::new(way), "todo", FAST).await.expect("lines");
    assert_eq!((seen.delays_seconds.len(), seen.never_seen), (1, 1));
}
