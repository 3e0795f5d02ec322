//! The assistant's metrics and spans, by OpenTelemetry's names for generative AI; a span lasts as long as its metric says. No
//! prompt, title or answer is in any of them. Absent on purpose: operations of MCP (mcp/operation.rs).

use std::time::{Duration, Instant};

use metrics::{Histogram, counter, histogram};
use telemetry::{
    names::{self, gen_ai, gen_ai_error, gen_ai_error::NONE},
    spans::{self, Kind},
};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use super::{
    conversations::model::Engine,
    model::{Completion, Timing, Usage},
    tools::{Code, Tool},
};

/// Histograms which are there from the start, at zero: the first use of one that appears with it is in no rate. What only a
/// model has is there with a model.
pub(super) fn create(model: Option<&str>) {
    let mut created = vec![
        operation(gen_ai::INVOKE_AGENT, gen_ai::RULES, Engine::Rules.word(), NONE),
        operation(gen_ai::CHAT, gen_ai::RULES, Engine::Rules.word(), NONE),
        mcp(gen_ai::TOOLS_LIST, NONE),
        mcp(gen_ai::TOOLS_CALL, NONE),
        mcp(gen_ai::TOOLS_CALL, gen_ai::TOOL_ERROR),
        mcp(gen_ai::TOOLS_CALL, gen_ai_error::UNKNOWN_TOOL),
        mcp(gen_ai::TOOLS_CALL, gen_ai_error::INTERNAL),
    ];
    let endings = [NONE, gen_ai::TOOL_ERROR, gen_ai_error::INTERNAL];
    created.extend(Tool::ALL.into_iter().flat_map(|called| endings.map(|error| tool(called, error))));
    if let Some(model) = model {
        created.extend([
            operation(gen_ai::INVOKE_AGENT, gen_ai::OPENAI, Engine::Model.word(), NONE),
            operation(gen_ai::CHAT, gen_ai::OPENAI, model, NONE),
            tokens(model, "input"),
            tokens(model, "output"),
            first_chunk(model),
            chunk(model),
        ]);
    }
    drop(created);
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// With an answer.
    Answered,
    /// With a question back, or a refusal of what cannot be done.
    Refused,
    /// With an answer of the rules in place of a model that failed.
    Fallback,
    /// Its client went away.
    Cancelled,
    /// Without a proper answer.
    Failed,
}

/// A turn that has begun: everything that answers a message.
pub(super) struct Turn {
    began: Instant,
    span: Span,
}

impl Turn {
    pub(super) fn begin(conversation: Uuid) -> Self {
        const AGENT: &str = "todo";
        let span = spans::start(Kind::Internal, format_args!("{} {AGENT}", gen_ai::INVOKE_AGENT));
        spans::note(&span, "gen_ai.operation.name", gen_ai::INVOKE_AGENT);
        spans::note(&span, "gen_ai.agent.name", AGENT);
        spans::note(&span, "gen_ai.conversation.id", conversation.to_string());
        Self { began: Instant::now(), span }
    }

    /// What its work goes on in.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Counts the turn and its time. Only here it is known who has answered.
    pub(super) fn end(&self, engine: Engine, how: Turned) {
        let outcome = match how {
            Turned::Answered => gen_ai::ANSWERED,
            Turned::Refused => gen_ai::REFUSED,
            Turned::Fallback => gen_ai::FALLBACK,
            Turned::Cancelled => gen_ai::CANCELLED,
            Turned::Failed => gen_ai::FAILED,
        };
        counter!(names::ASSISTANT_TURNS, "engine" => engine.word(), "outcome" => outcome).increment(1);
        spans::note(&self.span, "gen_ai.provider.name", provider(engine));
        spans::note(&self.span, "assistant.turn.outcome", outcome);
        let failed = if how == Turned::Failed { gen_ai::FAILED } else { NONE };
        if how == Turned::Failed {
            spans::failed(&self.span, failed);
        }
        operation(gen_ai::INVOKE_AGENT, provider(engine), engine.word(), failed).record(self.began.elapsed());
    }
}

/// Something became of a question: asked, confirmed, declined or dropped.
pub(super) fn confirmation(answer: &'static str) {
    counter!(names::ASSISTANT_CONFIRMATIONS, "answer" => answer).increment(1);
}

/// The span of a round with a model.
pub(super) fn chat_span(model: &str) -> Span {
    thinking(Kind::Client, Engine::Model, model)
}

/// The span of whatever finds out what is to be done.
fn thinking(kind: Kind, engine: Engine, model: &str) -> Span {
    let span = spans::start(kind, format_args!("{} {model}", gen_ai::CHAT));
    spans::note(&span, "gen_ai.operation.name", gen_ai::CHAT);
    spans::note(&span, "gen_ai.provider.name", provider(engine));
    spans::note(&span, "gen_ai.request.model", model.to_owned());
    span
}

