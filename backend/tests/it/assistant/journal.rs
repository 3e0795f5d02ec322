//! What a mock model that others wrote was asked, and that other settings reach it after a restart.

use serde_json::{Value, json};

use super::{go_on, model::setup_at, say};
use crate::support::{Engine, User, mock_model::MockModel, with_database};

fn settings(body: &Value) -> [&Value; 3] {
    ["model", "temperature", "max_tokens"].map(|name| &body[name])
}

fn roles(body: &Value) -> Vec<&str> {
    body["messages"].as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn settings_and_bounded_history_are_in_every_request_also_those_of_the_next_process() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(mock) = MockModel::start() else { return };
        mock.add(json!([{"match": {"userMessage": "number"}, "response": {"content": "Noted."}}])).await;
        with_database(engine, async |database| {
            let app = setup_at(&mock.base).start(&database).await;
            let ada = app.sign_up("ada").await;
            let mut said = say(&ada, "number 0").await;
            for number in 1..8 {
                said = go_on(&ada, &said, &format!("number {number}")).await;
            }
            let journal = mock.journal().await;
            assert_eq!(journal.len(), 8);
            for (number, body) in journal.iter().enumerate() {
                assert_eq!(settings(body), [&json!("small"), &json!(0.7), &json!(500)]);
                let history = roles(body).len() - 2;
                assert_eq!(history, (2 * number).min(10), "as much as there is, at most ten");
            }
            app.process.terminate();
            app.process.wait().await;

            let changed = setup_at(&mock.base)
                .set("OPENAI_MODEL", "large")
                .set("AGENT_TEMPERATURE", "0.1")
                .set("AGENT_MAX_TOKENS", "99")
                .set("AGENT_MAX_HISTORY", "3");
            let app = changed.start(&database).await;
            let ada = User { app, ..ada };
            go_on(&ada, &said, "number 8").await;
            let body = mock.journal().await.pop().unwrap();
            assert_eq!(settings(&body), [&json!("large"), &json!(0.1), &json!(99)]);
            assert_eq!(roles(&body), ["system", "assistant", "user", "assistant", "user"]);
            assert_eq!(ada.get("/api/assistant").await.json["model"], "large");
        })
        .await;
    }
}
