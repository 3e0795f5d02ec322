//! What a log line looks like.

use e2e::log_lines::Schema;
use serde_json::{Value, json};

use crate::support::Program;

#[tokio::test]
async fn an_access_line_has_exactly_the_documented_fields() {
    let program = Program::start(&[("POD_NAME", "pod-1")]).await;
    program.get("/tasks/7").await;
    let line = program.line_with("target", "access").await;
    let names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "timestamp",
        "severity_text",
        "severity_number",
        "body",
        "trace_id",
        "span_id",
        "trace_flags",
        "request_id",
        "service.name",
        "service.version",
        "k8s.pod.name",
        "target",
        "http.route",
        "http.request.method",
        "http.response.status_code",
        "duration_ms",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(line["http.route"], json!("/tasks/{id}"));
    assert_eq!(line["http.request.method"], json!("GET"));
    assert_eq!(line["http.response.status_code"], json!(200));
    assert_eq!((&line["severity_text"], &line["severity_number"]), (&json!("INFO"), &json!(9)));
    assert_eq!((&line["service.name"], &line["service.version"]), (&json!("todo-backend"), &json!("1.2.3")));
    assert!(line["duration_ms"].is_f64(), "{line}");
    assert_eq!(line["timestamp"].as_str().unwrap().len(), "2025-12-31T23:59:59.123456789Z".len());
}

#[tokio::test]
async fn every_line_of_a_request_carries_its_identity() {
    let program = Program::start(&[]).await;
    let answer = program.get("/log/3/10").await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    program.line_with("target", "access").await;
    let of_request: Vec<Value> =
        program.lines().into_iter().filter(|line| line["request_id"] == header("x-request-id")).collect();
    assert_eq!(of_request.len(), 4, "three lines and the access line");
    for line in of_request {
        assert_eq!(line["trace_id"], header("x-trace-id"));
        assert_eq!(line["span_id"].as_str().unwrap().len(), 16);
        assert_eq!(line["trace_flags"], "00");
    }
}

#[tokio::test]
async fn a_request_has_one_access_line_and_a_probe_has_none() {
    let program = Program::start(&[]).await;
    for path in ["/health", "/ready", "/metrics", "/tasks/1", "/nowhere", "/fails"] {
        program.get(path).await;
    }
    let failed = program.line_with("http.route", "/fails").await;
    assert_eq!((&failed["http.response.status_code"], &failed["error.type"]), (&json!(500), &json!("500")));
    // What a library calls `error` stands beside the type.
    let library = program.line_with("target", "library").await;
    assert_eq!((&library["error.message"], &library["error"]), (&json!("on purpose"), &Value::Null));
    let lines = program.lines();
    let routes: Vec<_> =
        lines.iter().filter(|line| line["target"] == "access").map(|line| line["http.route"].clone()).collect();
    assert_eq!(routes, [json!("/tasks/{id}"), json!("UNMATCHED"), json!("/fails")]);
}

#[tokio::test]
async fn a_client_that_leaves_is_logged_and_counted() {
    let program = Program::start(&[]).await;
    let asked = tokio::time::timeout(std::time::Duration::from_millis(200), program.get("/wait/600000")).await;
    assert!(asked.is_err());
    let line = program.line_with("body", "not answered").await;
    assert_eq!(line["error.type"], "client_disconnect");
    assert_eq!(line["http.route"], "/wait/{ms}");
    assert_eq!(program.scrape().await.value("client_disconnects_total", &[]), 1.0);
    // A stream that is left behind has had its access line, but counts as well.
    drop(program.get("/stream").await);
    crate::support::eventually("the count of the stream", async || {
        (program.scrape().await.value("client_disconnects_total", &[]) == 2.0).then_some(())
    })
    .await;
    // Answers that were read to the end do not.
    for _ in 0..10 {
        program.get("/").await.text().await.unwrap();
    }
    assert_eq!(program.scrape().await.value("client_disconnects_total", &[]), 2.0);
}

#[tokio::test]
async fn a_strict_level_hides_access_lines_but_not_the_identity() {
    let program = Program::start_quietly(&[("LOG_LEVEL", "ERROR")]).await;
    let answer = program.get("/panic").await;
    let line = program.line_with("target", "panic").await;
    assert_eq!(line["request_id"], answer.headers()["x-request-id"].to_str().unwrap());
    assert_eq!((&line["severity_text"], &line["panic.message"]), (&json!("ERROR"), &json!("on \"purpose\"")));
    assert_eq!(program.lines().len(), 1, "{:?}", program.lines());
}

#[tokio::test]
async fn every_line_of_a_life_keeps_the_contract() {
    // A drain that ends before the slow request does.
    let settings = [("POD_NAME", "pod-1"), ("DRAIN_MS", "100")];
    let mut program = Program::start(&settings).await;
    for path in ["/tasks/7", "/nowhere", "/fails", "/log/3/10", "/panic"] {
        program.get(path).await;
    }
    let slow = reqwest::get(program.url("/wait/600000"));
    let asked = tokio::spawn(slow);
    crate::support::eventually("the slow request", async || {
        let pending = program.scrape().await.value("axum_http_requests_pending", &[("endpoint", "/wait/{ms}")]);
        (pending == 1.0).then_some(())
    })
    .await;
    program.terminate();
    program.ended().await;
    drop(asked.await);
    let (schema, lines) = (Schema::read(), program.lines());
    for line in &lines {
        assert_eq!(schema.objections(&line.to_string()), Vec::<String>::new(), "{line}");
    }
    for body in ["listening", "answered", "not answered", "panicked", "draining"] {
        assert!(lines.iter().any(|line| line["body"] == body), "no line {body:?}: {lines:?}");
    }
}
