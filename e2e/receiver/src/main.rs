//! Where the test cluster's alerts and traces end: takes Alertmanager's webhook and OTLP over HTTP, keeps both, and tells them as
//! JSON to whoever asks. Beside them a stand-in for the assistant's model, which keeps what it is asked. Absent on purpose:
//! anything lasting. What is kept is bounded, because nobody empties it.

mod model;
mod spans;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Webhook messages that are kept; the oldest go first.
const MESSAGES: usize = 2_000;
/// Spans that are kept; the oldest go first.
const SPANS: usize = 100_000;

#[derive(Default)]
struct Kept {
    messages: VecDeque<Value>,
    spans: VecDeque<spans::Span>,
}

type Shared = Arc<Mutex<Kept>>;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let kept = Shared::default();
    let told = Router::new()
        .route("/alerts", get(messages))
        .route("/alerts/{receiver}", post(notify))
        .route("/traces/{id}", get(trace))
        .with_state(Arc::clone(&kept))
        .merge(model::router());
    let traces = Router::new().route("/v1/traces", post(export)).with_state(kept);
    let (web, otlp) = (TcpListener::bind("0.0.0.0:8080").await?, TcpListener::bind("0.0.0.0:4318").await?);
    tokio::try_join!(axum::serve(web, told), axum::serve(otlp, traces))?;
    Ok(())
}

fn open(kept: &Shared) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One message of Alertmanager, with the receiver that its routes chose and the moment of its arrival.
async fn notify(State(kept): State<Shared>, Path(receiver): Path<String>, Json(message): Json<Value>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    push(&mut open(&kept).messages, MESSAGES, json!({"at": now, "receiver": receiver, "message": message}));
}

async fn messages(State(kept): State<Shared>) -> Json<Vec<Value>> {
    Json(open(&kept).messages.iter().cloned().collect())
}

async fn export(State(kept): State<Shared>, body: Bytes) -> StatusCode {
    let Some(spans) = spans::read(body) else { return StatusCode::BAD_REQUEST };
    let mut kept = open(&kept);
    for span in spans {
        push(&mut kept.spans, SPANS, span);
    }
    StatusCode::OK
}

/// The spans of one trace, oldest first.
async fn trace(State(kept): State<Shared>, Path(id): Path<String>) -> Json<Vec<Value>> {
    Json(open(&kept).spans.iter().filter(|span| span.trace_id == id).map(spans::Span::to_json).collect())
}

fn push<T>(queue: &mut VecDeque<T>, limit: usize, item: T) {
    if queue.len() == limit {
        queue.pop_front();
    }
    queue.push_back(item);
}
