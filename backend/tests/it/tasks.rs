//! One task: creating, showing, changing, deleting it, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, eventually};

/// An id that nobody has.
const NOBODYS: &str = "01890000-0000-7000-8000-000000000000";

/// Creates a task and returns it.
pub(crate) async fn add(user: &User, body: Value) -> Value {
    let answer = user.post("/api/tasks", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json
}

/// The address of a task.
pub(crate) fn at(task: &Value) -> String {
    format!("/api/tasks/{}", task["id"].as_str().unwrap())
}

/// The names that a 422 gives, in order.
pub(crate) fn wrong_fields(answer: &Answer) -> Vec<&str> {
    answer.assert_problem(422, "validation");
    answer.json["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn a_created_task_has_an_address_a_version_and_defaults(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let answer = ada.post("/api/tasks", json!({"title": "  Buy milk "})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let task = &answer.json;
        assert_eq!(answer.header("location"), at(task));
        assert_eq!(answer.header("etag"), "\"1\"");
        let expected = json!({
            "id": task["id"], "title": "Buy milk", "description": "", "priority": "medium", "due_at": null,
            "completed": false, "completed_at": null, "created_at": task["created_at"],
            "updated_at": task["created_at"], "version": 1
        });
        assert_eq!(*task, expected);

        let shown = ada.get(answer.header("location")).await;
        assert_eq!((shown.status, shown.header("etag")), (200, "\"1\""));
        assert_eq!(shown.json, expected);
        let held = ada.request(Method::GET, &at(task)).header("if-none-match", "\"1\"").send().await;
        assert_eq!((held.status, held.text.as_str(), held.header("etag")), (304, "", "\"1\""));
    }
}

on_both_engines! {
    async fn any_offset_of_a_due_date_becomes_utc(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a", "due_at": "2030-01-31T23:59:00.25-05:00"})).await;
        assert_eq!(task["due_at"], "2030-02-01T04:59:00.25Z");
        assert_eq!(ada.get(&at(&task)).await.json["due_at"], "2030-02-01T04:59:00.25Z");
    }
}

on_both_engines! {
    async fn one_answer_names_every_field_that_is_wrong(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let answer = ada.post("/api/tasks", json!({})).await;
        assert_eq!(wrong_fields(&answer), ["title"]);
        let body = json!({
            "title": "x".repeat(201), "description": "a\u{0}b", "priority": "urgent", "due_at": "tomorrow",
            "owner": "someone", "completed": true
        });
        let mut names = vec!["title", "description", "priority", "due_at", "completed", "owner"];
        assert_eq!(wrong_fields(&ada.post("/api/tasks", body).await), names);
        assert_eq!(ada.get("/api/tasks").await.json["items"], json!([]));

        let task = add(&ada, json!({"title": "ä".repeat(200), "description": "ß".repeat(2000)})).await;
        let body = json!({
            "title": null, "description": 5, "priority": null, "due_at": 1, "completed": "yes", "version": 7, "id": "x"
        });
        names = vec!["title", "description", "priority", "due_at", "completed", "id", "version"];
        assert_eq!(wrong_fields(&ada.patch(&at(&task), body).await), names);
        assert_eq!(ada.get(&at(&task)).await.json, task);
    }
}

on_both_engines! {
    async fn what_is_no_json_object_is_refused(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let send = async |body: &'static str| {
            let call = ada.request(Method::POST, "/api/tasks").header("content-type", "application/json");
            call.body(body).send().await
        };
        send("{\"title\": \"a\"").await.assert_problem(400, "malformed");
        send("{\"title\": \"\\ud800\"}").await.assert_problem(400, "malformed");
        send("[]").await.assert_problem(422, "validation");
        send("null").await.assert_problem(422, "validation");
    }
}

