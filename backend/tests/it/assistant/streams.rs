//! The answer as events.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User};

/// The events of a stream: their names and their data.
pub(super) fn events(answer: &Answer) -> Vec<(String, Value)> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/event-stream", "{}", answer.text);
    let events = answer.text.split("\n\n").filter(|event| !event.trim().is_empty() && !event.starts_with(':'));
    let read = |event: &str| {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        (field("event:").to_owned(), serde_json::from_str(field("data:")).unwrap())
    };
    events.map(read).collect()
}

async fn stream(user: &User, message: &str) -> Answer {
    let call = user.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
    call.json(&json!({"message": message})).send().await
}

on_both_engines! {
    async fn tools_and_text_come_in_order_and_the_last_event_has_everything(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let answer = stream(&ada, "add Buy milk").await;
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("x-accel-buffering"), "no");
        let events = events(&answer);
        let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["tool_call", "tool_call", "token", "done"], "{}", answer.text);
        assert_eq!(events[0].1, json!({"tool": "add_task", "status": "executing"}));
        assert_eq!(events[1].1["result"]["data"]["task"]["title"], "Buy milk");
        let done = &events[3].1;
        assert_eq!(done["message"], events[2].1["token"]);
        assert_eq!((&done["engine"], &done["response"]), (&json!("rules"), &done["message"]));
        let kept = ada.get(&format!("/api/conversations/{}/messages", done["conversation_id"].as_str().unwrap())).await;
        assert_eq!(kept.json["items"][1]["content"], done["message"]);
    }
}

on_both_engines! {
    async fn a_mistake_before_the_stream_is_a_problem(app: TestApp) {
        let ada = app.sign_up("ada").await;
        stream(&ada, " ").await.assert_problem(422, "validation");
    }
}

on_both_engines! {
    async fn json_comes_unless_events_are_liked_better(app: TestApp) {
        let ada = app.sign_up("ada").await;
        for (accept, streamed) in [
            ("application/json", false),
            ("*/*", false),
            ("text/event-stream", true),
            ("application/json, text/event-stream", false),
            ("text/event-stream, application/json", true),
        ] {
            let call = ada.request(Method::POST, "/api/chat").header("accept", accept);
            let answer = call.json(&json!({"message": "help"})).send().await;
            assert_eq!(answer.header("content-type") == "text/event-stream", streamed, "{accept}");
        }
    }
}
