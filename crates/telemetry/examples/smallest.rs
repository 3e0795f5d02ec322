//! The smallest server with everything that this crate gives; its tests drive it as a process of its own, because log
//! subscriber and recorder exist once per process.

use std::{convert::Infallible, future::pending, net::SocketAddr, process::ExitCode, time::Duration};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::Path,
    http::StatusCode,
    routing::get,
};
use telemetry::{
    Service, Settings,
    env::{Env, EnvError},
    http::{self, RequestId},
    metrics,
    names::Servers,
    probes::Readiness,
    serve::{self, Grace, Patience},
};
use tokio::net::TcpListener;
use tracing::Instrument;

struct Config {
    listen: SocketAddr,
    telemetry: Settings,
    grace: Grace,
    patience: Patience,
}

fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, EnvError> {
    let mut env = Env::new(lookup);
    let telemetry = Settings::read(&mut env, Service { name: "todo-backend", version: "1.2.3" });
    let listen = env.parse_or("LISTEN_ADDR", SocketAddr::from(([127, 0, 0, 1], 0)), "an address with a port");
    let mut millis = |name, default| Duration::from_millis(env.parse_or(name, default, "a number of milliseconds"));
    let grace = Grace { keep_serving: millis("KEEP_SERVING_MS", 0), drain: millis("DRAIN_MS", 5000) };
    let patience = Patience {
        header: millis("HEADER_MS", 65_000),
        write: millis("WRITE_MS", 30_000),
        settle: millis("SETTLE_MS", 1000),
    };
    env.finish(Config { listen, telemetry, grace, patience })
}

fn router(readiness: &Readiness) -> Router {
    let ready = readiness.clone();
    let ready = async move || {
        if ready.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    };
    let routes = Router::new()
        .route("/", get(async || "hello"))
        .route("/tasks/{id}", get(async |Path(id): Path<String>| id))
        .route("/id", get(async |Extension(RequestId(id)): Extension<RequestId>| id.to_string()))
        .route("/outgoing", get(async || format!("{:?}", http::current_trace_headers())))
        .route("/outgoing/task", get(outgoing_from_a_task))
        .route("/fails", get(fails))
        .route("/wait/{ms}", get(wait))
        .route("/log/{lines}/{bytes}", get(log))
        .route("/bytes/{count}", get(async |Path(count): Path<usize>| vec![b'x'; count]))
        .route("/panic", get(task_that_panics))
        .route("/stream", get(endless))
        .route("/health", get(async || "healthy"))
        .route("/ready", get(ready))
        .route("/metrics", get(async || metrics::render()));
    http::observe(routes, readiness)
}

async fn outgoing_from_a_task() -> Result<String, StatusCode> {
    let task = http::in_this_request(async { format!("{:?}", http::current_trace_headers()) });
    tokio::spawn(task).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Says why as a library does.
async fn fails() -> StatusCode {
    tracing::info!(target: "library", error = "on purpose", "failed");
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn wait(Path(ms): Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    "waited"
}

async fn log(Path((lines, bytes)): Path<(usize, usize)>) -> &'static str {
    let filling = "x".repeat(bytes);
    for number in 0..lines {
        tracing::info!(number, filling, "a \"line\" of many");
    }
    "logged"
}

#[expect(clippy::panic, reason = "the tests look for its log line")]
async fn task_that_panics() -> &'static str {
    let task = async { panic!("on \"purpose\"") };
    match tokio::spawn(task.in_current_span()).await {
        Ok(()) => "survived",
        Err(_) => "panicked",
    }
}

async fn endless() -> Body {
    let first = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"data: first\n\n"))]);
    let never = futures_util::stream::once(pending());
    Body::from_stream(futures_util::StreamExt::chain(first, never))
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = telemetry::start(&config.telemetry)?;
    metrics::create_counters(Servers::Backend);
    let listener = TcpListener::bind(config.listen).await?;
    let readiness = Readiness::new();
    let (router, stop) = (router(&readiness), serve::stop_on_signal());
    let drained = serve::serve_patiently(listener, router, readiness, stop, config.grace, config.patience).await?;
    tracing::info!(connections.cut = drained.cut, "ended");
    telemetry.flush().await;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a program's main file hands in the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn main() -> ExitCode {
    let ended = read(&environment).map_err(Into::into).and_then(|config| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(run(config))
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
