//! The assistant as pages without a script: conversations, forms, the history, and its absence.

use serde_json::json;

use crate::browser::{Browser, Page};
use crate::chat_stand_in::{Assistant, CONVERSATION, messages, said};
use crate::site::{Server, start_frontend};

async fn site() -> (Assistant, Server, Browser) {
    let assistant = Assistant::start().await;
    let frontend = start_frontend(&assistant.url(), &[]).await;
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    ada.cookies.insert("timezone".to_owned(), "Europe%2FBerlin".to_owned());
    (assistant, frontend, ada)
}

fn conversation() -> String {
    format!("/chat/{CONVERSATION}")
}

/// Whether a question waits; the script's template of one is always there.
fn asks(page: &Page) -> bool {
    page.body.matches("class=\"confirmation\"").count() == 2
}

#[tokio::test]
async fn a_form_leads_to_the_conversation_with_the_answer_in_it() {
    let (assistant, _frontend, mut ada) = site().await;
    let page = ada.get("/chat").await;
    page.assert_shows("What shall I do for you?");
    page.assert_shows("Built-in rules answer here. No AI model is connected.");
    assert_eq!(page.value("conversation"), "");
    let key = page.value("key");
    let answer = ada.post("/chat/messages", &[("message", " Add\r\nmilk "), ("conversation", ""), ("key", &key)]).await;
    assert_eq!((answer.status, answer.location()), (303, conversation().as_str()));
    let asked = assistant.asked("/api/chat");
    assert_eq!(asked[0].body, json!({"message": "Add\nmilk", "timezone": "Europe/Berlin"}));
    assert_eq!(asked[0].headers["idempotency-key"], key.as_str());

    let mine = json!({"id": uuid::Uuid::nil(), "role": "user", "content": "Add **milk**", "created_at": "2025-07-01T11:00:00Z"});
    let mut theirs = said("✓ Added **Milk**.");
    theirs["tool_calls"] = json!([{"tool": "add_task", "status": "completed", "result": {"success": true}}]);
    assistant.answers("/api/conversations/", messages(json!([mine, theirs])));
    let page = ada.get(answer.location()).await;
    page.assert_shows("You: Add **milk** 1 Jul 2025, 13:00");
    page.assert_shows("Assistant: Task created ✓ Added Milk . Wed 18 Nov, 12:00 Built-in rules");
    assert!(page.body.contains("<p>✓ Added <strong>Milk</strong>.</p>"), "{}", page.body);
    assert_eq!(page.value("conversation"), CONVERSATION);
    assert!(!asks(&page));
}

#[tokio::test]
async fn the_newest_conversation_opens_and_a_new_one_can_begin() {
    let (assistant, _frontend, mut ada) = site().await;
    let one = json!({"id": CONVERSATION, "title": "Add <b>milk</b>", "preview": "✓ Added **Milk**.",
        "created_at": "2026-11-18T11:00:00Z", "updated_at": "2026-11-18T11:00:00Z"});
    assistant.answers("/api/conversations", json!({"items": [one], "next_cursor": "a b", "has_more": true}));
    assistant.answers("/api/conversations/", messages(json!([said("Hello again")])));
    let page = ada.get("/chat").await;
    page.assert_shows("Hello again");
    assert_eq!(page.value("conversation"), CONVERSATION);
    assert_eq!(assistant.asked("/api/conversations?")[0].target, "/api/conversations?limit=1");
    let page = ada.get("/chat/new").await;
    page.assert_hides("Hello again");
    assert_eq!(page.value("conversation"), "");

    let page = ada.get("/chat/history").await;
    page.assert_shows("Add <b>milk</b> ✓ Added Milk. Wed 18 Nov, 12:00");
    assert!(page.body.contains("href=\"/chat/history?cursor=a+b\""), "{}", page.body);
    ada.get("/chat/history?cursor=a+b").await;
    assert!(assistant.asked("/api/conversations?").iter().any(|asked| asked.target.ends_with("limit=20&cursor=a+b")));

    let page = ada.get(&format!("{}/delete", conversation())).await;
    page.assert_shows("Delete this conversation?");
    let page = ada.submit(&format!("{}/delete", conversation()), &[]).await;
    page.assert_shows("Conversation deleted.");
    assert!(
        assistant.asked(&format!("/api/conversations/{CONVERSATION}")).iter().any(|asked| asked.method == "DELETE")
    );
}

#[tokio::test]
async fn a_question_that_waits_has_two_buttons() {
    let (assistant, _frontend, mut ada) = site().await;
    let mut page = messages(json!([said("**Delete 2 tasks?**")]));
    page["confirmation"] = json!({"id": CONVERSATION, "tool": "delete_task", "count": 2, "titles": ["a", "b"],
        "expires_at": "2026-11-18T11:10:00Z"});
    page["next_cursor"] = json!("7-x");
    assistant.answers("/api/conversations/", page);
    let page = ada.get(&conversation()).await;
    assert!(asks(&page));
    assert!(
        page.body.contains("name=\"message\" value=\"yes\"") && page.body.contains("name=\"message\" value=\"no\"")
    );
    assert!(page.body.contains(&format!("name=\"confirmation\" value=\"{CONVERSATION}\"")), "a yes to this question");
    page.assert_shows("Show older messages");

    // Among older messages nothing waits, and the way back is there.
    let page = ada.get(&format!("{}?before=7-x", conversation())).await;
    assert!(!asks(&page));
    page.assert_shows("Back to the newest messages");
    let asked = assistant.asked(&format!("/api/conversations/{CONVERSATION}/messages"));
    assert!(asked[1].target.ends_with("limit=50&cursor=7-x"), "{}", asked[1].target);
}

