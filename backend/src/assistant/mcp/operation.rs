//! One operation over MCP with its metric and its span, by OpenTelemetry's names. Absent on purpose: what was sent and
//! answered.

use std::time::Instant;

use rmcp::{RoleServer, model::ProtocolVersion, service::RequestContext};
use telemetry::{
    names::{gen_ai, gen_ai_error},
    spans::{self, Kind},
};
use tracing::Span;

use crate::{
    assistant::{signals, tools::Tool},
    tasks::params::shown,
};

/// An operation from its start until it is dropped.
pub(super) struct Operation {
    began: Instant,
    method: &'static str,
    error: &'static str,
    span: Span,
}

impl Operation {
    /// The span goes on in the trace that the message names.
    pub(super) fn begin(method: &'static str, tool: Option<Tool>, context: &RequestContext<RoleServer>) -> Self {
        let span = match tool {
            Some(tool) => spans::start(Kind::Server, format_args!("{method} {}", tool.name())),
            None => spans::start(Kind::Server, format_args!("{method}")),
        };
        if let Some(traceparent) = context.meta.get("traceparent").and_then(|value| value.as_str()) {
            spans::continue_trace(&span, traceparent);
        }
        spans::note(&span, "mcp.method.name", method);
        spans::note(&span, "jsonrpc.request.id", shown(&context.id.to_string()));
        // A version that nobody knows is only some text.
        if let Some(version) =
            context.protocol_version().filter(|version| ProtocolVersion::KNOWN_VERSIONS.contains(version))
        {
            spans::note(&span, "mcp.protocol.version", version.as_str().to_owned());
        }
        if let Some(tool) = tool {
            spans::note(&span, "gen_ai.operation.name", gen_ai::EXECUTE_TOOL);
            spans::note(&span, "gen_ai.tool.name", tool.name());
        }
        Self { began: Instant::now(), method, error: gen_ai_error::NONE, span }
    }

    /// What its work goes on in.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// It will have failed, for this reason.
    pub(super) fn failed(&mut self, error: &'static str) {
        self.error = error;
        spans::failed(&self.span, error);
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        signals::mcp(self.method, self.error).record(self.began.elapsed());
    }
}
