//! What a collector gets to see of the assistant: one trace from the request to the last tool, by OpenTelemetry's names.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};

use super::model;
use crate::support::{
    Engine, Setup, TestApp, User,
    collector::{Collector, Span},
    model_server::{ModelServer, Reply, call, end, text, usage},
    with_app,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn parent() -> String {
    format!("00-{TRACE}-{CALLER}-01")
}

/// The spans of one trace.
struct Trace(Vec<Span>);

impl Trace {
    /// Ends the server, which sends all that it has, and takes the spans of `TRACE`.
    async fn of(app: &TestApp, collector: &Collector) -> Self {
        app.process.terminate();
        app.process.wait().await;
        Self(collector.spans().into_iter().filter(|span| span.trace == TRACE).collect())
    }

    fn all(&self, name: &str) -> Vec<&Span> {
        self.0.iter().filter(|span| span.name == name).collect()
    }

    #[track_caller]
    fn one(&self, name: &str) -> &Span {
        let found = self.all(name);
        assert_eq!(found.len(), 1, "{name} in {:#?}", self.0);
        found[0]
    }
}

#[track_caller]
fn assert_span(span: &Span, kind: SpanKind, parent: &str, attributes: &[(&str, &str)]) {
    assert_eq!((span.kind, span.parent.as_str()), (kind, parent), "{span:?}");
    for (name, value) in attributes {
        assert_eq!(span.attribute(name), *value, "{name} of {span:?}");
    }
}

/// Says something within `TRACE`.
async fn say_traced(user: &User, message: &str) -> Value {
    let call = user.request(Method::POST, "/api/chat").header("traceparent", parent());
    let answer = call.json(&json!({"message": message})).send().await;
    assert_eq!((answer.status, answer.header("x-trace-id")), (200, TRACE), "{}", answer.text);
    answer.json
}

fn traced(setup: Setup, collector: &Collector) -> Setup {
    setup.set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)
}

#[tokio::test]
async fn a_turn_of_the_rules_is_one_trace_down_to_the_database() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let collector = Collector::start().await;
        with_app(engine, traced(Setup::new(), &collector), async |app| {
            let ada = app.sign_up("ada").await;
            let answer = say_traced(&ada, "add Buy milk").await;
            let trace = Trace::of(&app, &collector).await;
            let request = trace.one("POST /api/chat");
            assert_span(request, SpanKind::Server, CALLER, &[]);
            let turn = trace.one("invoke_agent todo");
            let conversation = answer["conversation_id"].as_str().unwrap();
            let attributes = [
                ("gen_ai.operation.name", "invoke_agent"),
                ("gen_ai.agent.name", "todo"),
                ("gen_ai.provider.name", "todo.rules"),
                ("gen_ai.conversation.id", conversation),
            ];
            assert_span(turn, SpanKind::Internal, &request.id, &attributes);
            let chat = trace.one("chat rules");
            let attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "todo.rules")];
            assert_span(chat, SpanKind::Internal, &turn.id, &attributes);
            let tool = trace.one("execute_tool add_task");
            let attributes = [("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "add_task")];
            assert_span(tool, SpanKind::Internal, &chat.id, &attributes);
            assert_span(trace.one("insert tasks"), SpanKind::Client, &tool.id, &[]);
            assert!(!trace.0.iter().any(|span| span.failed), "{:?}", trace.0);
        })
        .await;
    }
}

