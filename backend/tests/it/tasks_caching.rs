//! The list's ETag: a 304 costs next to nothing and is never stale.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    support::{Answer, TestApp, User},
    tasks::{add, at},
};

async fn poll(user: &User, path: &str, tag: &str) -> Answer {
    user.request(Method::GET, path).header("if-none-match", tag).send().await
}

on_both_engines! {
    async fn a_poll_costs_one_read_until_something_changes(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add(&ada, json!({"title": "a"})).await;
        let first = ada.get("/api/tasks").await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        assert_eq!(first.header("cache-control"), "private, no-cache");

        let before = app.scrape().await;
        for held in [&tag, &tag[2..], &format!("\"x\", {tag}"), "*"] {
            let answer = poll(&ada, "/api/tasks", held).await;
            assert_eq!((answer.status, answer.text.as_str(), answer.header("etag")), (304, "", tag.as_str()), "{held}");
        }
        let after = app.scrape().await;
        let operations = "db_client_operation_duration_seconds_count";
        assert_eq!(after.delta(&before, operations, [("db_operation_name", "select"), ("db_collection_name", "users")]), 4.0);
        assert_eq!(after.delta(&before, operations, [("db_collection_name", "tasks")]), after.delta(&before, operations, [("db_operation_name", "count")]));
        assert_eq!(poll(&ada, "/api/tasks", "\"x\"").await.json, first.json);
        assert_eq!(poll(&ada, "/api/tasks", "unreadable").await.json, first.json);
    }
}

on_both_engines! {
    async fn every_change_changes_the_tag_and_nothing_else_does(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let mut tags = vec![ada.get("/api/tasks").await.header("etag").to_owned()];
        let mut moved = async |what: &str| {
            let answer = poll(&ada, "/api/tasks", tags.last().unwrap()).await;
            assert_eq!(answer.status, 200, "{what}");
            assert!(!tags.contains(&answer.header("etag").to_owned()), "{what}");
            tags.push(answer.header("etag").to_owned());
        };
        let task = add(&ada, json!({"title": "a"})).await;
        moved("created").await;
        ada.patch(&at(&task), json!({"title": "b"})).await;
        moved("changed").await;
        ada.patch(&at(&task), json!({"title": "a"})).await;
        moved("changed back").await;
        ada.patch(&at(&task), json!({"completed": true})).await;
        moved("completed").await;
        ada.delete(&at(&task)).await;
        moved("deleted").await;

        let kept = add(&ada, json!({"title": "a"})).await;
        moved("created again").await;
        let tag = ada.get("/api/tasks").await.header("etag").to_owned();
        add(&bob, json!({"title": "bob's"})).await;
        bob.patch(&at(&kept), json!({"title": "x"})).await.assert_problem(404, "not-found");
        ada.post("/api/tasks", json!({})).await.assert_problem(422, "validation");
        ada.delete(&at(&task)).await.assert_problem(404, "not-found");
        assert_eq!(poll(&ada, "/api/tasks", &tag).await.status, 304);
    }
}

on_both_engines! {
    async fn another_question_or_another_person_has_another_tag(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        for _ in 0..3 {
            add(&ada, json!({"title": "a"})).await;
        }
        let cursor = ada.get("/api/tasks?limit=1").await.json["next_cursor"].as_str().unwrap().to_owned();
        let page_two = format!("/api/tasks?limit=1&cursor={cursor}");
        let mut tags = vec![bob.get("/api/tasks").await.header("etag").to_owned()];
        for path in [
            "/api/tasks", "/api/tasks?limit=1", &page_two, "/api/tasks?status=open", "/api/tasks?q=a", "/api/tasks?sort=title",
            "/api/tasks?q=status", "/api/tasks?priority=low", "/api/tasks?due_after=2030-01-01T00:00:00Z",
        ] {
            let tag = ada.get(path).await.header("etag").to_owned();
            assert!(!tags.contains(&tag), "{path}");
            assert_eq!(poll(&ada, path, &tag).await.status, 304, "{path}");
            tags.push(tag);
        }
    }
}

on_both_engines! {
    async fn a_304_never_hides_a_change_while_many_write(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let writer = |n: usize| {
            let ada = ada.clone();
            async move {
                for round in 0..10 {
                    let task = add(&ada, json!({"title": format!("{n} {round}")})).await;
                    // What is acknowledged is in the very next list, whatever this reader held before.
                    let list = ada.get("/api/tasks?limit=100&sort=created_at").await;
                    assert!(list.json["items"].as_array().unwrap().contains(&task));
                }
            }
        };
        let path = "/api/tasks?limit=100&sort=title";
        let reader = async {
            let (mut held, mut tag) = (Value::Null, String::from("\"none\""));
            for _ in 0..60 {
                let answer = poll(&ada, path, &tag).await;
                if answer.status == 200 {
                    (held, tag) = (answer.json.clone(), answer.header("etag").to_owned());
                }
            }
            (held, tag)
        };
        let (_, (mut held, tag)) = futures_util::join!(join_all((0..4).map(writer)), reader);
        let last = poll(&ada, path, &tag).await;
        if last.status == 200 {
            held = last.json;
        }
        assert_eq!(held, ada.get(path).await.json);
    }
}
