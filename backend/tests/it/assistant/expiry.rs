//! What is kept for a while only is not kept for ever.

use std::time::Duration;

use backend::{
    assistant::purge,
    database::{Database, DatabaseSettings},
    timestamp::Timestamp,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{add_all, go_on, say};
use crate::support::{
    TestApp, User,
    database::{execute, number},
};

async fn say_with_key(user: &User, key: &str, message: &str) -> Value {
    let call = user.request(Method::POST, "/api/chat").header("idempotency-key", key);
    call.json(&json!({"message": message})).send().await.json
}

async fn ask_over_mcp(user: &User, ids: &[Value]) {
    let request = user.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
    let params = json!({"name": "delete_task", "arguments": {"ids": ids}});
    let answer =
        request.json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})).send().await;
    assert!(answer.text.contains("confirmation"), "{}", answer.text);
}

on_both_engines! {
    async fn the_sweep_takes_questions_and_keys_that_have_expired_and_nothing_else(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let ids: Vec<Value> = add_all(&ada, &["One", "Two"]).await.iter().map(|task| task["id"].clone()).collect();
        say(&ada, "delete all tasks").await;
        ask_over_mcp(&ada, &ids).await;
        add_all(&bob, &["Three", "Four"]).await;
        let open = say(&bob, "delete all tasks").await;
        let answered = say_with_key(&ada, "k", "add Five").await;
        let url = &app.database_url;
        let questions = async || number(url, "SELECT count(*) FROM confirmations").await;
        let keys = async || number(url, "SELECT count(*) FROM messages WHERE idempotency_key IS NOT NULL OR fingerprint IS NOT NULL").await;
        let messages = async || number(url, "SELECT count(*) FROM messages").await;
        assert_eq!((questions().await, keys().await), (3, 1));
        let said = messages().await;

        let database = Database::new(&DatabaseSettings::parse(url, 2).unwrap());
        let hours = |hours: u64| Timestamp::now() + Duration::from_secs(hours * 3600);
        assert_eq!(purge(&database, hours(0)).await.unwrap(), 0);
        let bobs = open["conversation_id"].as_str().unwrap();
        let in_hex = |column: &str| if url.starts_with("sqlite:") { format!("lower(hex({column}))") } else { format!("replace({column}::text, '-', '')") };
        let others = format!("conversation_id IS NULL OR {} <> '{}'", in_hex("conversation_id"), bobs.replace('-', ""));
        execute(url, &format!("UPDATE confirmations SET expires_at = 1 WHERE {others}")).await;
        assert_eq!((purge(&database, hours(0)).await.unwrap(), questions().await, keys().await), (2, 1, 1));
        // Bob's yes still counts, and the key of Ada's message still finds its answer.
        assert_eq!(go_on(&bob, &open, "yes").await["tool_calls"][0]["result"]["affected_count"], 2);
        assert_eq!(purge(&database, hours(23)).await.unwrap(), 0);
        assert_eq!(say_with_key(&ada, "k", "add Five").await, answered);
        assert_eq!((purge(&database, hours(25)).await.unwrap(), keys().await), (1, 0));
        assert_eq!(messages().await, said + 2, "messages stay");
        assert_ne!(say_with_key(&ada, "k", "add Five").await["message_id"], answered["message_id"]);
        database.close().await;
    }
}