#[tokio::test]
async fn every_engine_is_named() {
    let (assistant, _frontend, mut ada) = site().await;
    for (engine, fallback, words) in [
        ("model", false, "AI model"),
        ("rules", false, "Built-in rules"),
        ("rules", true, "Built-in rules, because the AI model did not answer"),
    ] {
        let mut answer = said("Hello");
        answer["engine"] = json!(engine);
        answer["fallback"] = json!(fallback);
        assistant.answers("/api/conversations/", messages(json!([answer])));
        ada.get(&conversation()).await.assert_shows(&format!("12:00 {words} "));
    }
    assistant.answers("/api/assistant", json!({"engine": "model", "model": "gpt-<4>"}));
    ada.get("/chat/new").await.assert_shows("The AI model gpt-<4> answers here. It can be wrong.");
}

#[tokio::test]
async fn during_an_outage_nothing_that_was_typed_is_lost() {
    let (assistant, _frontend, mut ada) = site().await;
    let key = "00000000-0000-4000-8000-00000000000a";
    let form = [("message", "Add milk"), ("conversation", CONVERSATION), ("key", key)];
    for (status, wanted) in [(503, 503), (429, 429), (500, 502)] {
        assistant.refuses(status, "{}", &[("retry-after", "17")]);
        let page = ada.post("/chat/messages", &form).await;
        assert_eq!(
            (page.status, page.value("message"), page.value("key")),
            (wanted, "Add milk".to_owned(), key.to_owned())
        );
        page.assert_shows("What you entered is kept: Message Add milk");
        assert_eq!(page.value("conversation"), CONVERSATION);
        for path in ["/chat", "/chat/new", "/chat/history", &conversation()] {
            assert_eq!(ada.get(path).await.status, wanted, "{path}");
        }
    }
    // Where the conversation is gone, the second try begins a new one.
    assistant.refuses(404, "{}", &[]);
    let page = ada.post("/chat/messages", &form).await;
    assert_eq!((page.status, page.value("conversation")), (404, String::new()));
    page.assert_shows("This conversation does not exist");
}

#[tokio::test]
async fn a_message_that_is_refused_comes_back_with_the_reason() {
    let (assistant, _frontend, mut ada) = site().await;
    assistant.refuses_turns(422, r#"{"errors":[{"field":"message","message":"must not be empty"}]}"#);
    let page = ada.post("/chat/messages", &[("message", "  "), ("conversation", CONVERSATION)]).await;
    assert_eq!(page.status, 422);
    page.assert_shows("The message must not be empty.");
    assert_eq!(page.value("conversation"), CONVERSATION);
}

#[tokio::test]
async fn an_answer_is_text_whatever_it_says() {
    let (assistant, _frontend, mut ada) = site().await;
    for nasty in [
        "<script>alert(1)</script>",
        "**<img src=x onerror=alert(1)>**",
        "- <b>bold</b>\n1. <svg onload=alert(1)>",
        "[x](javascript:alert(1)) `</code><script>alert(1)</script>`",
        "\u{202e}evil\u{0000}",
    ] {
        let mine =
            json!({"id": uuid::Uuid::nil(), "role": "user", "content": nasty, "created_at": "2025-07-01T11:00:00Z"});
        let mut theirs = said(nasty);
        theirs["tool_calls"] = json!([{"tool": nasty, "status": nasty, "error": nasty}]);
        assistant.answers("/api/conversations/", messages(json!([mine, theirs])));
        let one = json!({"id": CONVERSATION, "title": nasty, "preview": nasty,
            "created_at": "2026-11-18T11:00:00Z", "updated_at": "2026-11-18T11:00:00Z"});
        assistant.answers("/api/conversations", json!({"items": [one], "next_cursor": null, "has_more": false}));
        for path in ["/chat".to_owned(), conversation(), "/chat/history".to_owned()] {
            let page = ada.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            for raw in ["<script>alert", "<img", "<svg onload", "<b>", "href=\"javascript"] {
                assert!(!page.body.contains(raw), "{nasty} at {path}: {}", page.body);
            }
        }
    }
}

#[tokio::test]
async fn the_list_needs_no_assistant() {
    let (assistant, _frontend, mut ada) = site().await;
    let page = ada.get("/tasks").await;
    assert_eq!(page.status, 200);
    // A form to begin with, also without a script.
    page.assert_shows("What shall I do for you?");
    assert!(page.body.contains("action=\"/chat/messages\""));
    for path in ["/api/assistant", "/api/conversations"] {
        assert!(assistant.asked(path).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn addresses_that_name_no_conversation_do_not_exist() {
    let (assistant, _frontend, mut ada) = site().await;
    for path in ["/chat/1", "/chat/%00", "/chat/nonsense/delete", "/chat/"] {
        assert_eq!(ada.get(path).await.status, 404, "{path}");
    }
    assert!(assistant.asked("/").iter().all(|asked| asked.target == "/ready"));
}
