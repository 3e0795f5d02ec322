//! What every request of either server gets: an id, a trace, one access line, HTTP metrics.

use axum::{Router, http::HeaderMap};

use crate::probes::Readiness;

/// The id of a request, in its extensions and in the answer's `x-request-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The trace of a request, 32 lower-case hex digits, in its extensions and in the answer's `x-trace-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(pub String);

/// Routes that stay out of the access log and the HTTP metrics.
pub const PROBES: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Wraps a finished router; call it last, after all routes and other layers.
pub fn observe(router: Router, readiness: &Readiness) -> Router {
    let _ = readiness;
    router
}

/// `traceparent` and `x-request-id` of the request being handled, for calls to other services; empty outside of one.
pub fn current_trace_headers() -> HeaderMap {
    HeaderMap::new()
}
