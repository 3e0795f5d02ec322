//! What a chat may cost: bytes of an answer, turns at the same time, tasks of a change.

use reqwest::Method;
use serde_json::json;

use super::{add_all, model::setup, say, titles, tools};
use crate::support::{
    Engine, Setup, TestApp, eventually,
    model_server::{ModelServer, Reply, text},
    with_app,
};

on_both_engines! {
    async fn results_for_which_there_is_no_room_are_left_out_and_counted(app: TestApp) {
        let ada = app.sign_up("ada").await;
        // Some 8 kB each, so that one list of them is more than an answer may hold.
        let description = "🦓".repeat(2000);
        for number in 0..12 {
            crate::tasks::add(&ada, json!({"title": format!("Task {number}"), "description": description})).await;
        }
        let shown = say(&ada, "show my tasks; how many tasks do I have?").await;
        assert_eq!(tools(&shown), [("list_tasks", "completed"), ("get_task_statistics", "completed")]);
        let results: Vec<_> = shown["tool_calls"].as_array().unwrap().iter().map(|call| &call["result"]).collect();
        assert_eq!((&results[0]["message"], &results[0]["data"]), (&json!("12 tasks found."), &json!({"left_out": true})));
        assert_eq!(results[1]["data"]["statistics"]["total"], 12, "what is small is still there");
        let id = shown["conversation_id"].as_str().unwrap();
        let history = ada.get(&format!("/api/conversations/{id}/messages")).await;
        assert!(history.text.len() < 10_000, "{} bytes", history.text.len());
        assert_eq!(history.json["items"][1]["tool_calls"], shown["tool_calls"]);
    }
}

#[tokio::test]
async fn a_change_of_more_tasks_than_fit_says_that_it_is_not_of_all() {
    let setup = Setup::new().set("CHAT_MESSAGES_PER_MINUTE", 100);
    with_app(Engine::Sqlite, setup, async |app| {
        let ada = app.sign_up("ada").await;
        let many: Vec<String> = (0..101).map(|number| format!("Task {number}")).collect();
        add_all(&ada, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let asked = say(&ada, "complete all tasks").await;
        assert_eq!(asked["confirmation"]["count"], 100, "{asked}");
        let response = asked["response"].as_str().unwrap();
        assert!(response.starts_with("✗ There are more than 100 such tasks."), "{response}");
        assert!(response.contains("Complete 100 tasks?"), "{response}");
    })
    .await;
}

#[tokio::test]
async fn turns_beyond_their_places_are_refused_politely_and_the_rest_of_the_service_goes_on() {
    let endless = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("Hm"))).stall();
    let model = ModelServer::start([endless]).await;
    let setup = setup(&model).set("CHAT_MESSAGES_PER_MINUTE", 100).set("MAX_CONCURRENT_REQUESTS", 256);
    with_app(Engine::Sqlite, setup, async |app| {
        let ada = app.sign_up("ada").await;
        let ask = async || {
            let call = ada.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
            call.json(&json!({"message": "think"})).open().await
        };
        let mut thinking = Vec::new();
        for _ in 0..64 {
            let answer = ask().await;
            assert_eq!(answer.status(), 200);
            thinking.push(answer);
        }
        let refused = ada.post("/api/chat", json!({"message": "think"})).await;
        refused.assert_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "2");
        assert!(titles(&ada).await.is_empty(), "the list is still there");
        drop(thinking);
        eventually("a place", async || ask().await.status() == 200).await;
    })
    .await;
}
