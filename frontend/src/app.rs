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
use crate::{assets, board, chat, headers, pages, probes, session};

/// The longest form: 2000 characters of four bytes each, percent-encoded, fit twice.
const LARGEST_BODY: usize = 64 * 1024;
/// Plenty for the slowest line to send the longest form.
const SENDING_TIME: Duration = Duration::from_secs(10);
/// A turn of the assistant for a page without a script: all its rounds, and waiting for a twin.
const TURN_TIME: Duration = Duration::from_secs(90);

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
    // Calls to the backend end by themselves, so these limits are for browsers that never finish sending. They end with the
    // answer's headers: a stream takes as long as it takes.
    let within = |time| TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time + SENDING_TIME);
    let pages = Router::new()
        .route("/", get(async || pages::see_other(&LocalPath::board(), [])))
        .merge(session::router())
        .merge(board::router())
        .merge(chat::router())
        .merge(assets::router())
        .layer(within(config.backend_timeout * 2))
        .merge(chat::turns().layer(within(TURN_TIME)));
    // Probes stay outside of what is around pages: they must answer whatever happens there.
    let everything = around_pages(pages, app).merge(probes::router(readiness.clone(), config));
    let security = headers::Security { https: config.cookie_secure };
    let everything = everything.layer(from_fn(move |request, next| headers::add(security, request, next)));
    telemetry::http::observe(everything, &readiness)
}

/// The middleware of all pages, outer to inner.
fn around_pages(pages: Router<App>, app: App) -> Router {
    let layers = ServiceBuilder::new()
        // Leaves streams of events alone, which would otherwise wait for its buffer to fill.
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), pages::dress))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CsrfLayer::new())
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    pages.fallback(async || StatusCode::NOT_FOUND).layer(layers).with_state(app)
}

/// A panic is a mistake of ours: it ends one request with the error page, never the program. Telemetry has logged it.
fn panicked(_cause: Box<dyn Any + Send>) -> Response {
    telemetry::metrics::count_panic();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::{App, around_pages};
    use crate::api::Api;
    use crate::config::Config;
    use crate::cookies::Cookies;

    #[tokio::test]
    async fn a_panic_is_a_page_and_not_the_end() {
        let config = Config::from_lookup(&|_| None).unwrap();
        let api = Api::new(&config.backend, config.backend_timeout).unwrap();
        let app = App { api, cookies: Cookies { secure: false } };
        let broken = Router::new().route("/broken", get(async || -> StatusCode { panic!("on purpose") }));
        let router = around_pages(broken, app);
        for _ in 0..2 {
            let request = Request::get("/broken").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let page = std::str::from_utf8(&page).unwrap();
            assert!(page.contains("Something went wrong") && !page.contains("on purpose"), "{page}");
        }
    }
}