#[tokio::test]
async fn a_turn_of_a_model_is_one_trace_which_the_model_is_told() {
    let collector = Collector::start().await;
    let add = call(0, "a", "add_task", r#"{"title":"Buy milk"}"#);
    let model = ModelServer::start([
        Reply::stream(&[add, end("tool_calls"), usage(90, 10)]),
        Reply::stream(&[text("Done."), end("stop")]),
    ])
    .await;
    with_app(Engine::Sqlite, traced(model::setup(&model), &collector), async |app| {
        let ada = app.sign_up("ada").await;
        say_traced(&ada, "I am out of milk").await;
        let trace = Trace::of(&app, &collector).await;
        let turn = trace.one("invoke_agent todo");
        assert_span(turn, SpanKind::Internal, &trace.one("POST /api/chat").id, &[("gen_ai.provider.name", "openai")]);
        let rounds = trace.all("chat small");
        assert_eq!(rounds.len(), 2);
        for round in &rounds {
            let attributes = [
                ("gen_ai.operation.name", "chat"),
                ("gen_ai.provider.name", "openai"),
                ("gen_ai.request.model", "small"),
            ];
            assert_span(round, SpanKind::Client, &turn.id, &attributes);
        }
        let counted: Vec<_> = rounds.iter().map(|round| round.attribute("gen_ai.usage.input_tokens")).collect();
        assert!(counted.contains(&"90") && counted.contains(&""), "what was not counted is not told: {counted:?}");
        assert_span(trace.one("execute_tool add_task"), SpanKind::Internal, &turn.id, &[]);
        for request in model.requests() {
            let told = request.header("traceparent").unwrap().to_owned();
            assert!(rounds.iter().any(|round| told == format!("00-{TRACE}-{}-01", round.id)), "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_round_that_failed_says_so_and_the_rules_follow_in_the_same_trace() {
    let collector = Collector::start().await;
    let model = ModelServer::start([Reply::status(401)]).await;
    with_app(Engine::Sqlite, traced(model::setup(&model), &collector), async |app| {
        let ada = app.sign_up("ada").await;
        say_traced(&ada, "complete Buy milk and add Buy bread").await;
        let trace = Trace::of(&app, &collector).await;
        let turn = trace.one("invoke_agent todo");
        let outcome = [("gen_ai.provider.name", "todo.rules"), ("assistant.turn.outcome", "fallback")];
        assert_span(turn, SpanKind::Internal, &trace.one("POST /api/chat").id, &outcome);
        let round = trace.one("chat small");
        assert_span(round, SpanKind::Client, &turn.id, &[("error.type", "refused")]);
        assert!(round.failed && !turn.failed);
        let rules = trace.one("chat rules");
        assert_span(rules, SpanKind::Internal, &turn.id, &[]);
        assert_span(trace.one("execute_tool add_task"), SpanKind::Internal, &rules.id, &[]);
    })
    .await;
}

#[tokio::test]
async fn without_a_collector_a_model_is_told_the_trace_all_the_same() {
    let model = ModelServer::start([Reply::stream(&[text("Hello."), end("stop")])]).await;
    with_app(Engine::Sqlite, model::setup(&model), async |app| {
        let ada = app.sign_up("ada").await;
        say_traced(&ada, "hello").await;
        let told = model.requests()[0].header("traceparent").unwrap().to_owned();
        assert!(told.starts_with(&format!("00-{TRACE}-")) && !told.contains(CALLER), "{told}");
    })
    .await;
}

async fn ask(user: &User, id: Value, params: Value) {
    let request = user.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
    let request = request.header("mcp-protocol-version", "2025-06-18");
    let body = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    assert_eq!(request.json(&body).send().await.status, 200);
}

#[tokio::test]
async fn a_call_over_mcp_goes_on_in_the_trace_that_its_message_names() {
    let collector = Collector::start().await;
    with_app(Engine::Sqlite, traced(Setup::new(), &collector), async |app| {
        let ada = app.sign_up("ada").await;
        let traced = |name: &str, arguments: Value| {
            json!({"name": name, "arguments": arguments, "_meta": {"traceparent": parent()}})
        };
        ask(&ada, json!(7), traced("add_task", json!({"title": "Buy milk"}))).await;
        ask(&ada, json!("eight"), traced("delete_task", json!({"ids": [uuid::Uuid::nil()]}))).await;
        ask(&ada, json!(9), traced("format_disk", json!({}))).await;
        let wrong = json!({"name": "get_task_statistics", "arguments": {}, "_meta": {"traceparent": "nonsense"}});
        ask(&ada, json!(10), wrong).await;
        let trace = Trace::of(&app, &collector).await;

        let added = trace.one("tools/call add_task");
        let attributes = [
            ("mcp.method.name", "tools/call"),
            ("mcp.protocol.version", "2025-06-18"),
            ("jsonrpc.request.id", "7"),
            ("gen_ai.tool.name", "add_task"),
            ("error.type", ""),
        ];
        assert_span(added, SpanKind::Server, CALLER, &attributes);
        let all = collector.spans();
        let requests: Vec<&Span> = all.iter().filter(|span| span.name == "POST /mcp").collect();
        assert!(requests.iter().any(|request| added.links == [request.id.clone()]), "{added:?} {requests:?}");
        let tool = trace.one("execute_tool add_task");
        assert_span(tool, SpanKind::Internal, &added.id, &[]);
        assert_span(trace.one("insert tasks"), SpanKind::Client, &tool.id, &[]);

        let refused = trace.one("tools/call delete_task");
        assert_span(refused, SpanKind::Server, CALLER, &[("error.type", "tool_error"), ("jsonrpc.request.id", "eight")]);
        let unknown = trace.one("tools/call");
        assert_span(unknown, SpanKind::Server, CALLER, &[("error.type", "unknown_tool"), ("gen_ai.tool.name", "")]);
        assert!(refused.failed && unknown.failed && !added.failed);

        // What names no trace correctly is below the request that carried it.
        let plain = all.iter().find(|span| span.name == "tools/call get_task_statistics").unwrap();
        let above = requests.iter().find(|request| request.id == plain.parent).unwrap();
        assert_eq!((&plain.trace, plain.links.len()), (&above.trace, 0));
        // Nobody else's idea of a span comes between.
        assert!(!all.iter().any(|span| span.name.contains("serve_inner")), "{all:?}");
    })
    .await;
}
