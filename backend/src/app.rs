//! The application: what every handler shares, which features there are, and the order of the middleware.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, Request, State},
    http::{Extensions, HeaderMap, StatusCode, Version, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use telemetry::probes::Readiness;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate as _, SizeAbove},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    accounts::{self, Passwords, Tokens},
    assistant::{
        self, Assistant,
        mcp::{self, McpSettings},
        model::ModelError,
    },
    config::{Config, CorsOrigins},
    database::Database,
    document, headers,
    limits::{self, Limits},
    probes::{self, Identity},
    problem::{self, Kind, Problem},
    tasks,
};

/// The largest body that is read. A task's title and description at their longest fit several times.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// Below one network packet compression saves nothing.
const LEAST_COMPRESSED_BYTES: u64 = 1400;

/// What handlers share. Cheap to clone. A handler takes the part that it needs: `State<Database>` works.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Where everything is kept.
    pub database: Database,
    /// Signs and checks tokens.
    pub tokens: Arc<Tokens>,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Answers messages.
    pub assistant: Assistant,
    /// Counts who asks how often.
    pub limits: Limits,
    /// Whether this process should get traffic.
    pub readiness: Readiness,
    /// What the probes say about this process.
    pub identity: Identity,
    shape: Shape,
}

/// The settings that only the middleware needs.
#[derive(Clone)]
struct Shape {
    request_timeout: Duration,
    cors_origins: CorsOrigins,
    mcp: McpSettings,
    instrumented: bool,
}

impl AppState {
    /// Connects nothing and starts nothing. Fails only when no client for the model can be made.
    pub fn new(config: &Config, readiness: Readiness) -> Result<Self, ModelError> {
        Ok(Self {
            database: Database::new(&config.database),
            tokens: Arc::new(Tokens::new(&config.jwt_secret)),
            passwords: Passwords::new(password_places(config.limits.concurrent_requests)),
            assistant: Assistant::new(&config.assistant)?,
            limits: Limits::new(&config.limits),
            readiness,
            identity: Identity {
                version: config.api_version.clone(),
                environment: config.telemetry.environment.clone(),
            },
            shape: Shape {
                request_timeout: config.request_timeout,
                cors_origins: config.cors_origins.clone(),
                mcp: config.assistant.mcp.clone(),
                instrumented: config.instrumented,
            },
        })
    }
}

/// Log-ins that wait for their turn must not fill the bound on all requests: at most a quarter of it.
fn password_places(concurrent_requests: usize) -> usize {
    if concurrent_requests == 0 { usize::MAX } else { concurrent_requests / 4 }
}

/// Every feature's routes, each with its description for the OpenAPI document. A new feature is one more line.
fn features() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(document::base())
        .merge(accounts::router())
        .merge(tasks::router())
        .merge(assistant::router())
}

/// The OpenAPI document of everything that is served under /api.
pub fn openapi() -> utoipa::openapi::OpenApi {
    features().into_openapi()
}

/// The whole application.
pub fn router(state: AppState) -> Router {
    let (routes, document) = features().split_for_parts();
    let mcp = mcp::router(&state, &state.shape.mcp, &state.shape.cors_origins, state.assistant.stopping());
    let routes = routes.merge(document::router(document, &state.identity.version)).merge(mcp);
    around(routes, state)
}

/// Puts `routes` behind everything that stands between a client and a handler. Outermost first: telemetry, headers,
/// problems, panics; then, for everything except the probes, load, readiness, time, compression and size of body.
pub fn around(routes: Router<AppState>, state: AppState) -> Router {
    let worth_it = SizeAbove::new(LEAST_COMPRESSED_BYTES).and(NotForContentType::SSE).and(has_no_strong_tag);
    let limited = routes
        .fallback(async || Problem::new(Kind::NotFound))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(CompressionLayer::new().compress_when(worth_it))
        .layer(middleware::from_fn_with_state(state.clone(), within_time))
        .layer(middleware::from_fn_with_state(state.clone(), prepared))
        .layer(middleware::from_fn_with_state(state.limits.clone(), limits::shed));
    let everything = probes::router()
        .merge(limited)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(problem::render))
        .with_state(state.clone());
    let everything = headers::apply(everything, &state.shape.cors_origins);
    if state.shape.instrumented { telemetry::http::observe(everything, &state.readiness) } else { everything }
}

/// A strong tag promises the same bytes to everybody (RFC 9110, 8.8.3), so there is no second, compressed form of them. A
/// weak one would promise less, but If-Match takes none.
fn has_no_strong_tag(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(header::ETAG).is_none_or(|tag| tag.as_bytes().starts_with(b"W/"))
}

/// Gives up on what takes too long; the work is dropped, and a transaction with it. A turn of the assistant waits for a
/// model and has a longer time of its own.
async fn within_time(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.uri().path() == assistant::CHAT_PATH {
        return next.run(request).await;
    }
    match tokio::time::timeout(state.shape.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::Timeout).retry_after(Duration::from_secs(1)).into_response(),
    }
}

/// Sends requests away until the schema is in place.
async fn prepared(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if state.database.is_prepared() {
        next.run(request).await
    } else {
        Problem::new(Kind::Unavailable).retry_after(Duration::from_secs(1)).into_response()
    }
}

/// One request's panic is that request's error and nobody else's.
fn panicked(_payload: Box<dyn Any + Send>) -> Response {
    telemetry::metrics::count_panic();
    Problem::new(Kind::Internal).into_response()
}
