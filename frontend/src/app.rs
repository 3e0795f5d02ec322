//! The program as one router: features merged, and the middleware around them in its order.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use telemetry::probes::Readiness;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::api::Api;
use crate::config::Config;
use crate::cookies::Cookies;
use crate::local_path::LocalPath;
use crate::{assets, board, headers, pages, probes, session};

/// The longest form: 2000 characters of four bytes each, percent-encoded, fit twice.
const LARGEST_BODY: usize = 64 * 1024;
/// The backend's own limits answer long before; this one is for browsers that never finish sending.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// What handlers share.
#[derive(Clone)]
pub struct App {
    /// The backend.
    pub api: Api,
    /// How cookies are made.
    pub cookies: Cookies,
}

/// Everything that this program answers.
pub fn router(app: App, config: &Config, readiness: Readiness) -> Router {
    // Outer to inner. Probes stay outside: they must answer whatever happens to pages.
    let around_pages = ServiceBuilder::new()
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), pages::dress))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            LONGEST_REQUEST,
        ))
        .layer(CsrfLayer::new())
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    let pages = Router::new()
        .route("/", get(async || pages::see_other(&LocalPath::board(), [])))
        .merge(session::router())
        .merge(board::router())
        .merge(assets::router())
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(around_pages)
        .with_state(app);
    let everything = pages.merge(probes::router(readiness.clone(), config.telemetry.environment.clone()));
    let security = headers::Security {
        https: config.cookie_secure,
    };
    let everything = everything.layer(from_fn(move |request, next| headers::add(security, request, next)));
    telemetry::http::observe(everything, &readiness)
}

/// A panic is a mistake of ours: it ends one request with the error page, never the program.
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    telemetry::metrics::count_panic();
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(error.type = "panic", error.message = text.unwrap_or("unknown"), "a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
