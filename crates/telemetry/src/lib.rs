//! What both servers share: settings, logs, metrics, traces, probes and the order of shutting down. Absent on purpose:
//! anything that knows tasks, accounts or pages.

mod chain;
mod correlation;
pub mod env;
pub mod http;
mod log;
pub mod metrics;
pub mod names;
mod panics;
pub mod probes;
pub mod serve;
pub mod settings;
pub mod spans;
mod trace;

use std::time::Duration;

use tracing_subscriber::{Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

pub use chain::chain;
pub use settings::{LogLevel, Service, Settings};
pub use trace::database_span;

use self::{
    log::{
        Logs,
        push::{self, Pusher},
    },
    trace::Traces,
};

/// How long the end of the process waits for Loki.
const LOKI_FLUSH: Duration = Duration::from_secs(2);
/// How long the end of the process waits for the collector.
const TRACES_FLUSH: Duration = Duration::from_secs(5);

/// Running telemetry; flush it as the very last step.
#[derive(Debug)]
#[must_use = "logs and traces that still wait are lost without a flush"]
pub struct Telemetry {
    loki: Option<Pusher>,
    traces: Option<Traces>,
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else already takes this process' log lines.
    #[error("another log subscriber is already installed")]
    Subscriber(#[from] tracing_subscriber::util::TryInitError),
    /// The push of log lines cannot be set up.
    #[error("setting up the push of log lines")]
    Loki(#[source] tracing_loki::Error),
    /// The export of traces cannot be set up.
    #[error("setting up the export of traces")]
    Traces(#[source] opentelemetry_otlp::ExporterBuildError),
}

/// Starts logs, metrics and traces. Call once per process, inside a runtime.
pub fn start(settings: &Settings) -> Result<Telemetry, StartError> {
    metrics::start(settings.service);
    let loki =
        settings.loki_url.as_ref().map(|url| push::start(settings, url)).transpose().map_err(StartError::Loki)?;
    let (gate, loki) = loki.unzip();
    let endpoint = settings.otlp_endpoint.as_ref();
    let traces = endpoint.map(|url| Traces::new(settings, url)).transpose().map_err(StartError::Traces)?;
    // Only spans: the log has the events already.
    let exporting = traces.as_ref().map(|traces| {
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer())
            .with_filter(filter_fn(|metadata| metadata.is_span()))
    });
    tracing_subscriber::registry()
        .with(exporting)
        .with(Logs::new(settings, gate))
        .with(log::filter(settings.log_level))
        .try_init()?;
    panics::log();
    Ok(Telemetry { loki, traces })
}

impl Telemetry {
    /// Sends what still waits, for at most five seconds in all.
    pub async fn flush(self) {
        let loki = async {
            if let Some(loki) = self.loki {
                loki.flush(LOKI_FLUSH).await;
            }
        };
        let traces = async {
            if let Some(traces) = self.traces {
                traces.shut_down(TRACES_FLUSH).await;
            }
        };
        tokio::join!(loki, traces);
    }
}
