//! Signing up, logging in, one's own account.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Engine, PASSWORD, TestApp, database};

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

async fn sign_up_with_key(app: &TestApp, key: &str, email: &str, password: &str) -> Answer {
    let call = app.request(Method::POST, "/api/auth/signup").header("idempotency-key", key);
    call.json(&credentials(email, password)).send().await
}

on_both_engines! {
    async fn signing_up_logs_in(app: TestApp) {
        let answer = app.post("/api/auth/signup", credentials(" Ada@Example.com", PASSWORD)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json["user"]["email"], "ada@example.com");
        let token = answer.json["token"].as_str().unwrap();
        let me = app.request(Method::GET, "/api/me").header("authorization", format!("bearer {token}")).send().await;
        assert_eq!(me.status, 200, "{}", me.text);
        assert_eq!(me.json, answer.json["user"]);
    }
}

on_both_engines! {
    async fn logging_in_gives_a_token_for_a_day(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let answer = app.post("/api/auth/login", credentials("ADA@example.com ", PASSWORD)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json["user"]["id"], ada.id);
        let expires = backend::timestamp::Timestamp::parse(answer.json["expires_at"].as_str().unwrap()).unwrap();
        let left = expires.seconds() - backend::timestamp::Timestamp::now().seconds();
        assert!((23 * 3600..=24 * 3600).contains(&left), "{left} s");
    }
}

on_both_engines! {
    async fn a_wrong_password_and_an_unknown_address_get_the_same_answer(app: TestApp) {
        app.sign_up("ada").await;
        let wrong = app.post("/api/auth/login", credentials("ada@example.com", "not her password")).await;
        let unknown = app.post("/api/auth/login", credentials("eve@example.com", PASSWORD)).await;
        let unreadable = app.post("/api/auth/login", credentials("no address", "short")).await;
        wrong.assert_problem(401, "bad-credentials");
        for other in [unknown, unreadable] {
            other.assert_problem(401, "bad-credentials");
            assert_eq!(without_id(&other.json), without_id(&wrong.json));
        }
    }
}

fn without_id(problem: &Value) -> Value {
    let mut problem = problem.clone();
    problem["request_id"].take();
    problem
}

#[tokio::test]
async fn an_unknown_address_costs_as_much_work_as_a_wrong_password() {
    crate::support::with_app(Engine::Sqlite, crate::support::Setup::new(), async |app: TestApp| {
        app.sign_up("ada").await;
        let quickest = async |email: &str| {
            let mut quickest = Duration::MAX;
            for _ in 0..8 {
                let started = Instant::now();
                app.post("/api/auth/login", credentials(email, "not the password"))
                    .await
                    .assert_problem(401, "bad-credentials");
                quickest = quickest.min(started.elapsed());
            }
            quickest
        };
        let (wrong, unknown) = (quickest("ada@example.com").await, quickest("eve@example.com").await);
        // Without the work for nobody, the second is fifty times quicker.
        assert!(unknown * 3 > wrong, "wrong password {wrong:?}, unknown address {unknown:?}");
    })
    .await;
}

on_both_engines! {
    async fn one_answer_names_everything_that_is_wrong(app: TestApp) {
        let answer = app.post("/api/auth/signup", credentials("no address", "short")).await;
        answer.assert_problem(422, "validation");
        let fields: Vec<_> = answer.json["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
        assert_eq!(fields, ["email", "password"]);
    }
}

on_both_engines! {
    async fn an_address_has_one_account_however_it_is_written(app: TestApp) {
        app.sign_up("ada").await;
        app.post("/api/auth/signup", credentials("Ada@EXAMPLE.com", PASSWORD)).await.assert_problem(409, "email-taken");
    }
}

on_both_engines! {
    async fn only_argon2id_of_a_password_is_stored(app: TestApp) {
        app.sign_up("ada").await;
        let hash = database::text(&app.database_url, "SELECT password_hash FROM users").await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }
}

on_both_engines! {
    async fn deleting_an_account_takes_everything_with_it(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        for user in [&ada, &bob] {
            let task = json!({"title": "of somebody"});
            let answer = user.request(Method::POST, "/api/tasks").header("idempotency-key", "k").json(&task).send().await;
            assert_eq!(answer.status, 201, "{}", answer.text);
        }
        assert_eq!(ada.delete("/api/me").await.status, 204);

        ada.get("/api/me").await.assert_problem(401, "unauthorized");
        ada.delete("/api/me").await.assert_problem(401, "unauthorized");
        ada.post("/api/tasks", json!({"title": "too late"})).await.assert_problem(401, "unauthorized");
        app.post("/api/auth/login", credentials(&ada.email, PASSWORD)).await.assert_problem(401, "bad-credentials");
        for table in ["users", "tasks", "idempotency_keys"] {
            let left = database::number(&app.database_url, &format!("SELECT count(*) FROM {table}")).await;
            assert_eq!(left, 1, "{table}: Bob's and nothing else");
        }
        let again = app.sign_up("ada").await;
        assert_ne!(again.id, ada.id);
        ada.get("/api/me").await.assert_problem(401, "unauthorized");
    }
}

on_both_engines! {
    async fn a_repeated_sign_up_with_the_same_key_gets_the_same_answer(app: TestApp) {
        let first = sign_up_with_key(&app, "key-1", "ada@example.com", PASSWORD).await;
        assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""), "{}", first.text);
        let again = sign_up_with_key(&app, "key-1", "Ada@example.com", PASSWORD).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.text);
        assert_eq!(again.json, first.json);
    }
}

on_both_engines! {
    async fn a_key_gives_nothing_to_who_does_not_know_the_password(app: TestApp) {
        sign_up_with_key(&app, "key-1", "ada@example.com", PASSWORD).await;
        let guess = sign_up_with_key(&app, "key-1", "ada@example.com", "another password").await;
        guess.assert_problem(422, "idempotency-key-reused");
        let other = sign_up_with_key(&app, "key-1", "eve@example.com", PASSWORD).await;
        other.assert_problem(422, "idempotency-key-reused");
        let new_key = sign_up_with_key(&app, "key-2", "ada@example.com", PASSWORD).await;
        new_key.assert_problem(409, "email-taken");
        let token = database::number(&app.database_url, "SELECT count(*) FROM idempotency_keys WHERE length(body) > 0").await;
        assert_eq!(token, 0, "a stored answer would be a stored token");
        let failures = app.scrape().await.value("auth_attempts_total", [("result", "failure")]);
        assert_eq!(failures, 2.0, "a guess by way of the key counts like the taken address");
    }
}

on_both_engines! {
    async fn twins_make_one_account(app: TestApp) {
        let twins = (0..6).map(|_| sign_up_with_key(&app, "key-1", "ada@example.com", PASSWORD));
        let answers = join_all(twins).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!done.is_empty());
        assert!(done.iter().all(|answer| answer.json == done[0].json), "{done:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.assert_problem(409, "in-progress");
        }
        assert_eq!(database::number(&app.database_url, "SELECT count(*) FROM users").await, 1);
    }
}
