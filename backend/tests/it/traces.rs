//! The spans of a request at a collector.

use serde_json::json;

use crate::support::{Engine, Setup, TestApp, collector::Collector, eventually, with_app};

#[tokio::test]
async fn operations_on_the_database_are_spans_below_their_request() {
    let collector = Collector::start().await;
    let setup = Setup::new().set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    with_app(Engine::Sqlite, setup, async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let answer = ada.post("/api/tasks", json!({"title": "title-nobody-else-may-read"})).await;
        let line = eventually_line(&app, answer.header("x-request-id")).await;
        app.process.terminate();
        app.process.wait().await;
        let spans = collector.spans();
        let below: Vec<_> = spans.iter().filter(|span| line["span_id"] == span.parent).collect();
        for operation in ["insert tasks", "select users"] {
            assert!(below.iter().any(|span| span.name == operation), "{operation} is not among {below:?}");
        }
        let raw = collector.raw();
        assert!(!raw.contains("title-nobody") && !raw.contains("INSERT INTO"), "no values and no SQL");
    })
    .await;
}

async fn eventually_line(app: &TestApp, request_id: &str) -> serde_json::Value {
    let find = || app.log_lines().into_iter().find(|line| line["request_id"] == request_id);
    eventually("the access line", async || find().is_some()).await;
    find().unwrap()
}
