//! The real backend with faults, chosen by `TODO_FAULT`: a verdict that passes one of them would be worth nothing.
//!
//! `TODO_FAULT=drain cargo run -p loadtest -- --backend target/debug/examples/faulty_backend`; several faults are separated
//! by commas, none makes the backend as it is. The function names below say what each fault does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

#[expect(clippy::disallowed_methods, reason = "this program only passes its environment on, with one value exchanged")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn main() -> ExitCode {
    let faults = environment("TODO_FAULT").unwrap_or_default();
    let faults: Vec<&str> = faults.split(',').filter(|fault| !fault.is_empty()).collect();
    const KNOWN: [&str; 11] = [
        "cut-streams",
        "dropped-write",
        "drain",
        "durability",
        "errors",
        "leak",
        "no-retry-after",
        "raw-path",
        "stale-metrics",
        "stuck-setting",
        "twice",
    ];
    if let Some(unknown) = faults.iter().find(|fault| !KNOWN.contains(fault)) {
        eprintln!("TODO_FAULT={unknown:?} is not one of {}", KNOWN.join(", "));
        return ExitCode::from(2);
    }
    let has = |fault| faults.contains(&fault);
    if has("drain") {
        without_drain();
    }
    let mut exchanged: Vec<(&str, String)> = Vec::new();
    if has("stuck-setting") {
        exchanged.push(("API_VERSION", "built in".to_owned()));
    }
    if has("durability") {
        match without_durability() {
            Ok(url) => exchanged.push(("DATABASE_URL", url)),
            Err(what) => {
                eprintln!("the durability fault: {what}");
                return ExitCode::FAILURE;
            }
        }
    }
    let lookup = move |name: &str| {
        let own = exchanged.iter().find(|(exchanged, _)| *exchanged == name);
        own.map(|(_, value)| value.clone()).or_else(|| environment(name))
    };
    backend::main_with(lookup, |mut router| {
        if has("raw-path") {
            router = router.layer(from_fn(count_by_raw_path));
        }
        if has("twice") {
            router = router.layer(from_fn(create_some_twice));
        }
        if has("dropped-write") {
            router = router.layer(from_fn(drop_some_creations));
        }
        if has("cut-streams") {
            router = router.layer(from_fn(cut_some_streams));
        }
        if has("errors") {
            router = router.layer(from_fn(fail_sometimes));
        }
        if has("leak") {
            router = router.layer(from_fn(log_the_token));
        }
        if has("no-retry-after") {
            router = router.layer(from_fn(forget_retry_after));
        }
        if has("stale-metrics") {
            router = router.layer(from_fn(answer_metrics_from_memory));
        }
        router
    })
}

/// Serves from a copy of the database that is written back once a second, and returns the copy's URL: what a kill finds
/// unwritten is lost.
fn without_durability() -> Result<String, String> {
    let url = environment("DATABASE_URL").unwrap_or_default();
    let path = PathBuf::from(url.strip_prefix("sqlite:").ok_or("it needs DATABASE_URL=sqlite:<path>")?);
    let copy = path.with_extension(format!("copy-{}", std::process::id()));
    if path.exists() {
        std::fs::copy(&path, &copy).map_err(|error| format!("{} cannot be copied: {error}", path.display()))?;
    }
    let url = format!("sqlite:{}", copy.display());
    aside(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Err(error) = write_back(&copy, &path).await {
                eprintln!("write back: {error}");
            }
        }
    });
    Ok(url)
}

async fn write_back(copy: &Path, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let snapshot = path.with_extension("snapshot");
    let _ = std::fs::remove_file(&snapshot);
    let mut connection = SqliteConnectOptions::new().filename(copy).connect().await?;
    // The path is ours and holds no quotation mark.
    let statement = format!("VACUUM INTO '{}'", snapshot.display());
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
    std::fs::rename(snapshot, path)?;
    Ok(())
}

/// Ends at once on SIGTERM, with the exit code of a clean shutdown and requests half answered.
fn without_drain() {
    aside(async {
        if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            terminate.recv().await;
            std::process::exit(0);
        }
    });
}

/// Runs something beside the backend, which has a runtime of its own.
fn aside(task: impl Future<Output = ()> + Send + 'static) {
    std::thread::spawn(|| {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(task);
        }
    });
}

/// Counts what no route matched under the path as it was asked for, as axum-prometheus does by default.
async fn count_by_raw_path(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        let status = response.status().as_u16().to_string();
        metrics::counter!("axum_http_requests_total", "method" => method, "status" => status, "endpoint" => path)
            .increment(1);
    }
    response
}

/// Answers one creation in fifty with a task that it never stored.
async fn drop_some_creations(request: Request, next: Next) -> Response {
    static CREATIONS: AtomicU64 = AtomicU64::new(0);
    let creation = request.method() == Method::POST && request.uri().path() == "/api/tasks";
    if !creation || !(CREATIONS.fetch_add(1, Relaxed) + 1).is_multiple_of(50) {
        return next.run(request).await;
    }
    let task = serde_json::json!({ "id": uuid::Uuid::now_v7(), "title": "never stored", "completed": false });
    (StatusCode::CREATED, axum::Json(task)).into_response()
}

/// Does one creation in fifty twice, as a server would that forgot its idempotency keys.
async fn create_some_twice(request: Request, next: Next) -> Response {
    static CREATIONS: AtomicU64 = AtomicU64::new(0);
    let creation = request.method() == Method::POST && request.uri().path() == "/api/tasks";
    if !creation || !(CREATIONS.fetch_add(1, Relaxed) + 1).is_multiple_of(50) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove("idempotency-key");
    next.clone().run(Request::from_parts(parts.clone(), body.clone().into())).await;
    next.run(Request::from_parts(parts, body.into())).await
}

/// Ends one stream in three before its last event, as a server would that does not wait for them.
async fn cut_some_streams(request: Request, next: Next) -> Response {
    static STREAMS: AtomicU64 = AtomicU64::new(0);
    let response = next.run(request).await;
    let streamed = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    if !streamed || !(STREAMS.fetch_add(1, Relaxed) + 1).is_multiple_of(3) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&whole);
    let cut = text.split("event: done").next().unwrap_or_default().to_owned();
    Response::from_parts(parts, cut.into())
}

/// Answers one request in two hundred with an error of its own.
async fn fail_sometimes(request: Request, next: Next) -> Response {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let api = request.uri().path() == "/api/tasks";
    if api && (REQUESTS.fetch_add(1, Relaxed) + 1).is_multiple_of(200) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    next.run(request).await
}

/// Writes a line that holds the caller's token, as a careless debug print would.
async fn log_the_token(request: Request, next: Next) -> Response {
    if let Some(token) = request.headers().get(AUTHORIZATION) {
        println!("{}", serde_json::json!({ "body": format!("called with {token:?}") }));
    }
    next.run(request).await
}

/// Refuses without saying when to come back.
async fn forget_retry_after(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().remove(RETRY_AFTER);
    response
}

/// Answers `/metrics` with what it said the first time.
async fn answer_metrics_from_memory(request: Request, next: Next) -> Response {
    static FIRST: OnceLock<Vec<u8>> = OnceLock::new();
    if request.uri().path() != "/metrics" {
        return next.run(request).await;
    }
    let (parts, body) = next.run(request).await.into_parts();
    let fresh = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, FIRST.get_or_init(|| fresh.to_vec()).clone().into())
}
