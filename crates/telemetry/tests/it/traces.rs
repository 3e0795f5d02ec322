//! Spans at a collector on a real socket. The collector reads no protobuf: a trace id is sixteen bytes that occur by
//! accident as good as never.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use reqwest::Client;
use tokio::net::TcpListener;

use crate::support::{Program, eventually, fake_loki::free_address};

type Bodies = Arc<Mutex<Vec<Bytes>>>;

async fn collector(status: StatusCode) -> (String, Bodies) {
    collector_at("127.0.0.1:0", status).await
}

async fn collector_at(address: &str, status: StatusCode) -> (String, Bodies) {
    let bodies = Bodies::default();
    let receive = move |State(bodies): State<Bodies>, body: Bytes| async move {
        bodies.lock().unwrap().push(body);
        status
    };
    let router = Router::new().route("/v1/traces", post(receive)).with_state(Arc::clone(&bodies));
    let listener = TcpListener::bind(address).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, bodies)
}

fn contains(bodies: &Bodies, wanted: &[u8]) -> bool {
    bodies.lock().unwrap().iter().any(|body| body.windows(wanted.len()).any(|window| window == wanted))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[tokio::test]
async fn a_span_arrives_under_the_ids_of_its_log_line() {
    let (url, bodies) = collector(StatusCode::OK).await;
    let program = Program::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]).await;
    let answer = program.get("/tasks/7").await;
    let line = program.line_with("target", "access").await;
    let (trace, span) = (line["trace_id"].as_str().unwrap(), line["span_id"].as_str().unwrap());
    assert_eq!(answer.headers()["x-trace-id"], trace);
    assert_eq!(line["trace_flags"], "01");
    eventually("the span", async || contains(&bodies, &bytes(trace)).then_some(())).await;
    assert!(
        contains(&bodies, &bytes(span)) && contains(&bodies, b"GET /tasks/{id}") && contains(&bodies, b"todo-backend")
    );
    assert!(!contains(&bodies, b"/tasks/7"), "no raw path leaves the process");
}

#[tokio::test]
async fn a_parent_decides_whether_its_trace_is_recorded() {
    let (url, bodies) = collector(StatusCode::OK).await;
    let program = Program::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url), ("OTEL_TRACES_SAMPLER_ARG", "0")]).await;
    let ask = async |trace: &str, flags: &str| {
        let parent = format!("00-{trace}-00f067aa0ba902b7-{flags}");
        let answer = Client::new().get(program.url("/outgoing")).header("traceparent", parent).send().await.unwrap();
        assert_eq!(answer.headers()["x-trace-id"], trace);
        answer.text().await.unwrap()
    };
    let (unwanted, wanted) = ("11112f3577b34da6a3ce929d0e0e4736", "22222f3577b34da6a3ce929d0e0e4736");
    assert!(ask(unwanted, "00").await.contains("-00\""));
    assert!(ask(wanted, "01").await.contains("-01\""));
    eventually("the span", async || contains(&bodies, &bytes(wanted)).then_some(())).await;
    assert!(contains(&bodies, &bytes("00f067aa0ba902b7")), "the parent is named");
    assert!(!contains(&bodies, &bytes(unwanted)));
}

#[tokio::test]
async fn waiting_spans_are_sent_at_the_end() {
    let (url, bodies) = collector(StatusCode::OK).await;
    let mut program = Program::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]).await;
    let answer = program.get("/").await;
    let trace = answer.headers()["x-trace-id"].to_str().unwrap().to_owned();
    drop(answer);
    program.terminate();
    assert_eq!(program.ended().await, Some(0));
    assert!(contains(&bodies, &bytes(&trace)));
}

#[tokio::test]
async fn failed_exports_are_counted_and_do_not_hold_up_the_end() {
    let (refusing, _) = collector(StatusCode::INTERNAL_SERVER_ERROR).await;
    let nobody = format!("http://{}", free_address().await);
    for url in [refusing, nobody] {
        let mut program = Program::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]).await;
        program.get("/").await;
        eventually("a counted failure", async || {
            (program.scrape().await.value("trace_export_failures_total", &[]) >= 1.0).then_some(())
        })
        .await;
        program.terminate();
        assert_eq!(program.ended().await, Some(0));
    }
}

#[tokio::test]
async fn a_collector_that_fails_is_one_line_and_its_return_another() {
    let address = free_address().await;
    let url = format!("http://user:hunter2@{address}");
    let program = Program::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]).await;
    for failures in 1..=3 {
        program.get("/").await;
        eventually("a counted failure", async || {
            let counted = program.scrape().await.value("trace_export_failures_total", &[]);
            (counted >= f64::from(failures)).then_some(())
        })
        .await;
    }
    let _collector = collector_at(&address, StatusCode::OK).await;
    program.get("/").await;
    let again = program.line_with("body", "the trace collector takes spans again").await;
    assert_eq!(again["severity_text"], "INFO");
    let lines = program.lines();
    let alarms: Vec<_> = lines.iter().filter(|line| line["severity_text"] != "INFO").collect();
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert_eq!(alarms[0]["severity_text"], "WARN");
    let body = alarms[0]["body"].as_str().unwrap();
    assert!(body.starts_with("the trace collector takes no spans: "), "{body}");
    assert!(!lines.iter().any(|line| line["body"] == "" || line.to_string().contains("hunter2")), "{lines:?}");
}
