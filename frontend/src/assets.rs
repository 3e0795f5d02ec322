//! Style sheet, scripts and icon, embedded in the executable and served under names that contain a hash of their content:
//! whoever has one may keep it for ever, and a changed file has a new name. `vendor/htmx.min.js` is htmx.org 2.0.11,
//! unchanged from npm, with its licence beside it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};

/// Enough to tell the versions of a file apart; the full hash would only make addresses long.
const HASH_BYTES: usize = 8;

#[derive(Embed)]
#[folder = "assets/"]
struct Files;

struct Asset {
    body: Cow<'static, [u8]>,
    content_type: HeaderValue,
}

struct Table {
    by_hashed_name: HashMap<String, Asset>,
    url_by_name: HashMap<String, String>,
}

/// Read once: an optimised build has the files inside, a development build finds them in the source tree.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { by_hashed_name: HashMap::new(), url_by_name: HashMap::new() };
    for name in Files::iter() {
        if let Some(file) = Files::get(&name) {
            let hashed_name = hashed_name(&name, &file);
            table.url_by_name.insert(name.to_string(), format!("/assets/{hashed_name}"));
            let content_type = content_type(&name);
            table.by_hashed_name.insert(hashed_name, Asset { body: file.data, content_type });
        }
    }
    table
});

/// The address of an asset, for templates. A name that does not exist gives an address that answers 404.
pub fn url(name: &str) -> &'static str {
    TABLE.url_by_name.get(name).map_or("/assets/missing", String::as_str)
}

/// The names of all assets.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.url_by_name.keys().map(String::as_str)
}

/// Serves the assets.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(show)).route("/favicon.ico", get(icon))
}

async fn show(Path(name): Path<String>) -> Response {
    let Some(asset) = TABLE.by_hashed_name.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = match &asset.body {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => axum::body::Bytes::from(bytes.clone()),
    };
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    ([(header::CONTENT_TYPE, asset.content_type.clone()), (header::CACHE_CONTROL, forever)], body).into_response()
}

/// Browsers ask for this name unasked, also beside pages without our `link`.
async fn icon() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, url("icon.svg"))]).into_response()
}

/// "vendor/htmx.min.js" becomes "htmx.min-0123456789abcdef.js": one flat folder of names.
fn hashed_name(name: &str, file: &EmbeddedFile) -> String {
    let mut hash = String::new();
    for byte in file.metadata.sha256_hash().iter().take(HASH_BYTES) {
        let _ = write!(hash, "{byte:02x}");
    }
    let name = name.rsplit('/').next().unwrap_or(name);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{name}-{hash}"),
    }
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    })
}
