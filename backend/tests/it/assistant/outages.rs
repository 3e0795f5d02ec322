//! Whole turns with a model that fails, played by a mock that others wrote: somebody always answers, says who it is, and does
//! nothing twice.

use std::time::Duration;

use backend::{assistant::model::Patience, config::Config};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{model::setup_at, say, titles, tools};
use crate::support::{
    Engine, PASSWORD, TestDatabase,
    client::{self, Call},
    eventually,
    mock_model::MockModel,
    with_app, with_database,
};

fn error(status: u16) -> Value {
    json!({"error": {"message": "No.", "type": "error"}, "status": status, "retryAfter": 0})
}

fn said(answer: &Value) -> (&str, bool, &str) {
    let text = |name: &str| answer[name].as_str().unwrap();
    (text("engine"), answer["fallback"] == true, text("response"))
}

#[tokio::test]
async fn whatever_becomes_of_the_model_the_message_is_answered_and_done_once() {
    let Some(mock) = MockModel::start() else { return };
    let story = "I will put it on your list.";
    let add = |title: &str| json!({"toolCalls": [{"name": "add_task", "arguments": {"title": title}}]});
    mock.add(json!([
        {"match": {"userMessage": "Patience", "sequenceIndex": 0}, "response": error(429)},
        {"match": {"userMessage": "Patience", "sequenceIndex": 1}, "response": error(429)},
        {"match": {"userMessage": "Patience", "sequenceIndex": 2}, "response": error(429)},
        {"match": {"userMessage": "Patience"}, "response": {"content": story}},
        {"match": {"userMessage": "Bread"}, "response": error(429)},
        {"match": {"userMessage": "Soup"}, "response": {"content": story}, "truncateAfterChunks": 8, "latency": 1},
        {"match": {"userMessage": "Milk"}, "response": add("Milk"), "truncateAfterChunks": 12, "latency": 1},
        {"match": {"userMessage": "Eggs", "hasToolResult": false}, "response": add("Eggs")},
        {"match": {"userMessage": "Eggs", "hasToolResult": true}, "response": {"content": story},
            "truncateAfterChunks": 8, "latency": 1},
    ]))
    .await;
    with_app(Engine::Sqlite, setup_at(&mock.base), async |app| {
        let ada = app.sign_up("ada").await;
        let mut asked = 0;
        let mut requests = async || {
            let all = mock.journal().await.len();
            all - std::mem::replace(&mut asked, all)
        };

        let waited = say(&ada, "add Patience").await;
        assert_eq!((said(&waited), requests().await), (("model", false, story), 4), "429 three times is only a pause");

        let busy = say(&ada, "add Bread").await;
        assert_eq!((said(&busy).0, said(&busy).1, requests().await), ("rules", true, 4), "{busy}");

        let cut = say(&ada, "add Soup").await;
        let (engine, fallback, response) = said(&cut);
        assert_eq!((engine, fallback, requests().await), ("rules", true, 1), "what has begun is not asked again");
        let partial = response.split("\n\n").next().unwrap();
        assert!(!partial.is_empty() && story.starts_with(partial) && response.contains("Soup"), "{response}");

        let torn = say(&ada, "add Milk").await;
        assert_eq!((said(&torn).0, said(&torn).1), ("rules", true), "half a call is no call");
        assert_eq!((tools(&torn), requests().await), (vec![("add_task", "completed")], 1));

        let late = say(&ada, "add Eggs").await;
        let (engine, fallback, response) = said(&late);
        assert_eq!((engine, fallback, requests().await), ("model", true, 2));
        assert!(
            story.starts_with(response.split("\n\n").next().unwrap()) && response.contains("1 task added"),
            "{response}"
        );
        assert_eq!(tools(&late), [("add_task", "completed")]);

        assert_eq!(titles(&ada).await, ["Bread", "Soup", "Milk", "Eggs"]);
        let turns = |engine, outcome| [("engine", engine), ("outcome", outcome)];
        let scrape = app.scrape().await;
        assert_eq!(scrape.value("assistant_turns_total", turns("model", "answered")), 1.0);
        assert_eq!(scrape.value("assistant_turns_total", turns("rules", "fallback")), 3.0);
        assert_eq!(scrape.value("assistant_turns_total", turns("model", "fallback")), 1.0);
    })
    .await;
}

/// A server in this process, because no setting shortens what it waits for. It is asked over HTTP alone, and its metrics and
/// lines, which would be everybody's, are not looked at. Ends with the guard.
async fn impatient(database: &TestDatabase, mock: &MockModel) -> (String, tokio_util::sync::DropGuard) {
    let url = &database.url;
    let base = format!("{}/v1", mock.base);
    let lookup = |name: &str| match name {
        "DATABASE_URL" => Some(url.clone()),
        "OPENAI_BASE_URL" => Some(base.clone()),
        "OPENAI_API_KEY" => Some("sk-the-key-of-the-tests".to_owned()),
        "CHAT_MESSAGES_PER_MINUTE" => Some("0".to_owned()),
        _ => None,
    };
    let mut config = Config::from_lookup(&lookup).unwrap();
    let short = Duration::from_millis(100);
    config.assistant.model.as_mut().unwrap().patience =
        Patience { headers: short, read: short, pauses: vec![Duration::ZERO; 3], ..Patience::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(backend::run(config, listener, stop.clone()));
    (address, stop.drop_guard())
}

#[tokio::test]
async fn who_waits_in_vain_gets_the_rules_answer() {
    let Some(mock) = MockModel::start() else { return };
    let forever = 30_000;
    mock.add(json!([
        {"match": {"userMessage": "Late"}, "response": {"content": "Fine."}, "chaos": {"latencyMs": forever}},
        {"match": {"userMessage": "Halting"}, "response": {"content": "Fine."}, "latency": forever},
        {"match": {"userMessage": "Broken"}, "response": error(500)},
    ]))
    .await;
    with_database(Engine::Sqlite, async |database| {
        let (base, _running) = impatient(&database, &mock).await;
        let client = client::new();
        let call = |method, path: &str| Call::new(client.request(method, format!("{base}{path}")));
        eventually("the server is ready", async || call(Method::GET, "/ready").send().await.status == 200).await;
        let account = json!({"email": "ada@example.com", "password": PASSWORD});
        let ada = call(Method::POST, "/api/auth/signup").json(&account).send().await;
        let bearer = format!("Bearer {}", ada.json["token"].as_str().unwrap());
        for (task, requests) in [("Late", 1), ("Halting", 1), ("Broken", 3)] {
            let before = mock.journal().await.len();
            let chat = call(Method::POST, "/api/chat").header("authorization", &bearer);
            let answer = chat.json(&json!({"message": format!("add {task}")})).send().await.json;
            assert_eq!((said(&answer).0, said(&answer).1), ("rules", true), "{answer}");
            assert_eq!(tools(&answer), [("add_task", "completed")]);
            // What the server gave up before it was answered need not be in the journal.
            let asked = mock.journal().await.len() - before;
            assert!(asked <= requests && (task != "Broken" || asked == requests), "{task}: {asked}");
        }
    })
    .await;
}
