//! Retries with an `Idempotency-Key`: one key, one task, one answer.

use std::{collections::HashMap, sync::Arc, time::Duration};

use backend::{
    database::{Database, DatabaseSettings},
    timestamp::Timestamp,
};
use futures_util::future::join_all;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::{
    pagination::holds,
    support::{
        Answer, Engine, Setup, TestApp, TestDatabase, User,
        database::{execute, number},
        eventually, with_app,
    },
    tasks::at,
};

async fn post(user: &User, key: &str, body: &Value) -> Answer {
    user.request(Method::POST, "/api/tasks").header("idempotency-key", key).json(body).send().await
}

async fn items(user: &User) -> Vec<Value> {
    user.get("/api/tasks?limit=100").await.json["items"].as_array().unwrap().clone()
}

on_both_engines! {
    async fn a_retry_gets_the_first_answer_again(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let body = json!({"title": "a", "due_at": "2030-01-01T00:00:00+01:00"});
        let before = app.scrape().await;
        let first = post(&ada, "k", &body).await;
        assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
        // The answer is the one that was given, whatever became of the task since.
        assert_eq!(ada.patch(&at(&first.json), json!({"title": "b"})).await.status, 200);
        let tag = ada.get("/api/tasks").await.header("etag").to_owned();
        let again = post(&ada, "k", &body).await;
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
        assert_eq!(again.text, first.text);
        for name in ["location", "etag", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
            assert!(!again.header(name).is_empty(), "{name}");
        }
        assert_eq!(ada.get("/api/tasks").await.header("etag"), tag);
        assert_eq!(ada.delete(&at(&first.json)).await.status, 204);
        assert_eq!(post(&ada, "k", &body).await.text, first.text);
        assert_eq!(items(&ada).await, Vec::<Value>::new());
        assert_eq!(app.scrape().await.delta(&before, "todos_created_total", []), 1.0);
    }
}

on_both_engines! {
    async fn a_key_belongs_to_one_body_and_one_person(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let first = post(&ada, "k", &json!({"title": "a"})).await;
        assert_eq!(first.status, 201);
        for other in [json!({"title": "b"}), json!({"title": "a", "priority": "medium"}), json!({"title": " a"})] {
            post(&ada, "k", &other).await.assert_problem(422, "idempotency-key-reused");
        }
        // Written differently, it is still the same request.
        let call = ada.request(Method::POST, "/api/tasks").header("idempotency-key", "k");
        let spaced = call.header("content-type", "application/json").body("{ \"title\" : \"\\u0061\" }").send().await;
        assert_eq!((spaced.status, &spaced.text), (201, &first.text));
        let bobs = post(&bob, "k", &json!({"title": "b"})).await;
        assert_eq!((bobs.status, bobs.header("idempotency-replayed")), (201, ""));
        assert_eq!((items(&ada).await.len(), items(&bob).await.len()), (1, 1));
    }
}

on_both_engines! {
    async fn a_refused_request_leaves_its_key_free(app: TestApp) {
        let ada = app.sign_up("ada").await;
        post(&ada, "k", &json!({"title": ""})).await.assert_problem(422, "validation");
        let mended = post(&ada, "k", &json!({"title": "a"})).await;
        assert_eq!((mended.status, mended.header("idempotency-replayed")), (201, ""));
    }
}

on_both_engines! {
    async fn a_key_that_cannot_be_kept_is_refused(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let body = json!({"title": "a"});
        assert_eq!(post(&ada, &"k".repeat(255), &body).await.status, 201);
        assert_eq!(post(&ada, "'\";--\\%_{}", &body).await.status, 201);
        for key in ["", &"k".repeat(256), "a b", "ä", "a\tb"] {
            post(&ada, key, &body).await.assert_problem(400, "malformed");
        }
        let twice = ada.request(Method::POST, "/api/tasks").header("idempotency-key", "a").header("idempotency-key", "b");
        twice.json(&body).send().await.assert_problem(400, "malformed");
        assert_eq!(items(&ada).await.len(), 2);
    }
}

