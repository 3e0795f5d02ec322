//! The assistant over HTTP: by rules, by a model, and by MCP clients.

mod bounds;
mod chat;
mod confirmations;
mod conversations;
mod expiry;
mod fragments;
mod idle;
mod journal;
mod mcp;
mod mcp_clients;
mod mcp_conformance;
mod model;
mod obedient;
mod outages;
mod retries;
mod search;
mod secrecy;
mod spans;
mod streams;

use serde_json::{Value, json};

use crate::support::{Answer, User};

/// Says something in a new conversation.
pub(crate) async fn say(user: &User, message: &str) -> Value {
    said(&user.post("/api/chat", json!({"message": message})).await)
}

/// Says something more.
pub(crate) async fn go_on(user: &User, earlier: &Value, message: &str) -> Value {
    let body = json!({"message": message, "conversation_id": earlier["conversation_id"]});
    said(&user.post("/api/chat", body).await)
}

fn said(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json.clone()
}

/// The tools of an answer with how they ended.
pub(crate) fn tools(answer: &Value) -> Vec<(&str, &str)> {
    let calls = answer["tool_calls"].as_array().unwrap();
    calls.iter().map(|call| (call["tool"].as_str().unwrap(), call["status"].as_str().unwrap())).collect()
}

/// The titles of all tasks of a user, oldest first.
pub(crate) async fn titles(user: &User) -> Vec<String> {
    let list = user.get("/api/tasks?sort=created_at&limit=100").await;
    let items = list.json["items"].as_array().unwrap();
    items.iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

/// Adds tasks with these titles, one after the other.
pub(crate) async fn add_all(user: &User, titles: &[&str]) -> Vec<Value> {
    let mut tasks = Vec::new();
    for title in titles {
        tasks.push(crate::tasks::add(user, json!({"title": title})).await);
    }
    tasks
}
