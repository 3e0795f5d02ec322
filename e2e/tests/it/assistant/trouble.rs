//! A turn that does not end well: stopped, cut, refused, without a network or without an assistant.

use serde_json::json;

use super::{Visit, scripted::Scripted};
use crate::browser::Wish;

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_the_turn_at_the_backend_too() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    let turn = visit.assistant.turn();
    visit.say("Tell me everything").await;
    turn.token("Well, first").await;
    browser.until("document.querySelector('.theirs .text').textContent === 'Well, first'").await;
    browser.click("#stop").await;
    turn.is_left().await;
    browser.until("document.querySelector('.theirs .by').textContent === 'Stopped by you'").await;
    browser.shows("Well, first").await;

    // Escape does the same, and the next message has its own key.
    let turn = visit.assistant.turn();
    visit.say("Again").await;
    browser.until("!document.getElementById('stop').hidden").await;
    browser.write("#message", "\u{e00c}").await;
    turn.is_left().await;
    let asked = visit.assistant.asked();
    assert_ne!(asked[0].key, asked[1].key);
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_try_is_the_same_turn() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    let turn = visit.assistant.turn();
    visit.say("Add milk").await;
    turn.token("I am just").await;
    drop(turn);
    browser.shows("The answer was cut off.").await;
    browser.shows("I am just").await;
    let turn = visit.assistant.turn();
    browser.click(".failure button").await;
    turn.event("error", json!({"error": "The model is tired.", "type": "model"})).await;
    browser.shows("The model is tired.").await;
    let turn = visit.assistant.turn();
    browser.click(".failure button").await;
    turn.done("✓ Added.", json!({})).await;
    browser.shows("✓ Added.").await;
    browser.gone(".failure").await;
    // One question and one answer are left of three attempts, all with one key.
    let counts = "return [document.querySelectorAll('.mine').length, document.querySelectorAll('.theirs').length]";
    assert_eq!(browser.evaluate(counts).await, json!([1, 1]));
    let keys: Vec<String> = visit.assistant.asked().into_iter().map(|asked| asked.key).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 36), "{keys:?}");
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_assistant_the_list_works_and_the_panel_says_so() {
    let assistant = Scripted::default();
    assistant.away(true);
    let Some(visit) = Visit::begin_with(Wish::default(), assistant).await else { return };
    let browser = &visit.browser;
    browser.shows("The assistant is out of reach.").await;
    browser.shows("Your list works as usual.").await;
    browser.write("#add-title", "without help").await;
    browser.click("#add-button").await;
    browser.find("[aria-label='Complete: without help']").await;

    // What was asked meanwhile is not lost.
    visit.say("Add milk").await;
    browser.shows("It is usually back in a moment.").await;
    visit.assistant.away(false);
    let turn = visit.assistant.turn();
    browser.click(".failure button").await;
    turn.done("✓ Added.", json!({})).await;
    browser.shows("✓ Added.").await;
    visit.end_after_trouble().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_nothing_is_sent_and_nothing_is_lost() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    browser.until("document.querySelector('#chat:not(.loading)')").await;
    let network = |offline| json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", network(true)).await;
    browser.shows("You are offline.").await;
    browser.write("#message", "Add milk\u{e007}").await;
    assert_eq!(browser.evaluate("return document.getElementById('message').value").await, json!("Add milk"));
    assert!(visit.assistant.asked().is_empty());
    browser.devtools("Network.emulateNetworkConditions", network(false)).await;
    browser.until("document.getElementById('offline').hidden").await;
    let turn = visit.assistant.turn();
    browser.write("#message", "\u{e007}").await;
    turn.done("✓ Added.", json!({})).await;
    browser.shows("✓ Added.").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_leads_to_the_log_in_page_and_back() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    visit.browser.until("document.querySelector('#chat:not(.loading)')").await;
    visit.browser.page.delete_all_cookies().await.expect("no cookies");
    visit.say("Hello").await;
    visit.browser.find("form[action='/login']").await;
    let address = visit.browser.page.current_url().await.expect("an address");
    assert_eq!((address.path(), address.query()), ("/login", Some("next=%2Ftasks")));
    visit.end_after_trouble().await;
}
