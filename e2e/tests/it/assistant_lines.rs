//! Lines about the assistant against the contract of log lines: a model that fails half-way, and clients of MCP, good and bad.

use std::collections::BTreeSet;

use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::IntoResponse as _,
    routing::post,
};
use e2e::log_lines::Schema;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::servers::Servers;

/// A model that wants a task added and then breaks. Gives what `/chat/completions` is put behind.
async fn model() -> String {
    let complete = async |Json(asked): Json<Value>| {
        let last = asked["messages"].as_array().and_then(|messages| messages.last());
        if last.is_some_and(|message| message["role"] == "tool") {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let function = json!({"name": "add_task", "arguments": r#"{"title": "Buy milk"}"#});
        let call = json!({"index": 0, "id": "a", "type": "function", "function": function});
        let choice = json!({"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"});
        let stream = format!("data: {}\n\ndata: [DONE]\n\n", json!({"choices": [choice]}));
        ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let routes = Router::new().route("/chat/completions", post(complete));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

/// Sends it and reads the whole answer; gives its status.
async fn status(request: RequestBuilder) -> u16 {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    answer.bytes().await.expect("a body");
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_about_a_model_and_about_clients_of_mcp_keeps_the_contract() {
    let model = model().await;
    let settings = [("OPENAI_API_KEY", "sk-of-this-test"), ("OPENAI_BASE_URL", model.as_str()), ("LOG_LEVEL", "DEBUG")];
    let servers = Servers::start(&settings).await;
    let (http, site) = (Client::builder().no_proxy().build().expect("a client"), servers.backend.url.clone());
    let person = json!({"email": "ada@example.com", "password": "correct horse battery staple"});
    let session = http.post(format!("{site}/api/auth/signup")).json(&person).send().await.expect("an answer");
    let session: Value = session.json().await.expect("JSON");
    let token = session["token"].as_str().expect("a token");
    let request = |method: Method, path: &str| http.request(method, format!("{site}{path}")).bearer_auth(token);

    for accept in ["application/json", "text/event-stream"] {
        let message = request(Method::POST, "/api/chat").header("accept", accept);
        assert_eq!(status(message.json(&json!({"message": "I am out of milk"}))).await, 200);
    }
    let speaks = |request: RequestBuilder| request.header("accept", "application/json, text/event-stream");
    let asks = |method: &str, params: Value| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        speaks(request(Method::POST, "/mcp")).json(&body)
    };
    let greeting =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "0"}});
    for (method, params) in [
        ("initialize", greeting),
        ("tools/list", json!({})),
        ("tools/call", json!({"name": "add_task", "arguments": {"title": "Buy bread"}})),
        ("tools/call", json!({"name": "add_task", "arguments": {}})),
        ("tools/call", json!({"name": "format_disk", "arguments": {}})),
        ("prompts/list", json!({})),
    ] {
        assert_eq!(status(asks(method, params)).await, 200, "{method}");
    }
    for odd in [
        asks("tools/list", json!({})).header("host", "evil.example"),
        asks("tools/list", json!({})).header("origin", "https://evil.example"),
        speaks(http.post(format!("{site}/mcp"))).json(&json!({})),
        speaks(request(Method::POST, "/mcp")).header("content-type", "application/json").body("{"),
        speaks(request(Method::GET, "/mcp")),
        speaks(request(Method::DELETE, "/mcp")),
    ] {
        let status = status(odd).await;
        assert!((400..500).contains(&status), "{status}");
    }
    let lines = servers.backend.end().await;

    let schema = Schema::read();
    for line in &lines {
        assert_eq!(schema.objections(line), Vec::<String>::new(), "{line}");
    }
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.iter().filter(|line| line["body"] == "the model failed").count(), 2);
    let callers: BTreeSet<&str> = lines.iter().filter_map(|line| line["caller"].as_str()).collect();
    assert_eq!(callers, BTreeSet::from(["mcp", "model"]));
    let routes: BTreeSet<&str> = lines.iter().filter_map(|line| line["http.route"].as_str()).collect();
    assert!(["/api/chat", "/mcp"].iter().all(|route| routes.contains(route)), "{routes:?}");
}