on_both_engines! {
    async fn of_many_twins_at_once_one_creates(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let body = json!({"title": "a"});
        let answers = join_all((0..50).map(|_| post(&ada, "k", &body))).await;
        let tasks = items(&ada).await;
        assert_eq!(tasks.len(), 1);
        for answer in &answers {
            if answer.status == 409 {
                answer.assert_problem(409, "in-progress");
                assert_eq!(answer.header("retry-after"), "1");
            } else {
                assert_eq!((answer.status, &answer.json), (201, &tasks[0]));
            }
        }
        let first = answers.iter().filter(|answer| answer.status == 201 && answer.header("idempotency-replayed").is_empty());
        assert_eq!(first.count(), 1);
    }
}

#[tokio::test]
async fn a_twin_in_flight_elsewhere_is_not_waited_for_without_end() {
    let setup = Setup::new();
    crate::support::with_app(Engine::Postgres, setup, async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let body = json!({"title": "a"});
        assert_eq!(post(&ada, "k", &body).await.status, 201);
        // Another replica that has claimed the same key and not yet committed, for as long as this test likes.
        let mut replica = PgConnection::connect(&app.database_url).await.unwrap();
        let mut claimed = replica.begin().await.unwrap();
        let sql = "UPDATE idempotency_keys SET key = 'twin'";
        assert_eq!(sqlx::query(sql).execute(&mut *claimed).await.unwrap().rows_affected(), 1);
        let refused = post(&ada, "twin", &body).await;
        refused.assert_problem(409, "in-progress");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(items(&ada).await.len(), 1);
        claimed.rollback().await.unwrap();
        assert_eq!(post(&ada, "twin", &body).await.status, 201);
        assert_eq!(items(&ada).await.len(), 2);
    })
    .await;
}

on_both_engines! {
    async fn no_crash_comes_between_the_key_and_the_task(database: Arc<TestDatabase>) {
        let mut app = Setup::new().start(&database).await;
        let mut ada = app.sign_up("ada").await;
        let mut bodies: Vec<(String, Value)> = Vec::new();
        for round in 0..3 {
            let begun = bodies.len();
            bodies.extend((0..30).map(|n| (format!("{round}-{n}"), json!({"title": format!("task {round} {n}")}))));
            let calls = bodies[begun..].iter().map(|(key, body)| {
                let call = ada.request(Method::POST, "/api/tasks").header("idempotency-key", key).json(body);
                async { call.try_send().await.ok() }
            });
            let kill = async {
                let written = async || number(&app.database_url, "SELECT count(*) FROM tasks").await > i64::try_from(begun).unwrap() + 5;
                eventually("some tasks are written", written).await;
                app.process.kill();
            };
            let (answers, ()) = futures_util::join!(join_all(calls), kill);
            app = Setup::new().start(&database).await;
            ada = User { app: app.clone(), ..ada };
            assert_eq!(
                number(&app.database_url, "SELECT count(*) FROM tasks").await,
                number(&app.database_url, "SELECT count(*) FROM idempotency_keys").await
            );
            for ((key, body), before) in bodies[begun..].iter().zip(answers) {
                let answer = post(&ada, key, body).await;
                assert_eq!((answer.status, &answer.json["title"]), (201, &body["title"]), "{}", answer.text);
                if let Some(before) = before {
                    assert_eq!(answer.text, before.text);
                }
            }
        }
        let mut titles: Vec<Value> = items(&ada).await.into_iter().map(|task| task["title"].clone()).collect();
        titles.sort_by_key(Value::to_string);
        let mut expected: Vec<Value> = bodies.iter().map(|(_, body)| body["title"].clone()).collect();
        expected.sort_by_key(Value::to_string);
        assert_eq!(titles, expected);
    }
}

