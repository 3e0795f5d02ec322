//! Who changes a task that somebody else changes too: `If-Match`, and many changes at once.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    support::{Answer, TestApp, User},
    tasks::{add, at},
};

async fn patch_if(user: &User, task: &Value, tag: &str, body: Value) -> Answer {
    user.request(Method::PATCH, &at(task)).header("if-match", tag).json(&body).send().await
}

async fn delete_if(user: &User, task: &Value, tag: &str) -> Answer {
    user.request(Method::DELETE, &at(task)).header("if-match", tag).send().await
}

on_both_engines! {
    async fn a_change_meant_for_another_version_changes_nothing(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a"})).await;
        let list = ada.get("/api/tasks").await.header("etag").to_owned();
        for tag in ["\"2\"", "\"0\"", "\"-1\"", "W/\"1\"", "\"one\"", "\"99999999999999999999\""] {
            patch_if(&ada, &task, tag, json!({"title": "b"})).await.assert_problem(412, "precondition-failed");
            delete_if(&ada, &task, tag).await.assert_problem(412, "precondition-failed");
        }
        for tag in ["1", "\"1", "\"1\" \"2\"", "\"1\",\"2\"", "''"] {
            patch_if(&ada, &task, tag, json!({"title": "b"})).await.assert_problem(400, "malformed");
            delete_if(&ada, &task, tag).await.assert_problem(400, "malformed");
        }
        assert_eq!(ada.get(&at(&task)).await.json, task);
        assert_eq!(ada.get("/api/tasks").await.header("etag"), list);

        let changed = patch_if(&ada, &task, "\"1\"", json!({"title": "b"})).await;
        assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
        let changed = patch_if(&ada, &task, "*", json!({"title": "c"})).await;
        assert_eq!((changed.status, changed.header("etag")), (200, "\"3\""));
        delete_if(&ada, &task, "\"1\"").await.assert_problem(412, "precondition-failed");
        assert_eq!(delete_if(&ada, &task, "\"3\"").await.status, 204);
        delete_if(&ada, &task, "\"3\"").await.assert_problem(404, "not-found");
        patch_if(&ada, &task, "*", json!({"title": "d"})).await.assert_problem(404, "not-found");
    }
}

on_both_engines! {
    async fn of_fifty_changes_to_one_version_exactly_one_wins(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a"})).await;
        for version in 1..=3 {
            let tag = format!("\"{version}\"");
            let changes = (0..50).map(|n| patch_if(&ada, &task, &tag, json!({"title": format!("change {n}")})));
            let answers = join_all(changes).await;
            let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
            assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
            for lost in answers.iter().filter(|answer| answer.status != 200) {
                lost.assert_problem(412, "precondition-failed");
            }
            assert_eq!(ada.get(&at(&task)).await.json, won[0].json);
        }
    }
}

on_both_engines! {
    async fn of_many_changes_to_different_fields_none_is_lost(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a"})).await;
        let body = |n: u32| match n % 4 {
            0 => json!({"title": "new"}),
            1 => json!({"description": "new"}),
            2 => json!({"priority": "high"}),
            _ => json!({"completed": true}),
        };
        let before = app.scrape().await;
        let answers = join_all((0..40).map(|n| {
            let (ada, path) = (ada.clone(), at(&task));
            async move { ada.patch(&path, body(n)).await }
        })).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        let mut versions: Vec<u64> = answers.iter().map(|answer| answer.json["version"].as_u64().unwrap()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..=41).collect::<Vec<_>>());
        let end = ada.get(&at(&task)).await.json;
        assert_eq!(
            (&end["title"], &end["description"], &end["priority"], &end["completed"], &end["version"]),
            (&json!("new"), &json!("new"), &json!("high"), &json!(true), &json!(41))
        );
        assert_eq!(app.scrape().await.delta(&before, "todos_completed_total", []), 1.0);
    }
}

on_both_engines! {
    async fn of_many_deletions_exactly_one_happens(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a"})).await;
        let before = app.scrape().await;
        let path = at(&task);
        let answers = join_all((0..20).map(|_| ada.delete(&path))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.status == 404).count(), 19);
        assert_eq!(app.scrape().await.delta(&before, "todos_deleted_total", []), 1.0);
    }
}

on_both_engines! {
    async fn deleting_the_account_amid_writes_ends_them_without_errors(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let mut tasks = Vec::new();
        for n in 0..10 {
            tasks.push(add(&ada, json!({"title": format!("task {n}")})).await);
        }
        let writes = join_all(tasks.iter().map(|task| {
            let ada = &ada;
            async move {
                let mut answers = vec![];
                for n in 0..5 {
                    let call = ada.request(Method::POST, "/api/tasks").header("idempotency-key", format!("{}-{n}", task["id"]));
                    answers.push(call.json(&json!({"title": "more"})).send().await);
                    answers.push(ada.patch(&at(task), json!({"completed": n % 2 == 0})).await);
                }
                answers
            }
        }));
        let (written, deleted) = futures_util::join!(writes, ada.delete("/api/me"));
        assert_eq!(deleted.status, 204, "{}", deleted.text);
        for answer in written.iter().flatten() {
            assert!([200, 201, 401].contains(&answer.status), "{}", answer.text);
        }
    }
}
