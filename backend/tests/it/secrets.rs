//! What is written for operators: audit lines say who did what, and no line holds a secret.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{JWT_SECRET, PASSWORD, TestApp, eventually};

fn audit(app: &TestApp) -> Vec<Value> {
    app.log_lines().into_iter().filter(|line| line["target"] == "audit").collect()
}

on_both_engines! {
    async fn log_ins_failures_and_deletions_are_on_record(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let attempt = async |email: &str, password: &str| {
            app.post("/api/auth/login", json!({"email": email, "password": password})).await
        };
        attempt("ada@example.com", PASSWORD).await;
        let failed = attempt("ada@example.com", "not her password").await;
        attempt("nobody@example.com", "whatever it is").await;
        let task = ada.post("/api/tasks", json!({"title": "to be deleted"})).await;
        ada.delete(&format!("/api/tasks/{}", task.json["id"].as_str().unwrap())).await;
        ada.delete("/api/me").await;
        eventually("all lines are written", async || audit(&app).len() >= 6).await;

        let lines = audit(&app);
        let seen: Vec<_> = lines.iter().map(|line| (line["action"].as_str().unwrap(), line["outcome"].as_str().unwrap())).collect();
        let expected = [
            ("sign up", "success"),
            ("log in", "success"),
            ("log in", "failure"),
            ("log in", "failure"),
            ("delete task", "success"),
            ("delete account", "success"),
        ];
        assert_eq!(seen, expected);
        for (line, who) in lines.iter().zip([Some(&ada.id), Some(&ada.id), Some(&ada.id), None, Some(&ada.id), Some(&ada.id)]) {
            assert_eq!(line["user.id"].as_str(), who.map(String::as_str), "{line}");
        }
        assert_eq!(lines[2]["client.address"], "127.0.0.1");
        assert_eq!(lines[2]["request_id"], failed.header("x-request-id"), "an audit line leads to its request");
    }
}

on_both_engines! {
    async fn no_line_holds_a_password_a_token_an_address_or_a_title(app: TestApp) {
        const TITLE: &str = "title-nobody-else-may-read";
        let ada = app.sign_up("ada-planted").await;
        let task = ada.post("/api/tasks", json!({"title": TITLE})).await;
        ada.get(&format!("/api/tasks?q={TITLE}")).await;
        ada.patch(&format!("/api/tasks/{}", task.json["id"].as_str().unwrap()), json!({"title": 1})).await;
        app.post("/api/auth/login", json!({"email": ada.email, "password": PASSWORD})).await;
        app.post("/api/auth/login", json!({"email": ada.email, "password": "planted-wrong-password"})).await;
        app.post("/api/auth/signup", json!({"email": ada.email, "password": PASSWORD})).await;
        app.post("/api/auth/signup", json!({"email": ada.email, "password": ["planted-wrong-password"]})).await;
        let forged = format!("Bearer {}x", ada.token);
        app.request(Method::GET, "/api/me").header("authorization", forged).send().await;
        app.get(&format!("/{}", ada.token)).await;
        ada.delete("/api/me").await;
        eventually("the last line is written", async || audit(&app).iter().any(|line| line["action"] == "delete account")).await;
        app.process.terminate();
        app.process.wait().await;

        let text = app.process.raw_lines().join("\n") + &app.process.stderr();
        let database_password = app.database_url.split_once("://todo:").and_then(|(_, rest)| rest.split_once('@'));
        let secrets = [TITLE, PASSWORD, "planted-wrong-password", &ada.token, &ada.email, JWT_SECRET, "ada-planted"];
        for secret in secrets.into_iter().chain(database_password.map(|(password, _)| password)) {
            assert!(!text.contains(secret), "{secret} is in the log");
        }
        assert!(text.lines().count() > 10);
    }
}
