//! Signing up, logging in, one's own account.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

on_both_engines! {
    async fn signing_up_logs_in(app: TestApp) {
        let answer = app.post("/api/auth/signup", json!({"email": " Ada@Example.com", "password": PASSWORD})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json["user"]["email"], "ada@example.com");
        let token = answer.json["token"].as_str().unwrap();
        let me = app.request(reqwest::Method::GET, "/api/me").header("authorization", format!("bearer {token}")).send().await;
        assert_eq!(me.status, 200, "{}", me.text);
        assert_eq!(me.json, answer.json["user"]);
    }
}
