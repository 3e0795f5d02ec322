//! What people say to the rules engine, and what becomes of their tasks.

use serde_json::{Value, json};

use super::{add_all, go_on, say, titles, tools};
use crate::{
    support::{Engine, Setup, TestApp, eventually, with_app},
    tasks::wrong_fields,
};

on_both_engines! {
    async fn a_task_is_added_by_saying_so_in_ones_own_time_zone(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let body = json!({"message": "Remind me to buy milk on 5 January 2031 at 5pm", "timezone": "Europe/Berlin"});
        let answer = ada.post("/api/chat", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = answer.json;
        assert_eq!(tools(&answer), [("add_task", "completed")]);
        assert_eq!((&answer["engine"], &answer["fallback"]), (&json!("rules"), &json!(false)));
        let task = &answer["tool_calls"][0]["result"]["data"]["task"];
        assert_eq!((&task["title"], &task["due_at"]), (&json!("Buy milk"), &json!("2031-01-05T16:00:00Z")));
        let text = answer["response"].as_str().unwrap();
        assert!(text.starts_with('✓') && text.contains("Buy milk") && text.contains("17:00"), "{text}");
        assert_eq!(titles(&ada).await, ["Buy milk"]);
    }
}

on_both_engines! {
    async fn numbers_and_it_mean_what_the_conversation_has_shown(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["Pay the rent", "Call the bank", "Water the plants"]).await;
        let shown = say(&ada, "show everything").await;
        assert_eq!(tools(&shown), [("list_tasks", "completed")]);
        let text = shown["response"].as_str().unwrap();
        assert!(text.contains("1. **Water the plants**") && text.contains("3. **Pay the rent**"), "{text}");
        let done = go_on(&ada, &shown, "tick off number 3").await;
        assert_eq!(tools(&done), [("complete_task", "completed")]);
        assert_eq!(done["tool_calls"][0]["result"]["data"]["tasks"][0]["title"], "Pay the rent");
        let renamed = go_on(&ada, &done, "rename it to Pay the rent twice").await;
        assert_eq!(tools(&renamed), [("update_task", "completed")], "{renamed}");
        assert!(titles(&ada).await.contains(&"Pay the rent twice".to_owned()));
        let open = go_on(&ada, &renamed, "what is still open?").await;
        assert_eq!(open["tool_calls"][0]["result"]["data"]["tasks"].as_array().unwrap().len(), 2, "{open}");
    }
}

on_both_engines! {
    async fn a_question_back_is_answered_by_the_next_message(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let asked = say(&ada, "add a task").await;
        assert!(asked["response"].as_str().unwrap().starts_with('✗'), "{asked}");
        assert_eq!(tools(&asked), []);
        let added = go_on(&ada, &asked, "Water the plants").await;
        assert_eq!(tools(&added), [("add_task", "completed")], "{added}");
        add_all(&ada, &["Call the dentist", "Pay the dentist"]).await;
        let several = say(&ada, "complete the dentist task").await;
        assert_eq!(tools(&several), [("search_tasks", "completed")], "{several}");
        let chosen = go_on(&ada, &several, "the second one").await;
        assert_eq!(tools(&chosen), [("complete_task", "completed")], "{chosen}");
    }
}

on_both_engines! {
    async fn searching_forgives_a_typing_error_and_statistics_count(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["Buy groceries", "Call mum"]).await;
        let found = say(&ada, "search for grocry").await;
        assert_eq!(found["tool_calls"][0]["result"]["data"]["tasks"][0]["title"], "Buy groceries", "{found}");
        let counted = say(&ada, "how many tasks do I have?").await;
        let statistics = &counted["tool_calls"][0]["result"]["data"]["statistics"];
        assert_eq!((&statistics["total"], &statistics["open"]), (&json!(2), &json!(2)), "{counted}");
    }
}

on_both_engines! {
    async fn a_title_with_markup_stays_text_in_the_answer(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["<img src=x onerror=alert(1)> **bold** [x](y)"]).await;
        let shown = say(&ada, "show my tasks").await;
        let text = shown["response"].as_str().unwrap();
        assert!(text.contains(r"\<img src=x onerror=alert(1)\> \*\*bold\*\* \[x\](y)"), "{text}");
    }
}

on_both_engines! {
    async fn a_bad_message_is_refused_field_by_field(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let long = "x".repeat(1001);
        for (body, fields) in [
            (json!({}), vec!["message"]),
            (json!({"message": " "}), vec!["message"]),
            (json!({"message": long}), vec!["message"]),
            (json!({"message": "hi", "timezone": "Mars/Base"}), vec!["timezone"]),
            (json!({"message": "hi", "user_id": "x"}), vec!["user_id"]),
        ] {
            let answer = ada.post("/api/chat", body).await;
            assert_eq!(wrong_fields(&answer), fields);
        }
        let conversations = ada.get("/api/conversations").await;
        assert_eq!(conversations.json["items"], json!([]), "nothing of it was kept");
        app.post("/api/chat", json!({"message": "hi"})).await.assert_problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn too_many_messages_of_one_user_are_refused_and_others_are_not() {
    let setup = Setup::new().set("CHAT_MESSAGES_PER_MINUTE", 2);
    with_app(Engine::Sqlite, setup, async |app| {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        for _ in 0..2 {
            say(&ada, "help").await;
        }
        ada.post("/api/chat", json!({"message": "help"})).await.assert_problem(429, "rate-limited");
        say(&bob, "help").await;
        let refused = app.scrape().await.value("todo_rate_limited_total", [("limit", "chat")]);
        assert_eq!(refused, 1.0);
    })
    .await;
}

on_both_engines! {
    async fn what_is_done_stands_in_the_audit_log_without_titles(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let added = say(&ada, "add Buy a secret present").await;
        let id = &added["tool_calls"][0]["result"]["data"]["task"]["id"];
        let audited = || {
            let lines = app.process.log_lines().into_iter();
            lines.filter(|line| line["action"] == "call tool").collect::<Vec<Value>>()
        };
        // A line may come a moment after its answer.
        eventually("a line in the audit log", async || !audited().is_empty()).await;
        let audited = audited();
        assert_eq!(audited.len(), 1, "{audited:?}");
        assert_eq!((&audited[0]["gen_ai.tool.name"], &audited[0]["task.ids"]), (&json!("add_task"), id));
        assert_eq!((&audited[0]["caller"], &audited[0]["outcome"]), (&json!("rules"), &json!("success")));
        assert!(audited[0]["trace_id"].is_string() && audited[0]["request_id"].is_string(), "{:?}", audited[0]);
        assert!(!app.process.raw_lines().iter().any(|line| line.contains("secret present")));
    }
}