on_both_engines! {
    async fn a_change_touches_what_it_names_and_null_is_not_absence(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let full = json!({"title": "a", "description": "b", "priority": "high", "due_at": "2030-01-01T00:00:00Z"});
        let task = add(&ada, full).await;

        let renamed = ada.patch(&at(&task), json!({"title": " c "})).await;
        assert_eq!((renamed.status, renamed.header("etag")), (200, "\"2\""), "{}", renamed.text);
        let mut expected = task.clone();
        expected["title"] = json!("c");
        expected["version"] = json!(2);
        expected["updated_at"] = renamed.json["updated_at"].clone();
        assert_eq!(renamed.json, expected);
        assert!(renamed.json["updated_at"].as_str() > task["updated_at"].as_str());

        let cleared = ada.patch(&at(&task), json!({"description": null, "due_at": null, "priority": "low"})).await;
        expected["description"] = json!("");
        expected["due_at"] = json!(null);
        expected["priority"] = json!("low");
        expected["version"] = json!(3);
        expected["updated_at"] = cleared.json["updated_at"].clone();
        assert_eq!(cleared.json, expected);
        assert_eq!(ada.get(&at(&task)).await.json, expected);
        let list = ada.get("/api/tasks").await;
        assert_eq!(list.json, json!({"items": [expected], "next_cursor": null}));
    }
}

on_both_engines! {
    async fn completing_sets_the_moment_once_and_reopening_clears_it(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a"})).await;
        let before = app.scrape().await;
        let done = ada.patch(&at(&task), json!({"completed": true})).await.json;
        assert_eq!(done["completed"], true);
        assert_eq!(done["completed_at"], done["updated_at"]);
        let again = ada.patch(&at(&task), json!({"completed": true, "title": "b"})).await.json;
        assert_eq!(again["completed_at"], done["completed_at"]);
        let reopened = ada.patch(&at(&task), json!({"completed": false})).await.json;
        assert_eq!((&reopened["completed"], &reopened["completed_at"]), (&json!(false), &json!(null)));
        assert_eq!(app.scrape().await.delta(&before, "todos_completed_total", []), 1.0);
    }
}

