//! `/health`, `/ready` and `/metrics`. They answer from memory, beside the load: no pool, no limit, no lock. Absent on
//! purpose: the asking itself (see database/check.rs).

use axum::{
    Extension, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use serde_json::{Map, Value};
use telemetry::probes::Readiness;

use crate::{app::AppState, database::Database, problem::OwnBody, timestamp::Timestamp};

/// The routes of this file.
pub fn router() -> Router<AppState> {
    Router::new().route("/health", get(health)).route("/ready", get(ready)).route("/metrics", get(metrics))
}

/// What the probes say about this process beside its state.
#[derive(Clone)]
pub struct Identity {
    /// `API_VERSION`.
    pub version: String,
    /// `ENVIRONMENT`.
    pub environment: String,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    service: &'static str,
    timestamp: Timestamp,
    version: String,
    environment: String,
    database: &'static str,
    checks: Map<String, Value>,
}

/// Liveness. 200 as long as this process answers at all: restarting it would not mend a database.
async fn health(State(state): State<AppState>) -> Response {
    axum::Json(report(&state, true)).into_response()
}

/// Readiness. 503 until the schema is in place, while the database does not answer, and from SIGTERM on.
async fn ready(State(state): State<AppState>) -> Response {
    let ready = state.readiness.is_ready() && state.database.is_connected();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Extension(OwnBody), axum::Json(report(&state, ready))).into_response()
}

fn report(state: &AppState, healthy: bool) -> Report {
    let connected = state.database.is_connected();
    let mut checks = Map::new();
    checks.insert("database".to_owned(), if connected { "ok" } else { "failed" }.into());
    for part in state.readiness.waiting_for() {
        checks.insert(part.to_owned(), "waiting".into());
    }
    Report {
        status: if healthy { "healthy" } else { "unhealthy" },
        service: "backend",
        timestamp: Timestamp::now(),
        version: state.identity.version.clone(),
        environment: state.identity.environment.clone(),
        database: if connected { "connected" } else { "disconnected" },
        checks,
    }
}

async fn metrics(State(database): State<Database>) -> Response {
    const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
    database.record_pool_size();
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], telemetry::metrics::render()).into_response()
}

/// The latch that `/ready` names while the schema is not in place.
pub fn schema_latch(readiness: &Readiness) -> telemetry::probes::Latch {
    readiness.latch("schema")
}
