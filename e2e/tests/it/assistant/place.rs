//! Where the conversation stands: beside the list, over it on a telephone, on a page of its own; and the history.

use serde_json::{Value, json};

use super::{
    Visit,
    scripted::{CONVERSATION, said},
};
use crate::browser::Wish;

fn share(name: &str) -> String {
    format!(
        "return Math.round(document.querySelector('{name}').offsetWidth / document.querySelector('.workspace').clientWidth * 100)"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_divider_moves_by_keyboard_and_mouse_and_stays_where_it_is() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    browser.until("document.querySelector('#chat:not(.loading)')").await;
    let (list, value) = (share("#main"), "return document.getElementById('divider').getAttribute('aria-valuenow')");
    let usual = browser.evaluate(&list).await.as_f64().expect("a number");
    assert!((56.0..62.0).contains(&usual), "{usual} percent");
    browser.write("#divider", "\u{e012}\u{e012}").await;
    assert_eq!(browser.evaluate(value).await, json!("56"));
    browser.page.refresh().await.expect("the page again");
    browser.until("!document.getElementById('divider').hidden").await;
    assert_eq!(browser.evaluate(value).await, json!("56"));
    let narrower = browser.evaluate(&list).await.as_f64().expect("a number");
    assert!(narrower < usual, "{narrower} of {usual} percent");
    browser.write("#divider", "\u{e010}").await;
    assert_eq!(browser.evaluate(value).await, json!("75"));
    browser.write("#divider", "\u{e011}").await;
    assert_eq!(browser.evaluate(value).await, json!("35"));

    let drag = "const divider = document.getElementById('divider'), box = document.querySelector('.workspace').getBoundingClientRect();
        const event = (kind, share) => divider.dispatchEvent(new PointerEvent(kind, {bubbles: true, pointerId: 1, clientX: box.left + box.width * share}));
        divider.setPointerCapture = () => {}; divider.hasPointerCapture = () => true;
        event('pointerdown', 0.35); event('pointermove', 0.5); event('lostpointercapture', 0.5)";
    browser.evaluate(drag).await;
    assert_eq!(browser.evaluate(value).await, json!("50"));
    assert_eq!(browser.evaluate("return localStorage.getItem('split')").await, json!("50"));
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_telephone_the_assistant_is_an_overlay() {
    let Some(visit) = Visit::begin(Wish { telephone: true, ..Wish::default() }).await else { return };
    let browser = &visit.browser;
    assert_eq!(browser.evaluate("return document.getElementById('assistant').offsetHeight").await, json!(0));
    browser.click("#open-assistant").await;
    browser.until("document.querySelector('#assistant.open #chat:not(.loading) .who')?.textContent").await;
    let covers = "const box = document.getElementById('assistant').getBoundingClientRect(); return [box.left, box.top, box.width]";
    assert_eq!(browser.evaluate(covers).await, json!([0, 0, 375]));
    assert_eq!(browser.evaluate("return document.getElementById('main').inert").await, Value::Bool(true));
    assert_eq!(
        browser.evaluate("return document.getElementById('assistant').contains(document.activeElement)").await,
        json!(true)
    );
    let turn = visit.assistant.turn();
    visit.say("Hello").await;
    turn.done("✓ Hello to you.", json!({})).await;
    browser.shows("✓ Hello to you.").await;
    browser.write("#message", "\u{e00c}").await;
    browser.until("!document.getElementById('assistant').classList.contains('open')").await;
    assert_eq!(browser.evaluate("return document.activeElement.id").await, json!("open-assistant"));
    assert_eq!(browser.evaluate("return document.getElementById('main').inert").await, Value::Bool(false));
    // What was said is still there.
    browser.click("#open-assistant").await;
    browser.shows("✓ Hello to you.").await;
    browser.click("#close-assistant").await;

    visit
        .assistant
        .answers("/api/conversations/", json!({"items": [said(&"a-very-long-word".repeat(20))], "next_cursor": null}));
    for path in
        ["/chat/new", "/chat/history", &format!("/chat/{CONVERSATION}"), &format!("/chat/{CONVERSATION}/delete")]
    {
        visit.open(path).await;
        let widths = browser.evaluate("return [document.documentElement.scrollWidth, window.innerWidth]").await;
        assert!(widths[0].as_f64() <= widths[1].as_f64(), "{path} is {} points wide on {}", widths[0], widths[1]);
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_opens_and_forgets_conversations_beside_the_list() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    let one = json!({"id": CONVERSATION, "title": "About milk", "preview": "✓ Added", "created_at": "2026-11-18T11:00:00Z",
        "updated_at": "2026-11-18T11:00:00Z"});
    visit.assistant.answers("/api/conversations", json!({"items": [one], "next_cursor": null}));
    let mut page =
        json!({"items": [said("An old answer")], "next_cursor": "older", "has_more": true, "confirmation": null});
    visit.assistant.answers("/api/conversations/", page.clone());
    browser.click("#assistant a[href='/chat/history']").await;
    browser.shows("About milk").await;
    browser.click(&format!("#assistant a[href='/chat/{CONVERSATION}']")).await;
    browser.shows("An old answer").await;
    page["items"] = json!([said("The oldest answer")]);
    page["next_cursor"] = Value::Null;
    visit.assistant.answers("/api/conversations/", page);
    browser.click("#older").await;
    browser.gone("#older").await;
    let texts = "return [...document.querySelectorAll('.theirs .text')].map((text) => text.textContent)";
    assert_eq!(browser.evaluate(texts).await, json!(["The oldest answer", "An old answer"]));
    browser.click("#assistant a[href='/chat/new']").await;
    browser.until("document.querySelector('#chat .welcome')?.offsetHeight > 0").await;

    browser.click("#assistant a[href='/chat/history']").await;
    browser.click("#assistant [aria-label='Delete: About milk']").await;
    visit.assistant.answers("/api/conversations", json!({"items": [], "next_cursor": null}));
    visit.assistant.answers("/api/conversations/", Value::Null);
    browser.click("#confirm-delete").await;
    browser.shows("Conversation deleted.").await;
    browser.shows("No conversations yet.").await;
    // The list was beside it all the time.
    browser.find("#add-title").await;
    visit.end().await;
}
