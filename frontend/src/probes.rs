//! `/health`, `/ready` and `/metrics`, and the background check of the backend. The backend's absence does not make this
//! program unready: it then serves a page that says so, which is better than no page at all, and restarting or hiding
//! the frontend mends nothing. Who wants to know reads `dependency_up{dependency="backend"}`.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use telemetry::names;
use telemetry::probes::Readiness;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::config::{Config, SERVICE};

const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The probe routes.
pub fn router(readiness: Readiness, config: &Config) -> Router {
    let environment = config.telemetry.environment.clone();
    let health = {
        let environment = environment.clone();
        async move || Json(body("healthy", &environment, json!({})))
    };
    let ready = async move || ready(&readiness, &environment);
    Router::new().route("/health", get(health)).route("/ready", get(ready)).route("/metrics", get(metrics))
}

fn ready(readiness: &Readiness, environment: &str) -> Response {
    if readiness.is_ready() {
        return Json(body("healthy", environment, json!({}))).into_response();
    }
    let waiting: serde_json::Map<String, Value> =
        readiness.waiting_for().into_iter().map(|name| (name.to_owned(), json!("waiting"))).collect();
    (StatusCode::SERVICE_UNAVAILABLE, Json(body("unhealthy", environment, waiting.into()))).into_response()
}

async fn metrics() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], telemetry::metrics::render()).into_response()
}

fn body(status: &str, environment: &str, checks: Value) -> Value {
    json!({
        "status": status,
        "service": "frontend",
        "version": SERVICE.version,
        "environment": environment,
        "timestamp": jiff::Timestamp::now(),
        "checks": checks,
    })
}

/// Asks the backend every few seconds whether it is ready, and keeps the gauge.
pub async fn watch_backend(api: Api, stop: CancellationToken) {
    let gauge = ::metrics::gauge!(names::DEPENDENCY_UP, "dependency" => "backend");
    let mut up = None;
    while !stop.is_cancelled() {
        let now_up = api.is_ready().await;
        gauge.set(if now_up { 1.0 } else { 0.0 });
        match (up.replace(now_up), now_up) {
            (Some(true) | None, false) => tracing::warn!(dependency = "backend", "the backend is not ready"),
            (Some(false), true) => tracing::info!(dependency = "backend", "the backend is ready again"),
            _ => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(CHECK_INTERVAL) => {}
        }
    }
}
