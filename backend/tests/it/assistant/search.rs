//! Finding tasks by words, among more than are shown.

use serde_json::json;

use super::{add_all, go_on, say, titles, tools};
use crate::{support::TestApp, tasks::at};

/// Newer tasks that mention it: more than a search shows.
const NEWER: usize = 30;

on_both_engines! {
    async fn an_exact_title_is_found_behind_thirty_newer_ones_that_contain_it(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let newer: Vec<String> = (1..=NEWER).map(|number| format!("Buy milk {number}")).collect();
        add_all(&ada, &["Milk"]).await;
        add_all(&ada, &newer.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let found = say(&ada, "search for milk").await;
        let data = &found["tool_calls"][0]["result"]["data"];
        let shown: Vec<&str> =
            data["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect();
        assert_eq!((shown[0], shown[1], shown.len()), ("Milk", "Buy milk 30", 20), "{found}");
        assert_eq!(data["has_more"], true);
        let deleted = go_on(&ada, &found, "delete milk").await;
        assert_eq!(tools(&deleted), [("search_tasks", "completed"), ("delete_task", "completed")], "{deleted}");
        assert_eq!(titles(&ada).await, newer);
    }
}

on_both_engines! {
    async fn of_several_that_are_called_exactly_so_the_open_ones_come_first(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let added = add_all(&ada, &["Buy milk", "Buy MILK"]).await;
        let (open, done) = (&added[0], &added[1]);
        assert_eq!(ada.patch(&at(done), json!({"completed": true})).await.status, 200);
        let found = say(&ada, "search for buy milk").await;
        let tasks = &found["tool_calls"][0]["result"]["data"]["tasks"];
        assert_eq!((&tasks[0]["id"], &tasks[1]["id"]), (&open["id"], &done["id"]), "{found}");
    }
}
