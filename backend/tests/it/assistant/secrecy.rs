//! What is said stays between a user and the assistant: no word of it is in a span, a line or a metric.

use reqwest::Method;
use serde_json::{Value, json};

use super::{go_on, model::setup, say, streams::events};
use crate::support::{
    Engine, TestApp, User,
    collector::Collector,
    model_server::{ModelServer, Reply, call, delta, end, text},
    with_app,
};

/// Stands for whatever a person, a model or a client could write.
const WORD: &str = "Zebrafish";

/// Whatever is said to the assistant, with a model that repeats it in every place where it can.
async fn chat(app: &TestApp, model: &ModelServer) -> User {
    let ada = app.sign_up("ada").await;
    let arguments = json!({"title": WORD, "description": WORD}).to_string();
    let wrong = json!({"title": WORD, WORD: WORD, "priority": WORD}).to_string();
    model.then([
        Reply::stream(&[
            text(WORD),
            call(0, WORD, "add_task", &arguments),
            call(1, WORD, "add_task", &wrong),
            call(2, WORD, WORD, &arguments),
            call(3, WORD, "search_tasks", WORD),
            end("tool_calls"),
        ]),
        Reply::stream(&[text(WORD), end(WORD)]),
    ]);
    let streamed = ada.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
    let answer = streamed.json(&json!({"message": WORD})).send().await;
    assert!(events(&answer).iter().any(|(name, data)| name == "done" && data["message"].to_string().contains(WORD)));

    // Answers that are none, and the rules in their place.
    let error = json!({"error": {"message": WORD, "type": WORD, "code": WORD}});
    for reply in [
        Reply::head("application/json").send(json!({WORD: WORD}).to_string()),
        Reply::stream(&[error]),
        Reply::head("text/event-stream").send(format!("data: {WORD}\n\n")),
        Reply::stream(&[delta(json!({"content": [WORD]})), delta(json!({"tool_calls": WORD}))]),
    ] {
        model.then([reply.clone(), reply.clone(), reply]);
        say(&ada, &format!("add {WORD}")).await;
    }
    let asked = say(&ada, &format!("delete all tasks and find {WORD}")).await;
    go_on(&ada, &asked, WORD).await;
    ada
}

/// Everything that a client of MCP can fill with words, notifications included.
async fn mcp(user: &User) {
    let post = async |body: Value| {
        let request = user.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
        request.header("mcp-protocol-version", "2025-06-18").json(&body).send().await
    };
    let request = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let info =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": WORD, "version": WORD}});
    post(request("initialize", info)).await;
    let added = post(request("tools/call", json!({"name": "add_task", "arguments": {"title": WORD}}))).await;
    assert!(added.text.contains(WORD), "{}", added.text);
    post(request("tools/call", json!({"name": "add_task", "arguments": {WORD: WORD}}))).await;
    post(request("tools/call", json!({"name": WORD, "arguments": {}, "_meta": {"traceparent": WORD, WORD: WORD}})))
        .await;
    post(request("tools/call", json!([WORD]))).await;
    post(request(WORD, json!({WORD: WORD}))).await;
    let cancelled = json!({"requestId": 1, "reason": WORD});
    post(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled})).await;
    post(json!({"jsonrpc": "2.0", "method": format!("notifications/{WORD}"), "params": {WORD: WORD}})).await;
}

#[tokio::test]
async fn no_word_of_what_is_said_is_in_a_span_a_line_or_a_metric() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let collector = Collector::start().await;
        let model = ModelServer::start([Reply::default()]).await;
        let setup = setup(&model).set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url).set("LOG_LEVEL", "DEBUG");
        with_app(engine, setup, async |app| {
            let ada = chat(&app, &model).await;
            mcp(&ada).await;
            let metrics = app.get("/metrics").await.text;
            app.process.terminate();
            app.process.wait().await;
            let lines = app.process.raw_lines();
            let names: Vec<String> = collector.spans().into_iter().map(|span| span.name).collect();
            for name in
                ["invoke_agent todo", "chat small", "execute_tool add_task", "tools/call add_task", "tools/call"]
            {
                assert!(names.iter().any(|seen| seen == name), "{name} is not among {names:?}");
            }
            assert!(metrics.contains("gen_ai_tool_name=\"add_task\""));
            // Titles are kept without case, too.
            let hidden = |place: &str| !place.to_lowercase().contains(&WORD.to_lowercase());
            assert!(hidden(&metrics), "{metrics}");
            assert!(hidden(&collector.raw()), "a span");
            for line in lines {
                assert!(hidden(&line), "{line}");
            }
        })
        .await;
    }
}
