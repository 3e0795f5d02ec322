//! Whole turns with a model that says everything in the smallest pieces.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    model::{setup, setup_at},
    streams::events,
    titles,
};
use crate::support::{
    Engine, User,
    mock_model::MockModel,
    model_server::{ModelServer, Reply, call, end, more, stream, text, usage},
    with_app,
};

/// The pieces of the answer and its end.
async fn streamed(user: &User, message: &str) -> (Vec<String>, Value) {
    let call = user.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
    let events = events(&call.json(&json!({"message": message})).send().await);
    let tokens = events.iter().filter(|(name, _)| name == "token");
    let tokens = tokens.map(|(_, data)| data["token"].as_str().unwrap().to_owned()).collect();
    let (name, done) = events.last().unwrap().clone();
    assert_eq!(name, "done");
    (tokens, done)
}

#[tokio::test]
async fn single_characters_of_a_mock_that_others_wrote_are_put_together() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(mock) = MockModel::start() else { return };
        let (title, said) = ("Say \"hi\" \\ in Czech: ř 🎉", "Hotovo 🎉, **žluťoučký** kůň.");
        mock.add(json!([
            {"match": {"userMessage": "shopping", "hasToolResult": false}, "response": {"toolCalls": [
                {"id": "a", "name": "add_task", "arguments": {"title": title, "priority": "high"}},
                {"id": "b", "name": "add_task", "arguments": {"title": "Buy milk"}},
            ], "usage": {"prompt_tokens": 90, "completion_tokens": 30}}},
            {"match": {"userMessage": "shopping", "hasToolResult": true}, "response": {
                "content": said, "usage": {"prompt_tokens": 11, "completion_tokens": 7},
            }},
        ]))
        .await;
        with_app(engine, setup_at(&mock.base), async |app| {
            let ada = app.sign_up("ada").await;
            let (tokens, done) = streamed(&ada, "I go shopping").await;
            assert_eq!((tokens.concat().as_str(), &done["message"]), (said, &json!(said)), "{done}");
            assert_eq!((&done["engine"], &done["fallback"]), (&json!("model"), &json!(false)));
            assert_eq!(titles(&ada).await, [title, "Buy milk"]);
            let second = mock.journal().await.pop().unwrap();
            let roles: Vec<_> = second["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
            assert_eq!(roles, ["system", "user", "assistant", "tool", "tool"]);
            let scrape = app.scrape().await;
            assert_eq!(scrape.value("gen_ai_client_token_usage_sum", [("gen_ai_token_type", "output")]), 37.0);
        })
        .await;
    }
}

#[tokio::test]
async fn calls_that_come_interleaved_and_byte_by_byte_are_two_calls() {
    let calls = [
        text("Pří"),
        call(0, "a", "add_task", r#"{"title":"Buy "#),
        call(1, "b", "add_task", r#"{"ti"#),
        more(0, "mi"),
        more(1, r#"tle":"Buy "#),
        text("liš."),
        more(1, r#"ř 🎉"}"#),
        more(0, r#"lk"}"#),
        end("tool_calls"),
        usage(9, 3),
    ];
    let model = ModelServer::start([
        Reply::head("text/event-stream").trickle(stream(&calls)),
        Reply::head("text/event-stream").trickle(stream(&[text("Done 🎉."), end("stop")])),
    ])
    .await;
    with_app(Engine::Sqlite, setup(&model), async |app| {
        let ada = app.sign_up("ada").await;
        let (tokens, done) = streamed(&ada, "I go shopping").await;
        assert_eq!(tokens.concat(), "Příliš.\n\nDone 🎉.");
        assert_eq!((&done["message"], &done["fallback"]), (&json!(tokens.concat()), &json!(false)));
        assert_eq!(titles(&ada).await, ["Buy milk", "Buy ř 🎉"]);
    })
    .await;
}