/// A round with an answer.
pub(super) fn round(model: &str, took: Duration, completion: &Completion, span: &Span) {
    operation(gen_ai::CHAT, gen_ai::OPENAI, model, NONE).record(took);
    // What was not counted is not recorded: a zero would be a lie.
    if let Some(Usage { input, output }) = completion.usage {
        for (name, count) in [("gen_ai.usage.input_tokens", input), ("gen_ai.usage.output_tokens", output)] {
            spans::note(span, name, i64::try_from(count).unwrap_or(i64::MAX));
        }
        tokens(model, "input").record(input as f64);
        tokens(model, "output").record(output as f64);
    }
    if let Some(first) = completion.timing.first_chunk {
        first_chunk(model).record(first);
        if let Some(pause) = pause(&completion.timing) {
            chunk(model).record(pause);
        }
    }
}

/// The mean time between two pieces; one piece has none.
fn pause(timing: &Timing) -> Option<Duration> {
    let gaps = timing.chunks.checked_sub(1).filter(|gaps| *gaps > 0)?;
    Some(timing.whole.saturating_sub(timing.first_chunk?) / gaps)
}

/// A round without one.
pub(super) fn failed_round(model: &str, took: Duration, error: &'static str, span: &Span) {
    spans::failed(span, error);
    operation(gen_ai::CHAT, gen_ai::OPENAI, model, error).record(took);
}

/// The rules' work, as an operation like a model's, but within this process and with the tools in it.
pub(super) async fn by_rules<T>(work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let span = thinking(Kind::Internal, Engine::Rules, Engine::Rules.word());
    let outcome = work.instrument(span).await;
    operation(gen_ai::CHAT, gen_ai::RULES, Engine::Rules.word(), NONE).record(began.elapsed());
    outcome
}

/// A tool at work.
pub(super) struct ToolUse {
    tool: Tool,
    began: Instant,
    span: Span,
}

impl ToolUse {
    pub(super) fn begin(tool: Tool) -> Self {
        let span = spans::start(Kind::Internal, format_args!("{} {}", gen_ai::EXECUTE_TOOL, tool.name()));
        spans::note(&span, "gen_ai.operation.name", gen_ai::EXECUTE_TOOL);
        spans::note(&span, "gen_ai.tool.name", tool.name());
        spans::note(&span, "gen_ai.tool.type", "function");
        Self { tool, began: Instant::now(), span }
    }

    /// What its work goes on in.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// It has ended, and has done what it should or not. Who asks for what there is not must not look like our own fault.
    pub(super) fn end(self, error: Option<Code>) {
        let failed = match error {
            None => NONE,
            Some(Code::DatabaseError | Code::ExecutionError) => gen_ai_error::INTERNAL,
            Some(
                Code::MissingTitle | Code::ValidationError | Code::TaskNotFound | Code::ParseError | Code::UnknownTool,
            ) => gen_ai::TOOL_ERROR,
        };
        if error.is_some() {
            spans::failed(&self.span, failed);
        }
        tool(self.tool, failed).record(self.began.elapsed());
    }
}

fn provider(engine: Engine) -> &'static str {
    match engine {
        Engine::Model => gen_ai::OPENAI,
        Engine::Rules => gen_ai::RULES,
    }
}

fn operation(name: &'static str, provider: &'static str, model: &str, error: &'static str) -> Histogram {
    let labels = [
        ("gen_ai_operation_name", name.to_owned()),
        ("gen_ai_provider_name", provider.to_owned()),
        ("gen_ai_request_model", model.to_owned()),
        ("error_type", error.to_owned()),
    ];
    histogram!(names::GEN_AI_OPERATION_DURATION, &labels)
}

/// How long an operation over MCP took.
pub(super) fn mcp(method: &'static str, error: &'static str) -> Histogram {
    histogram!(names::MCP_OPERATION_DURATION, "mcp_method_name" => method, "error_type" => error)
}

fn tool(tool: Tool, error: &'static str) -> Histogram {
    histogram!(names::GEN_AI_TOOL_DURATION, "gen_ai_tool_name" => tool.name(), "error_type" => error)
}

fn tokens(model: &str, kind: &'static str) -> Histogram {
    let [provider, model] = of_model(model);
    histogram!(names::GEN_AI_TOKEN_USAGE, &[provider, model, ("gen_ai_token_type", kind.to_owned())])
}

fn first_chunk(model: &str) -> Histogram {
    histogram!(names::GEN_AI_TIME_TO_FIRST_CHUNK, &of_model(model))
}

fn chunk(model: &str) -> Histogram {
    histogram!(names::GEN_AI_TIME_PER_CHUNK, &of_model(model))
}

fn of_model(model: &str) -> [(&'static str, String); 2] {
    [("gen_ai_provider_name", gen_ai::OPENAI.to_owned()), ("gen_ai_request_model", model.to_owned())]
}
