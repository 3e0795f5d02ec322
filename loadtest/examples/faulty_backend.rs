//! The real backend with one fault, chosen by `TODO_FAULT`: a verdict that passes it would be worth nothing.
//!
//! `cargo run -p loadtest -- --backend target/debug/examples/faulty_backend` with
//! `TODO_FAULT=durability|drain|raw-path|dropped-write`, or with nothing for a backend without fault.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

#[expect(
    clippy::disallowed_methods,
    reason = "this program only passes its environment on, with one value exchanged"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn main() -> ExitCode {
    match environment("TODO_FAULT").unwrap_or_default().as_str() {
        "" => backend::main(),
        "durability" => without_durability(),
        "drain" => {
            without_drain();
            backend::main()
        }
        "raw-path" => backend::main_with(environment, |router| router.layer(from_fn(count_by_raw_path))),
        "dropped-write" => backend::main_with(environment, |router| router.layer(from_fn(drop_some_creations))),
        other => {
            eprintln!("TODO_FAULT={other:?} is not durability, drain, raw-path or dropped-write");
            ExitCode::from(2)
        }
    }
}

/// Serves from a copy of the database that is written back once a second: what a kill finds unwritten is lost.
fn without_durability() -> ExitCode {
    let Some(path) = environment("DATABASE_URL").and_then(|url| url.strip_prefix("sqlite:").map(PathBuf::from)) else {
        eprintln!("the durability fault needs DATABASE_URL=sqlite:<path>");
        return ExitCode::from(2);
    };
    let copy = path.with_extension(format!("copy-{}", std::process::id()));
    if path.exists()
        && let Err(error) = std::fs::copy(&path, &copy)
    {
        eprintln!("{} cannot be copied: {error}", path.display());
        return ExitCode::FAILURE;
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
    backend::main_with(
        move |name| {
            if name == "DATABASE_URL" {
                Some(url.clone())
            } else {
                environment(name)
            }
        },
        |router| router,
    )
}

async fn write_back(copy: &Path, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let snapshot = path.with_extension("snapshot");
    let _ = std::fs::remove_file(&snapshot);
    let mut connection = SqliteConnectOptions::new().filename(copy).connect().await?;
    // The path is ours and holds no quotation mark.
    let statement = format!("VACUUM INTO '{}'", snapshot.display());
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
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
