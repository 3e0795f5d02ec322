//! The client against a mock that others wrote, which cuts answers into single characters.

use std::time::Duration;

use backend::assistant::model::{FailureKind, Finish, Message, Model, Patience, ToolDefinition, Usage};
use serde_json::json;

use super::{model, patience};
use crate::support::mock_model::MockModel;

async fn ask(
    model: &Model,
    question: &str,
) -> (String, Result<backend::assistant::model::Completion, backend::assistant::model::Failure>) {
    let mut said = String::new();
    let tools = [ToolDefinition { name: "add_task", description: "Adds.", parameters: json!({"type": "object"}) }];
    let messages = [Message::System("You keep tasks.".to_owned()), Message::User(question.to_owned())];
    let outcome = model.complete(&messages, &tools, |text| said.push_str(text)).await;
    (said, outcome)
}

#[tokio::test]
async fn answers_in_single_characters_are_put_together() {
    let Some(mock) = MockModel::start() else { return };
    let title = "Say \"hi\" \\ in Czech: ř 🎉";
    mock.add(json!([
        {"match": {"userMessage": "talk"}, "response": {
            "content": "Příliš 🎉 \"žluťoučký\"\n- kůň", "usage": {"prompt_tokens": 11, "completion_tokens": 7},
        }},
        {"match": {"userMessage": "act"}, "response": {"toolCalls": [
            {"id": "a", "name": "add_task", "arguments": {"title": title}},
            {"id": "b", "name": "list_tasks", "arguments": {"limit": 5}},
        ]}},
        {"match": {"userMessage": "both"}, "response": {
            "content": "Adding 🎉.", "toolCalls": [{"name": "add_task", "arguments": {"title": title}}],
        }},
    ]))
    .await;
    let model = model(&mock.base, patience());

    let (said, talk) = ask(&model, "talk").await;
    let talk = talk.unwrap();
    assert_eq!((said.as_str(), &said), ("Příliš 🎉 \"žluťoučký\"\n- kůň", &talk.text));
    assert_eq!((talk.finish, talk.usage), (Finish::Stop, Some(Usage { input: 11, output: 7 })));
    assert!(talk.timing.chunks > 20, "{:?}", talk.timing);

    let act = ask(&model, "act").await.1.unwrap();
    assert_eq!((act.finish, act.calls.len()), (Finish::ToolCalls, 2));
    let arguments: serde_json::Value = serde_json::from_str(&act.calls[0].arguments).unwrap();
    assert_eq!((act.calls[0].id.as_str(), arguments), ("a", json!({"title": title})));
    assert_eq!((act.calls[1].name.as_str(), act.calls[1].arguments.as_str()), ("list_tasks", r#"{"limit":5}"#));

    let both = ask(&model, "both").await.1.unwrap();
    assert_eq!((both.text.as_str(), both.calls.len()), ("Adding 🎉.", 1));

    let journal = mock.journal().await;
    assert_eq!(journal.len(), 3);
    for body in journal {
        assert_eq!((&body["model"], &body["temperature"]), (&json!("small"), &json!(0.7)));
        assert_eq!((&body["max_tokens"], &body["stream_options"]), (&json!(500), &json!({"include_usage": true})));
        assert_eq!((&body["tool_choice"], body["messages"].as_array().map(Vec::len)), (&json!("auto"), Some(2)));
    }
}

#[tokio::test]
async fn its_failures_are_told_apart() {
    let Some(mock) = MockModel::start() else { return };
    let error = |status: u16| json!({"error": {"message": "No.", "type": "error"}, "status": status, "retryAfter": 0});
    let fine = json!({"content": "Fine."});
    mock.add(json!([
        {"match": {"userMessage": "busy thrice", "sequenceIndex": 0}, "response": error(429)},
        {"match": {"userMessage": "busy thrice", "sequenceIndex": 1}, "response": error(429)},
        {"match": {"userMessage": "busy thrice", "sequenceIndex": 2}, "response": error(429)},
        {"match": {"userMessage": "busy thrice"}, "response": fine},
        {"match": {"userMessage": "busy"}, "response": error(429)},
        {"match": {"userMessage": "broken"}, "response": error(500)},
        {"match": {"userMessage": "forbidden"}, "response": error(403)},
        {"match": {"userMessage": "dropped"}, "response": fine, "chaos": {"dropRate": 1.0}},
        {"match": {"userMessage": "malformed"}, "response": fine, "chaos": {"malformedRate": 1.0}},
        {"match": {"userMessage": "disconnected"}, "response": fine, "chaos": {"disconnectRate": 1.0}},
        {"match": {"userMessage": "cut text"}, "response": fine, "truncateAfterChunks": 4, "latency": 1},
        {"match": {"userMessage": "cut call"}, "response": {"toolCalls": [
            {"name": "add_task", "arguments": {"title": "Milk"}},
        ]}, "truncateAfterChunks": 12, "latency": 1},
    ]))
    .await;
    let patience = Patience { failures_to_open: u32::MAX, ..patience() };
    let model = model(&mock.base, patience);
    assert_eq!(ask(&model, "busy thrice").await.1.unwrap().attempts, 4);
    for (question, kind, attempts) in [
        ("busy", FailureKind::RateLimited, 4),
        ("broken", FailureKind::ServerError, 3),
        ("forbidden", FailureKind::Refused, 1),
        ("dropped", FailureKind::ServerError, 3),
        ("malformed", FailureKind::BadAnswer, 1),
        ("disconnected", FailureKind::Connection, 3),
        ("cut text", FailureKind::Cut, 1),
        ("cut call", FailureKind::Cut, 1),
    ] {
        let (said, outcome) = ask(&model, question).await;
        let failure = outcome.unwrap_err();
        assert_eq!((failure.kind, failure.attempts, &failure.partial), (kind, attempts, &said), "{question}");
        // The mock's last pieces may be lost with its connection.
        assert!("Fine.".starts_with(&said) && said.is_empty() == (question != "cut text"), "{question}: {said}");
    }
}

#[tokio::test]
async fn its_slowness_is_not_waited_for() {
    let Some(mock) = MockModel::start() else { return };
    let slow = 30_000;
    mock.add(json!([
        {"match": {"userMessage": "late"}, "response": {"content": "Fine."}, "chaos": {"latencyMs": slow}},
        {"match": {"userMessage": "halting"}, "response": {"content": "Fine."}, "latency": slow},
    ]))
    .await;
    let short = Duration::from_millis(50);
    for question in ["late", "halting"] {
        let model = model(&mock.base, Patience { headers: short, read: short, ..patience() });
        let failure = ask(&model, question).await.1.unwrap_err();
        assert_eq!((failure.kind, failure.attempts), (FailureKind::Timeout, 1), "{question}");
    }
}
