//! Headers that every answer carries, and which pages of other origins may read the answers.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
};
use tower_http::{
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

use crate::config::CorsOrigins;

/// A JSON answer needs nothing: no script, no frame, no guess at its type. A handler that needs more says so itself.
const UNLESS_SET: [(HeaderName, &str); 2] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];
const ALWAYS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds them around everything, so that errors and preflight answers have them too.
pub(crate) fn apply(router: Router, origins: &CorsOrigins) -> Router {
    let router = router.layer(cors(origins));
    let router = UNLESS_SET.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    });
    ALWAYS.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)))
    })
}

fn cors(origins: &CorsOrigins) -> CorsLayer {
    let allowed = match origins {
        CorsOrigins::Any => AllowOrigin::any(),
        CorsOrigins::Only(origins) => AllowOrigin::list(origins.iter().cloned()),
    };
    const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
    const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            IDEMPOTENCY_KEY,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            IDEMPOTENCY_REPLAYED,
            REQUEST_ID,
            TRACE_ID,
        ])
        .max_age(std::time::Duration::from_secs(600))
}
