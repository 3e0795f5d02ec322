//! The OpenAPI document, made from the handlers themselves, and the page that shows it. The page's files are part of the
//! program: nothing is loaded from anywhere else.

use std::{io::Read as _, sync::Arc};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use flate2::read::GzDecoder;
use utoipa::{
    Modify, OpenApi as _,
    openapi::{
        OpenApi,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    app::AppState,
    problem::{Kind, Problem},
};

const DOCUMENT_PATH: &str = "/api/openapi.json";

/// The page needs its own scripts, styles and inline pictures, and calls this API. Its library sets styles from script,
/// which needs no permission, and brings none inline.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                           connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "todo",
        description = "Accounts, tasks and an assistant. Errors are problem+json (RFC 9457). Requests that make something accept an Idempotency-Key.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "accounts", description = "Sign up, log in, one's own account"),
        (name = "tasks", description = "What there is to do"),
        (name = "assistant", description = "Saying in one's own words what is to be done")
    ),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What stands in the document beside the routes.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// Serves the finished document and its page. Both are public, like the source that they are made from.
pub(crate) fn router(mut document: OpenApi, version: &str) -> Router<AppState> {
    document.info.version = version.to_owned();
    // The document holds nothing but text, which always serialises.
    let json = Bytes::from(document.to_json().unwrap_or_default());
    // Without the bar at the top, which offers documents from elsewhere and brings an inline style.
    let page = utoipa_swagger_ui::Config::from(DOCUMENT_PATH).use_base_layout();
    Router::new()
        .route(DOCUMENT_PATH, get(async move || ([(header::CONTENT_TYPE, "application/json")], json)))
        .route("/api/docs", get(async || Redirect::permanent("/api/docs/")))
        .route("/api/docs/", get(async |headers, page| file("", &headers, page)))
        .route("/api/docs/{*file}", get(async |Path(path): Path<String>, headers, page| file(&path, &headers, page)))
        .layer(Extension(Arc::new(page)))
}

fn file(
    path: &str,
    headers: &HeaderMap,
    Extension(page): Extension<Arc<utoipa_swagger_ui::Config<'static>>>,
) -> Response {
    const POLICY: (HeaderName, HeaderValue) = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    const GZIP: HeaderValue = HeaderValue::from_static("gzip");
    let Ok(Some(file)) = utoipa_swagger_ui::serve(path, page) else {
        return Problem::new(Kind::NotFound).into_response();
    };
    let kind = [(header::CONTENT_TYPE, file.content_type)];
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The program holds the files compressed, so most clients get them as they are.
    if file.gzpipped && accepted.contains("gzip") {
        return ([POLICY], kind, [(header::CONTENT_ENCODING, GZIP)], file.bytes.into_owned()).into_response();
    }
    let mut plain = Vec::new();
    let read = if file.gzpipped {
        GzDecoder::new(&*file.bytes).read_to_end(&mut plain)
    } else {
        (&*file.bytes).read_to_end(&mut plain)
    };
    match read {
        Ok(_) => ([POLICY], kind, plain).into_response(),
        Err(_) => Problem::new(Kind::Internal).into_response(),
    }
}
