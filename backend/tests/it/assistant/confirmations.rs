//! Changes of several tasks: asked first, done once, by whoever may, on whichever replica.

use serde_json::{Value, json};

use super::{add_all, go_on, say, titles, tools};
use crate::support::{Engine, Setup, TestApp, eventually, with_database};

on_both_engines! {
    async fn deleting_several_asks_with_count_and_titles_and_only_a_yes_does_it(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two", "Three"]).await;
        let asked = say(&ada, "delete all tasks").await;
        let confirmation = &asked["confirmation"];
        assert_eq!((&confirmation["count"], &confirmation["tool"]), (&json!(3), &json!("delete_task")), "{asked}");
        let text = asked["response"].as_str().unwrap();
        assert!(["One", "Two", "Three"].iter().all(|title| text.contains(title)) && text.contains("3 tasks"), "{text}");
        assert_eq!(titles(&ada).await.len(), 3);

        let no = go_on(&ada, &asked, "no").await;
        assert_eq!((tools(&no), &no["confirmation"]), (vec![], &json!(null)));
        let late = go_on(&ada, &no, "yes").await;
        assert_eq!(tools(&late), [], "{late}");
        assert_eq!(titles(&ada).await.len(), 3);

        let again = go_on(&ada, &late, "delete all tasks").await;
        assert_eq!(again["confirmation"]["count"], 3);
        let yes = go_on(&ada, &again, "yes, please").await;
        assert_eq!(tools(&yes), [("delete_task", "completed")], "{yes}");
        assert_eq!(yes["tool_calls"][0]["result"]["affected_count"], 3);
        assert!(titles(&ada).await.is_empty());
    }
}

on_both_engines! {
    async fn the_question_numbers_the_tasks_and_the_first_one_is_the_first_of_them(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two", "Three"]).await;
        let shown = say(&ada, "show my tasks").await;
        assert!(shown["response"].as_str().unwrap().contains("1. **Three**"), "{shown}");
        let asked = go_on(&ada, &shown, "delete 3 and 2").await;
        assert!(asked["response"].as_str().unwrap().contains("1. One\n2. Two"), "{asked}");
        let no = go_on(&ada, &asked, "no").await;
        let deleted = go_on(&ada, &no, "delete the first one").await;
        assert_eq!(tools(&deleted), [("delete_task", "completed")], "{deleted}");
        assert_eq!(titles(&ada).await, ["Two", "Three"]);
    }
}