on_both_engines! {
    async fn foreign_missing_and_malformed_ids_answer_alike(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let task = add(&ada, json!({"title": "ada's"})).await;
        let foreign = task["id"].as_str().unwrap().to_owned();
        let mut answers = Vec::new();
        let malformed = foreign.replace('-', "");
        for id in [&foreign, NOBODYS, "1", "x", "%00", "%ff", "..%2f", malformed.as_str(), &"a".repeat(2000)] {
            let path = format!("/api/tasks/{id}");
            for answer in [
                bob.get(&path).await,
                bob.patch(&path, json!({"title": "bob's"})).await,
                bob.delete(&path).await,
                bob.request(Method::DELETE, &path).header("if-match", "\"1\"").send().await,
                bob.request(Method::PATCH, &path).header("if-match", "*").json(&json!({})).send().await,
            ] {
                answer.assert_problem(404, "not-found");
                let mut body = answer.json.clone();
                body["request_id"] = json!("");
                answers.push(body);
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        assert_eq!(ada.get(&at(&task)).await.json, task);
        assert_eq!(bob.get("/api/tasks").await.json["items"], json!([]));
    }
}

on_both_engines! {
    async fn a_deleted_task_is_gone_and_the_deletion_is_on_record(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let before = app.scrape().await;
        let task = add(&ada, json!({"title": "a secret title"})).await;
        let answer = ada.delete(&at(&task)).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        ada.get(&at(&task)).await.assert_problem(404, "not-found");
        ada.delete(&at(&task)).await.assert_problem(404, "not-found");

        let after = app.scrape().await;
        assert_eq!(after.delta(&before, "todos_created_total", []), 1.0);
        assert_eq!(after.delta(&before, "todos_deleted_total", []), 1.0);
        let records = || {
            let lines = app.log_lines().into_iter();
            lines.filter(|line| line["target"] == "audit" && line["task.id"] == task["id"]).collect::<Vec<_>>()
        };
        eventually("the deletion is on record", async || !records().is_empty()).await;
        let records = records();
        assert_eq!(records.len(), 1, "{records:?}");
        assert_eq!((&records[0]["user.id"], &records[0]["action"]), (&json!(ada.id), &json!("delete task")));
        assert_eq!(records[0]["outcome"], "success");
        assert!(!app.process.raw_lines().iter().any(|line| line.contains("secret title")));
    }
}

on_both_engines! {
    async fn hostile_texts_come_back_as_they_went_or_are_refused(app: TestApp) {
        let ada = app.sign_up("ada").await;
        for text in [
            "'; DROP TABLE tasks; --", "\" OR 1=1", "%", "_", "\\", "$1", "?1", "{{7*7}}", "<script>alert(1)</script>",
            "ＦＵＬＬ", "e\u{301}", "é", "\u{202e}desrever", "👩‍👩‍👧", "\u{feff}", "ǅ", "İstanbul", "ﬃ", "\u{10ffff}", "NULL",
        ] {
            let task = add(&ada, json!({"title": text, "description": text})).await;
            assert_eq!((&task["title"], &task["description"]), (&json!(text), &json!(text)));
            assert_eq!(ada.get(&at(&task)).await.json, task);
            let found = ada.get(&format!("/api/tasks?q={}", encoded(text))).await;
            let items = found.json["items"].as_array().unwrap_or_else(|| panic!("{text}: {}", found.text));
            assert!(items.contains(&task), "{text}: {items:?}");
        }
        for text in ["a\u{0}b", "a\nb", "a\u{7f}", "\u{9b}31m"] {
            assert_eq!(wrong_fields(&ada.post("/api/tasks", json!({"title": text})).await), ["title"], "{text:?}");
            assert_eq!(wrong_fields(&ada.get(&format!("/api/tasks?q={}", encoded(text))).await), ["q"], "{text:?}");
        }
    }
}

on_both_engines! {
    async fn nothing_works_without_an_account(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let task = add(&ada, json!({"title": "a"})).await;
        for (method, path) in [
            (Method::GET, "/api/tasks"), (Method::POST, "/api/tasks"), (Method::GET, &at(&task)),
            (Method::PATCH, &at(&task)), (Method::DELETE, &at(&task)),
        ] {
            app.request(method.clone(), path).json(&json!({"title": "b"})).send().await.assert_problem(401, "unauthorized");
        }
        assert_eq!(ada.get(&at(&task)).await.json, task);
        assert_eq!(ada.delete("/api/me").await.status, 204);
        ada.get("/api/tasks").await.assert_problem(401, "unauthorized");
        ada.post("/api/tasks", json!({"title": "c"})).await.assert_problem(401, "unauthorized");
    }
}

on_both_engines! {
    async fn the_documents_fields_are_the_fields_that_are_read(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let document = app.get("/api/openapi.json").await.json;
        let schemas = &document["components"]["schemas"];
        let nulls = |name: &str| -> Value {
            let properties = schemas[name]["properties"].as_object().unwrap();
            properties.keys().map(|field| (field.clone(), json!({}))).collect::<serde_json::Map<_, _>>().into()
        };
        // An object is right for no field, so that each one that is read complains, and in words of its own.
        let task = add(&ada, json!({"title": "a"})).await;
        for (answer, name) in [
            (ada.post("/api/tasks", nulls("NewTask")).await, "NewTask"),
            (ada.patch(&at(&task), nulls("TaskChange")).await, "TaskChange"),
        ] {
            let fields: Vec<&str> = schemas[name]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut wrong = wrong_fields(&answer);
            wrong.sort_unstable();
            let mut expected = fields.clone();
            expected.sort_unstable();
            assert_eq!(wrong, expected);
            assert!(!answer.text.contains("is not a field"), "{}", answer.text);
        }
        let documented: Vec<&str> = schemas["Task"]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        for field in task.as_object().unwrap().keys() {
            assert!(documented.contains(&field.as_str()), "{field} is not in the document");
        }
        assert_eq!(documented.len(), task.as_object().unwrap().len());
    }
}

/// For a query string.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
