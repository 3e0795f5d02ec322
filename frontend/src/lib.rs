//! The web pages of todo: server-rendered, in front of the backend's API. Absent on purpose: any data of their own
//! and any access to the database; a page is the backend's answer in HTML.

pub mod api;
pub mod app;
pub mod assets;
pub mod board;
pub mod chat;
pub mod config;
pub mod cookies;
pub mod field_errors;
pub mod headers;
pub mod html;
pub mod idempotency;
pub mod local_path;
pub mod notice;
pub mod pages;
pub mod probes;
pub mod session;
pub mod visit;
pub mod zone;

use std::process::ExitCode;

use telemetry::probes::Readiness;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::app::App;
use crate::config::Config;
use crate::cookies::Cookies;

/// What ends the program with an error.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The HTTP client for the backend cannot be built, for example without any CA certificate for an https backend.
    #[error("preparing the client for the backend at {address}: {}", telemetry::chain(.source))]
    Client {
        /// The address from the settings.
        address: String,
        /// What the client says.
        source: reqwest::Error,
    },
    /// The port is taken or not allowed.
    #[error("listening on {address}: {source}")]
    Listen {
        /// The address from the settings.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Accepting connections failed.
    #[error("serving: {0}")]
    Serve(#[from] std::io::Error),
}

/// The whole program. 0 after a clean shutdown, 2 when the settings are wrong, 1 otherwise.
pub fn main() -> ExitCode {
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("todo-frontend: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("todo-frontend: starting the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(start(config))
}

async fn start(config: Config) -> ExitCode {
    let telemetry = match telemetry::start(&config.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("todo-frontend: starting telemetry: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = listen_and_run(config).await;
    if let Err(error) = &outcome {
        tracing::error!(error.message = %error, "the frontend ends with an error");
    }
    telemetry.flush().await;
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn listen_and_run(config: Config) -> Result<(), RunError> {
    let stop = telemetry::serve::stop_on_signal();
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })?;
    run(config, listener, stop).await
}

/// Serves until `stop`, then shuts down in the order of `telemetry::serve`.
pub async fn run(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<(), RunError> {
    let readiness = Readiness::new();
    let start = readiness.latch("start");
    let api = Api::new(&config.backend, config.backend_timeout)
        .map_err(|source| RunError::Client { address: config.backend.to_string(), source })?;
    let app = App { api: api.clone(), cookies: Cookies { secure: config.cookie_secure } };
    let router = app::router(app, &config, readiness.clone());
    let watch = tokio::spawn(probes::watch_backend(api, stop.clone()));
    start.release();
    let served = telemetry::serve::serve(listener, router, readiness, stop, config.grace).await;
    watch.abort();
    served?;
    Ok(())
}
