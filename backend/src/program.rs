//! The program around the server: settings, runtime, telemetry, exit code.

use std::process::ExitCode;

use axum::Router;
use tokio::net::TcpListener;

use crate::{
    config::Config,
    server::{RunError, run_wrapped},
};

/// The whole program, with settings from the environment; arguments are ignored. Ends with 0 after a clean shutdown, with
/// 2 when settings are wrong, and otherwise with 1.
pub fn main() -> ExitCode {
    with_config(Config::from_environment(), |router| router)
}

/// The same with settings from elsewhere and with something around the finished router: for controls that must fail.
pub fn main_with(lookup: impl Fn(&str) -> Option<String>, wrap: impl FnOnce(Router) -> Router) -> ExitCode {
    with_config(Config::from_lookup(&lookup), wrap)
}

fn with_config(config: Result<Config, crate::config::EnvError>, wrap: impl FnOnce(Router) -> Router) -> ExitCode {
    const BAD_SETTINGS: u8 = 2;
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            eprintln!("todo-backend: {error}");
            return ExitCode::from(BAD_SETTINGS);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("todo-backend: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(start(config, wrap))
}

async fn start(config: Config, wrap: impl FnOnce(Router) -> Router) -> ExitCode {
    let telemetry = match telemetry::start(&config.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("todo-backend: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = listen_and_run(config, wrap).await;
    if let Err(error) = &outcome {
        tracing::error!(error.message = telemetry::chain(error), "the server ends");
    }
    telemetry.flush().await;
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn listen_and_run(config: Config, wrap: impl FnOnce(Router) -> Router) -> Result<(), RunError> {
    if config.jwt_secret_is_random {
        tracing::warn!("JWT_SECRET is not set: using a random one, so log-ins end with this process");
    }
    let stop = telemetry::serve::stop_on_signal();
    let listener =
        TcpListener::bind(config.listen).await.map_err(|source| RunError::Listen { address: config.listen, source })?;
    run_wrapped(config, listener, stop, wrap).await
}
