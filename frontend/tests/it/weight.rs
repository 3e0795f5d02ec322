//! What a page weighs: everything that a browser without a cache fetches for it, as it travels. Nothing comes from elsewhere.

use reqwest::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::chat_stand_in::{Assistant, messages, said};
use crate::site::start_frontend;

/// Requirement: a page weighs no more.
const MOST: usize = 150_000;
/// What no task and no message makes heavier: the page without any and all its files, not compressed.
const MOST_OF_AN_EMPTY_PAGE: usize = 150_000;

/// The bytes on the wire.
async fn travels(browser: &Browser, path: &str) -> usize {
    let request = browser.request(Method::GET, path).header("accept-encoding", "gzip");
    request.send().await.expect("an answer").bytes().await.expect("a body").len()
}

fn files(body: &str) -> Vec<&str> {
    body.split(['"', ' ']).filter(|text| text.starts_with("/assets/")).collect()
}

#[tokio::test]
async fn no_page_weighs_more_than_it_may_or_asks_another_site() {
    let assistant = Assistant::start().await;
    let frontend = start_frontend(&assistant.url(), &[]).await;
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    for path in ["/tasks", "/chat/new", "/chat/history", "/account"] {
        let page = ada.get(path).await;
        let mut weight = page.body.len();
        for file in files(&page.body) {
            weight += ada.clone().get(file).await.body.len();
        }
        assert!(weight <= MOST_OF_AN_EMPTY_PAGE, "{path} without any content weighs {weight} bytes");
        assert!(!page.body.contains("src=\"http") && !page.body.contains("href=\"http"), "{path}");
    }

    let answers: Vec<_> = (0..50).map(|_| said(&"- **a line of an answer**\n".repeat(8))).collect();
    assistant.answers("/api/conversations/", messages(json!(answers)));
    let task = |number: u128| {
        json!({"id": uuid::Uuid::from_u128(number), "title": "A title of usual length", "description": "and words",
            "priority": "high", "due_at": "2026-12-01T22:59:00Z", "completed": false, "completed_at": null, "version": 1})
    };
    let tasks: Vec<_> = (0..50).map(task).collect();
    assistant.answers("/api/tasks", json!({"items": tasks, "next_cursor": "more"}));
    for path in ["/tasks", "/chat/7a8b1c2d-0000-4000-8000-000000000001"] {
        let page = ada.get(path).await;
        let mut weight = travels(&ada, path).await;
        for file in files(&page.body) {
            weight += travels(&ada, file).await;
        }
        assert!(weight <= MOST, "{path} weighs {weight} bytes");
    }
}