on_both_engines! {
    async fn the_audit_log_says_what_was_changed_and_not_what_was_asked_about(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two"]).await;
        let asked = say(&ada, "delete all tasks").await;
        let audited = || {
            let lines = app.process.log_lines();
            let calls = lines.into_iter().filter(|line| line["action"] == "call tool" && line["gen_ai.tool.name"] == "delete_task");
            calls.map(|line| line["task.ids"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        // A line may come a moment after its answer.
        eventually("the line of the question", async || audited().len() == 1).await;
        go_on(&ada, &asked, "yes").await;
        eventually("the line of the deletion", async || audited().len() == 2).await;
        let [of_question, of_deletion] = audited().try_into().unwrap();
        assert_eq!((of_question.as_str(), of_deletion.split(',').count()), ("", 2), "{of_deletion}");
    }
}

on_both_engines! {
    async fn sentences_that_delete_one_task_each_are_one_question(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two", "Three"]).await;
        let shown = say(&ada, "show my tasks").await;
        let asked = go_on(&ada, &shown, "delete the first one. complete the second one. delete the third one").await;
        assert_eq!((&asked["confirmation"]["count"], &asked["confirmation"]["tool"]), (&json!(3), &json!("delete_task")));
        let text = asked["response"].as_str().unwrap();
        assert!(text.contains("**Delete 2 tasks, complete 1 task?**"), "{text}");
        assert!(text.contains("1. Delete: Three\n2. Complete: Two\n3. Delete: One"), "{text}");
        assert_eq!(titles(&ada).await.len(), 3, "nothing has happened yet");
        go_on(&ada, &asked, "yes").await;
        assert_eq!(titles(&ada).await, ["Two"]);
    }
}

on_both_engines! {
    async fn a_yes_to_a_question_that_is_seen_no_longer_is_none_to_the_one_that_is_open(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two", "Three"]).await;
        let first = say(&ada, "complete all tasks").await;
        let second = go_on(&ada, &first, "delete all tasks").await;
        let answer = async |question: &Value| {
            let body = json!({"message": "yes", "conversation_id": first["conversation_id"],
                "confirmation_id": question["confirmation"]["id"]});
            ada.post("/api/chat", body).await.json
        };
        let late = answer(&first).await;
        assert!(late["response"].as_str().unwrap().contains("no longer open"), "{late}");
        assert_eq!((tools(&late), titles(&ada).await.len()), (vec![], 3));
        assert_eq!(late["confirmation"], json!(null));
        assert_eq!(tools(&answer(&second).await), [("delete_task", "completed")], "the other one is still open");
        let wrong = json!({"message": "yes", "confirmation_id": "x"});
        assert_eq!(crate::tasks::wrong_fields(&ada.post("/api/chat", wrong).await), ["confirmation_id"]);
    }
}

on_both_engines! {
    async fn whoever_speaks_of_something_else_has_not_said_yes(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two"]).await;
        let asked = say(&ada, "complete all tasks").await;
        assert_eq!(asked["confirmation"]["tool"], "complete_task", "{asked}");
        let other = go_on(&ada, &asked, "how many tasks are there?").await;
        assert_eq!(other["confirmation"], json!(null));
        assert!(other["response"].as_str().unwrap().starts_with("✓ My question is closed"), "{other}");
        let late = go_on(&ada, &other, "yes").await;
        assert_eq!(tools(&late), []);
        let done = ada.get("/api/tasks?status=completed").await;
        assert_eq!(done.json["items"], json!([]));
    }
}

on_both_engines! {
    async fn a_question_is_answered_in_its_own_conversation_by_its_own_user(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        add_all(&ada, &["One", "Two"]).await;
        let asked = say(&ada, "delete all tasks").await;
        let elsewhere = say(&ada, "yes").await;
        assert_eq!(tools(&elsewhere), []);
        let foreign = json!({"message": "yes", "conversation_id": asked["conversation_id"]});
        bob.post("/api/chat", foreign).await.assert_problem(404, "not-found");
        assert_eq!(titles(&ada).await.len(), 2);
    }
}

on_both_engines! {
    async fn of_two_yeses_at_once_one_counts(app: TestApp) {
        let ada = app.sign_up("ada").await;
        add_all(&ada, &["One", "Two"]).await;
        let asked = say(&ada, "delete all tasks").await;
        let (one, other) = tokio::join!(go_on(&ada, &asked, "yes"), go_on(&ada, &asked, "yes"));
        let deletions = [&one, &other].iter().filter(|answer| tools(answer) == [("delete_task", "completed")]).count();
        assert_eq!(deletions, 1, "{one} {other}");
        assert!(titles(&ada).await.is_empty());
    }
}

#[tokio::test]
async fn another_replica_goes_on_where_the_first_one_was_killed() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        with_database(engine, async |database| {
            let first = Setup::new().start(&database).await;
            let ada = first.sign_up("ada").await;
            add_all(&ada, &["One", "Two"]).await;
            let shown = say(&ada, "show my tasks").await;
            let asked = go_on(&ada, &shown, "delete them all").await;
            assert_eq!(asked["confirmation"]["count"], 2, "{asked}");
            first.process.kill();
            let second = Setup::new().start(&database).await;
            let mut ada = ada;
            ada.app = second;
            let yes = go_on(&ada, &asked, "yes").await;
            assert_eq!(tools(&yes), [("delete_task", "completed")], "{yes}");
            assert!(titles(&ada).await.is_empty());
        })
        .await;
    }
}
