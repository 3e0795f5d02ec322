//! Log lines: one formatting, two sinks. Every event becomes one line on standard output, at once and in the caller's
//! thread, because that is the durable path; the push to Loki gets what its gate admits. Absent on purpose: the
//! formats (`log/line.rs`) and the push (`log/push.rs`).

mod line;
pub(crate) mod push;

use std::{
    cell::Cell,
    io::{IsTerminal, Write},
    sync::Arc,
};

use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::Context,
    registry::LookupSpan,
};

use self::{line::Format, push::Gate};
use crate::{
    correlation::Correlation,
    settings::{LogLevel, Settings},
};

/// Our own crates, the only ones whose debug lines are wanted.
const OURS: [&str; 3] = ["backend", "frontend", "telemetry"];

thread_local! {
    /// The line being written; kept, so that a line costs no allocation.
    static LINE: Cell<String> = const { Cell::new(String::new()) };
}

/// The layer that writes every event.
pub(crate) struct Logs {
    format: Format,
    gate: Option<Gate>,
}

impl Logs {
    pub(crate) fn new(settings: &Settings, gate: Option<Gate>) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self { format: if terminal { Format::Compact } else { Format::json(settings) }, gate }
    }
}

/// Which events are written at all. The audit record always is: who wants a quiet log has not asked to lose it. Those of
/// opentelemetry never are: it has lines without a text for every batch that fails, and `trace.rs` tells that once. rmcp
/// writes several lines per request, some with what the client sent; only its errors are wanted.
pub(crate) fn filter(level: LogLevel) -> Targets {
    let (ours, others) = match level {
        LogLevel::Debug => (LevelFilter::DEBUG, LevelFilter::INFO),
        LogLevel::Info => (LevelFilter::INFO, LevelFilter::INFO),
        LogLevel::Warning => (LevelFilter::WARN, LevelFilter::WARN),
        LogLevel::Error => (LevelFilter::ERROR, LevelFilter::ERROR),
    };
    let targets = Targets::new()
        .with_default(others)
        .with_target("audit", LevelFilter::INFO)
        .with_target("opentelemetry", LevelFilter::OFF)
        .with_target("rmcp", LevelFilter::ERROR);
    if ours == others { targets } else { targets.with_targets(OURS.map(|target| (target, ours))) }
}

impl<S> Layer<S> for Logs
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(gate) = &self.gate {
            gate.on_new_span(attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(gate) = &self.gate {
            gate.on_record(id, values, context);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Taken, not borrowed: a value that logs while it is being formatted finds an empty line of its own.
        let mut line = LINE.take();
        line.clear();
        self.format.write(&mut line, event, correlation(event, &context).as_deref());
        // Standard output may be gone; then nobody is left to tell.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
        let length = line.len();
        LINE.set(line);
        if let Some(gate) = &self.gate {
            gate.on_event(length, event, context);
        }
    }
}

/// What the nearest span that belongs to a request says.
fn correlation<S>(event: &Event<'_>, context: &Context<'_, S>) -> Option<Arc<Correlation>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    context.event_scope(event)?.find_map(|span| span.extensions().get::<Arc<Correlation>>().cloned())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::{LogLevel, filter};

    #[test]
    fn no_level_hides_the_audit_record() {
        for level in [LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error] {
            assert!(filter(level).would_enable("audit", &Level::INFO), "{level:?}");
        }
        assert!(!filter(LogLevel::Error).would_enable("access", &Level::INFO));
    }

    #[test]
    fn no_level_shows_what_clients_of_mcp_send() {
        for level in [LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error] {
            assert!(!filter(level).would_enable("rmcp::service", &Level::WARN), "{level:?}");
        }
    }
}
