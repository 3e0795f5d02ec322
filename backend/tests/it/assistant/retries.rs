//! A message that is sent again is answered once and runs no tool twice.

use reqwest::Method;
use serde_json::json;

use super::titles;
use crate::support::{Answer, TestApp, User};

async fn send(user: &User, key: &str, message: &str) -> Answer {
    let call = user.request(Method::POST, "/api/chat").header("idempotency-key", key);
    call.json(&json!({"message": message})).send().await
}

on_both_engines! {
    async fn the_same_key_gets_the_same_answer(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let first = send(&ada, "k", "add Buy milk").await;
        assert_eq!(first.status, 200, "{}", first.text);
        let again = send(&ada, "k", "add Buy milk").await;
        assert_eq!(again.json, first.json);
        assert_eq!(titles(&ada).await, ["Buy milk"]);
        send(&ada, "k", "add Buy bread").await.assert_problem(422, "idempotency-key-reused");
        assert_eq!(titles(&ada).await, ["Buy milk"]);
    }
}

on_both_engines! {
    async fn twins_at_once_run_one_tool(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let answers = futures_util::future::join_all((0..8).map(|_| send(&ada, "k", "add Buy milk"))).await;
        assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)), "{answers:?}");
        assert!(answers.iter().any(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(titles(&ada).await, ["Buy milk"]);
    }
}

on_both_engines! {
    async fn a_key_is_its_users_own(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        assert_eq!(send(&ada, "k", "add Buy milk").await.status, 200);
        assert_eq!(send(&bob, "k", "add Buy bread").await.status, 200);
        assert_eq!((titles(&ada).await, titles(&bob).await), (vec!["Buy milk".to_owned()], vec!["Buy bread".to_owned()]));
    }
}