on_both_engines! {
    async fn a_key_is_free_again_after_a_day_and_swept_away(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let body = json!({"title": "a"});
        let first = post(&ada, "k", &body).await;
        post(&ada, "kept", &body).await;
        execute(&app.database_url, "UPDATE idempotency_keys SET expires_at = 1 WHERE key = 'k'").await;
        // Expired and not swept away yet: another body may have it.
        let second = post(&ada, "k", &json!({"title": "b"})).await;
        assert_eq!((second.status, second.header("idempotency-replayed")), (201, ""));
        assert_ne!(second.json["id"], first.json["id"]);
        assert_eq!(post(&ada, "k", &json!({"title": "b"})).await.text, second.text);

        let database = Database::new(&DatabaseSettings::parse(&app.database_url, 2).unwrap());
        let hours = |hours: u64| Timestamp::now() + Duration::from_secs(hours * 3600);
        assert_eq!(backend::idempotency::purge(&database, hours(23)).await.unwrap(), 0);
        execute(&app.database_url, "UPDATE idempotency_keys SET expires_at = 1 WHERE key = 'k'").await;
        assert_eq!(backend::idempotency::purge(&database, hours(0)).await.unwrap(), 1);
        assert_eq!(post(&ada, "kept", &body).await.header("idempotency-replayed"), "true");
        assert_eq!(backend::idempotency::purge(&database, hours(25)).await.unwrap(), 1);
        assert_eq!(post(&ada, "kept", &body).await.header("idempotency-replayed"), "");
        assert_eq!(items(&ada).await.len(), 4);
        database.close().await;
    }
}

#[tokio::test]
async fn the_sweep_leaves_nothing_behind_however_much_has_expired() {
    const EXPIRED: u64 = 50_100;
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        app.sign_up("ada").await;
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {EXPIRED})
             INSERT INTO idempotency_keys (scope, key, user_id, fingerprint, status, body, expires_at)
             SELECT 'busy', 'k' || i, users.id, x'00', 201, x'00', 1 FROM n, users"
        );
        execute(&app.database_url, &sql).await;
        let database = Database::new(&DatabaseSettings::parse(&app.database_url, 2).unwrap());
        assert_eq!(backend::idempotency::purge(&database, Timestamp::now()).await.unwrap(), EXPIRED);
        database.close().await;
    })
    .await;
}

on_both_engines! {
    async fn a_deleted_account_takes_its_keys_along(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let body = json!({"title": "a"});
        post(&ada, "k", &body).await;
        post(&bob, "k", &body).await;
        assert_eq!(ada.delete("/api/me").await.status, 204);
        assert_eq!(number(&app.database_url, "SELECT count(*) FROM idempotency_keys").await, 1);
        assert_eq!(number(&app.database_url, "SELECT count(*) FROM tasks").await, 1);
    }
}

/// One try of a client: which key, which of a few bodies, and whether it waits for the tries before it.
#[derive(Clone, Debug)]
struct Try {
    key: u8,
    body: u8,
    waits: bool,
}

async fn one_task_per_key(user: User, tries: Vec<Try>) {
    let mut answers: Vec<(Try, Answer)> = Vec::new();
    for batch in tries.chunk_by(|_, next| !next.waits) {
        let sent =
            join_all(batch.iter().map(|attempt| {
                let user = &user;
                async move {
                    post(user, &attempt.key.to_string(), &json!({"title": format!("body {}", attempt.body)})).await
                }
            }));
        answers.extend(batch.iter().cloned().zip(sent.await));
    }
    let tasks = items(&user).await;
    let mut owners: HashMap<u8, (u8, String)> = HashMap::new();
    for (attempt, answer) in answers.iter().filter(|(_, answer)| answer.status == 201) {
        let owner = owners.entry(attempt.key).or_insert_with(|| (attempt.body, answer.text.clone()));
        assert_eq!(*owner, (attempt.body, answer.text.clone()), "two answers for one key");
        assert!(tasks.contains(&answer.json));
    }
    assert_eq!(tasks.len(), owners.len(), "as many tasks as keys");
    for (attempt, answer) in &answers {
        match answer.status {
            201 => {}
            422 => {
                answer.assert_problem(422, "idempotency-key-reused");
                assert_ne!(owners[&attempt.key].0, attempt.body, "refused though the body was the key's own");
            }
            _ => answer.assert_problem(409, "in-progress"),
        }
    }
}

on_both_engines! {
    async fn any_order_of_retries_makes_one_task_per_key(app: TestApp) {
        let attempt = (0_u8..4, 0_u8..2, prop::bool::weighted(0.3)).prop_map(|(key, body, waits)| Try { key, body, waits });
        holds(&app, 30, prop::collection::vec(attempt, 1..24), one_task_per_key).await;
    }
}
