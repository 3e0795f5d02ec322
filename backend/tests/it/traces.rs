//! The spans of a request at a collector. It reads no protobuf: ids and names are bytes that occur by accident as good as
//! never.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, routing::post};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Engine, Setup, TestApp, eventually, with_app};

#[tokio::test]
async fn operations_on_the_database_are_spans_below_their_request() {
    let bodies = Arc::new(Mutex::new(Vec::<u8>::new()));
    let received = Arc::clone(&bodies);
    let receive = post(async move |body: Bytes| received.lock().unwrap().extend_from_slice(&body));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", receive)).await.unwrap() });

    let setup = Setup::new().set("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    with_app(Engine::Sqlite, setup, async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let answer = ada.post("/api/tasks", json!({"title": "title-nobody-else-may-read"})).await;
        let line = eventually_line(&app, answer.header("x-request-id")).await;
        let request = u64::from_str_radix(line["span_id"].as_str().unwrap(), 16).unwrap().to_be_bytes();
        let seen = |wanted: &[u8]| bodies.lock().unwrap().windows(wanted.len()).filter(|part| *part == wanted).count();
        eventually("the request's span and those of its two operations", async || seen(&request) >= 3).await;
        assert!(seen(b"insert tasks") > 0 && seen(b"select users") > 0);
        assert_eq!((seen(b"title-nobody"), seen(b"INSERT INTO")), (0, 0), "no values and no SQL");
    })
    .await;
}

async fn eventually_line(app: &TestApp, request_id: &str) -> serde_json::Value {
    let find = || app.log_lines().into_iter().find(|line| line["request_id"] == request_id);
    eventually("the access line", async || find().is_some()).await;
    find().unwrap()
}
