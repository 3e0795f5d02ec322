//! Somebody with an account who asks whichever server a test names, each time over a connection of its own, so that nothing but the
//! message leads to where the conversation was before. Absent on purpose: what is said.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::release::newcomer;

pub(crate) struct User {
    http: Client,
    token: String,
}

impl User {
    pub(crate) async fn sign_up(at: &str) -> Self {
        // A turn may take a minute.
        let http = Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(90));
        let mut user = Self { http: http.build().expect("a client"), token: String::new() };
        let session = user.request(Method::POST, at, "/api/auth/signup").json(&newcomer());
        user.token = json_of(session).await["token"].as_str().expect("a token").to_owned();
        user
    }

    pub(crate) fn request(&self, method: Method, at: &str, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{at}{path}")).bearer_auth(&self.token)
    }

    /// Adds tasks with these titles, without the assistant.
    pub(crate) async fn add(&self, at: &str, titles: &[&str]) {
        for title in titles {
            json_of(self.request(Method::POST, at, "/api/tasks").json(&json!({"title": title}))).await;
        }
    }

    /// The titles of the tasks, the oldest first; `filter` is a query such as `status=open`.
    pub(crate) async fn titles(&self, at: &str, filter: &str) -> Vec<String> {
        let list = json_of(self.request(Method::GET, at, &format!("/api/tasks?sort=created_at&{filter}"))).await;
        titles(&list["items"])
    }

    /// Says something in a conversation, or in a new one where it is null, and hears the whole answer.
    pub(crate) async fn say(&self, at: &str, conversation: &Value, message: &str) -> Value {
        json_of(self.message(at, conversation, message)).await
    }

    /// A message that is about to be sent.
    pub(crate) fn message(&self, at: &str, conversation: &Value, message: &str) -> RequestBuilder {
        let body = json!({"message": message, "conversation_id": conversation});
        self.request(Method::POST, at, "/api/chat").json(&body)
    }

    /// Everything that was said in a conversation so far: who, and what.
    pub(crate) async fn history(&self, at: &str, conversation: &Value) -> Vec<(String, String)> {
        let path = format!("/api/conversations/{}/messages", conversation.as_str().expect("a conversation"));
        let page = json_of(self.request(Method::GET, at, &path)).await;
        assert_eq!(page["has_more"], false, "one page has it all");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let items = page["items"].as_array().expect("messages");
        items.iter().map(|item| (text(&item["role"]), text(&item["content"]))).collect()
    }

    /// One request of an MCP client, which calls the server by this name.
    pub(crate) async fn ask_mcp(&self, at: &str, host: &str, method: &str, params: Value) -> Value {
        let request = self.request(Method::POST, at, "/mcp").header("host", host);
        let request = request.header("accept", "application/json, text/event-stream");
        let request = request.header("mcp-protocol-version", "2025-06-18");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        json_of(request.json(&body)).await["result"].clone()
    }
}

/// What a request that has to go well is answered.
pub(crate) async fn json_of(request: RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

/// The titles in a list of tasks.
pub(crate) fn titles(tasks: &Value) -> Vec<String> {
    let tasks = tasks.as_array().expect("tasks");
    tasks.iter().map(|task| task["title"].as_str().expect("a title").to_owned()).collect()
}

/// The tools of an answer, and how each ended.
pub(crate) fn tools(answer: &Value) -> Vec<(&str, &str)> {
    let calls = answer["tool_calls"].as_array().expect("calls");
    calls.iter().filter_map(|call| Some((call["tool"].as_str()?, call["status"].as_str()?))).collect()
}
