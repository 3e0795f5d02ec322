//! What the provider gets.

use backend::assistant::model::{Call, Message, ToolDefinition};
use serde_json::json;

use super::{KEY, ask, model, patience};
use crate::support::model_server::{ModelServer, Reply, end, text};

#[tokio::test]
async fn a_round_sends_the_history_the_tools_and_every_setting() {
    let server = ModelServer::start([Reply::stream(&[text("Fine."), end("stop")])]).await;
    let parameters = json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
    let tools = [ToolDefinition { name: "add_task", description: "Adds a task.", parameters: parameters.clone() }];
    let call = Call { id: "a".to_owned(), name: "add_task".to_owned(), arguments: r#"{"title":"Milk"}"#.to_owned() };
    let messages = [
        Message::System("You keep tasks.".to_owned()),
        Message::User("Hi".to_owned()),
        Message::Assistant { text: "Hello.".to_owned(), calls: vec![] },
        Message::User("Milk \"now\"\n🎉".to_owned()),
        Message::Assistant { text: String::new(), calls: vec![call] },
        Message::Tool { call_id: "a".to_owned(), content: r#"{"success":true}"#.to_owned() },
        Message::Assistant { text: String::new(), calls: vec![] },
    ];
    let completion = model(&server.base, patience()).complete(&messages, &tools, |_| {}).await.unwrap();
    assert_eq!((completion.text.as_str(), completion.attempts), ("Fine.", 1));

    let request = server.requests().remove(0);
    assert!(request.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", request.head);
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(
        request.body,
        json!({
            "model": "small",
            "messages": [
                {"role": "system", "content": "You keep tasks."},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello."},
                {"role": "user", "content": "Milk \"now\"\n🎉"},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "add_task", "arguments": "{\"title\":\"Milk\"}"}},
                ]},
                {"role": "tool", "tool_call_id": "a", "content": "{\"success\":true}"},
                {"role": "assistant", "content": ""},
            ],
            "tools": [
                {"type": "function", "function": {"name": "add_task", "description": "Adds a task.", "parameters": parameters}},
            ],
            "tool_choice": "auto",
            "temperature": 0.7,
            "max_tokens": 500,
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    );
}

#[tokio::test]
async fn without_tools_nothing_is_said_about_tools() {
    let server = ModelServer::start([Reply::stream(&[end("stop")])]).await;
    ask(&model(&server.base, patience())).await.1.unwrap();
    let body = server.requests().remove(0).body;
    assert!(body.get("tools").is_none() && body.get("tool_choice").is_none(), "{body}");
}

#[tokio::test]
async fn a_repeated_request_is_the_same_request() {
    let server = ModelServer::start([Reply::status(500), Reply::stream(&[end("stop")])]).await;
    ask(&model(&server.base, patience())).await.1.unwrap();
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!((first.body, first.head), (second.body, second.head));
}
