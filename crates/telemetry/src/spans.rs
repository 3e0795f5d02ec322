//! Spans of a program's own work, below that of the request; nothing, and next to no work, where nobody takes spans. Their
//! attributes are no fields, because to Loki the fields of a span belong to every line below it. Absent on purpose: the span
//! of a request (`http.rs`) and the export (`trace.rs`).

use std::fmt;

use opentelemetry::{
    Value,
    trace::{Status, TraceContextExt},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{correlation, trace};

/// What a span's work is to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Our own business.
    Internal,
    /// Waiting for somebody else's answer.
    Client,
    /// Answering somebody else.
    Server,
}

/// A span below the current one, until its last handle is dropped.
pub fn start(kind: Kind, name: fmt::Arguments<'_>) -> Span {
    if !trace::active() {
        return Span::none();
    }
    let kind = match kind {
        Kind::Internal => "internal",
        Kind::Client => "client",
        Kind::Server => "server",
    };
    // At the error level only so that no LOG_LEVEL switches it off.
    tracing::error_span!("work", otel.name = name, otel.kind = kind)
}

/// Gives a span an attribute. Never with what a person wrote.
pub fn note(span: &Span, name: &'static str, value: impl Into<Value>) {
    if !span.is_none() {
        span.set_attribute(name, value);
    }
}

/// Notes that the work failed, by a word of a closed set.
pub fn failed(span: &Span, error: &'static str) {
    if !span.is_none() {
        span.set_attribute("error.type", error);
        span.set_status(Status::error(""));
    }
}

/// Puts a fresh span into the trace that came within a message, as `traceparent`, and links it to where it would have been:
/// the span of the request that carried the message, whose ids stay those of the log lines. A wrong value changes nothing.
pub fn continue_trace(span: &Span, traceparent: &str) {
    if span.is_none() {
        return;
    }
    if let Some(parent) = correlation::parse_traceparent(traceparent) {
        span.add_link(Span::current().context().span().span_context().clone());
        trace::adopt(span, Some(parent));
    }
}
