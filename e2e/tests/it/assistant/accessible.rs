//! The pages as axe-core and a finger judge them, in every state, light and dark.

use e2e::tool::{cache, missing};
use serde_json::{Value, json};

use super::{
    Visit,
    scripted::{CONVERSATION, said},
};
use crate::browser::{Browser, Wish};

/// axe-core as `scripts/axe` fetches it.
fn axe() -> Option<String> {
    let source = cache().and_then(|cache| std::fs::read_to_string(cache.join("axe/axe.min.js")).ok());
    if source.is_none() {
        missing("axe-core", "scripts/axe");
    }
    source
}

/// Everything that axe-core objects to on the page as it stands, in both schemes.
async fn assert_accessible(browser: &Browser, axe: &str, state: &str) {
    for scheme in ["light", "dark"] {
        let feature = |name: &str, value: &str| json!({"name": name, "value": value});
        // Colours on their way to others have no contrast that counts.
        let features =
            json!({"features": [feature("prefers-color-scheme", scheme), feature("prefers-reduced-motion", "reduce")]});
        browser.devtools("Emulation.setEmulatedMedia", features).await;
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>
                done(violations.map(({id, impact, nodes}) => `${impact} ${id}: ${nodes.map((node) => node.html + ' ' + node.failureSummary).join(' | ')}`)),
                (error) => done([String(error)]))";
        browser.page.execute(axe, vec![]).await.expect("axe-core loads");
        let found = browser.page.execute_async(script, vec![]).await.expect("axe-core's answer");
        assert_eq!(found, json!([]), "{state}, {scheme}");
    }
}

/// What is too small for a finger: every control but links inside sentences.
async fn assert_large_enough(browser: &Browser, state: &str) {
    let script = "return [...document.querySelectorAll('button, select, textarea, summary, input:not([type=hidden]), a, [role=separator]')]
        .filter((element) => element.checkVisibility({visibilityProperty: true, opacityProperty: false}) && !element.closest('.visually-hidden, .skip-link'))
        .filter((element) => !(element.localName === 'a' && getComputedStyle(element).display === 'inline'))
        .map((element) => [element, (element.type === 'radio' || element.type === 'checkbox' ? element.closest('label') : element).getBoundingClientRect()])
        .filter(([, box]) => Math.round(box.height) < 44 || Math.round(box.width) < (box.height > 200 ? 24 : 44))
        .map(([element, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${element.outerHTML.slice(0, 120)}`)";
    assert_eq!(browser.evaluate(script).await, json!([]), "{state}");
}

async fn every_state(wish: Wish) {
    let Some(axe) = axe() else { return };
    let Some(visit) = Visit::begin(wish).await else { return };
    let browser = &visit.browser;
    let check = async |state: &str| {
        assert_accessible(browser, &axe, state).await;
        assert_large_enough(browser, state).await;
    };
    browser.write("#add-title", "find me").await;
    browser.click("#add-button").await;
    browser.shows("find me").await;
    if wish.telephone {
        check("the list on a telephone").await;
        browser.click("#open-assistant").await;
    }
    browser.until("document.querySelector('#chat:not(.loading) .who')?.textContent").await;
    check("nothing said yet").await;
    let turn = visit.assistant.turn();
    visit.say("Add milk").await;
    turn.tool("add_task", "executing").await;
    turn.token("I **am** `at` it.\n\n1. one\n2. two").await;
    browser.until("document.querySelector('.theirs ol')").await;
    check("an answer on its way").await;
    turn.tool("add_task", "completed").await;
    turn.done("**Delete 2 tasks?**", json!({"confirmation": {"id": "x", "count": 2}})).await;
    browser.find("#scroll .confirmation").await;
    check("a question").await;
    let turn = visit.assistant.turn();
    visit.say("Something else").await;
    turn.event("error", json!({"error": "That went wrong.", "type": "model"})).await;
    browser.find(".failure").await;
    check("a failure").await;

    let one = json!({"id": CONVERSATION, "title": "About milk", "preview": "✓ Added", "created_at": "2026-11-18T11:00:00Z",
        "updated_at": "2026-11-18T11:00:00Z"});
    visit.assistant.answers("/api/conversations", json!({"items": [one], "next_cursor": "more"}));
    let mut old = said("An answer\n\n- with a list");
    old["tool_calls"] = json!([{"tool": "add_task", "status": "completed"}, {"tool": "x", "status": "failed"}]);
    visit
        .assistant
        .answers("/api/conversations/", json!({"items": [old], "next_cursor": "older", "confirmation": {"count": 2}}));
    for path in [
        "/chat",
        "/chat/new",
        "/chat/history",
        &format!("/chat/{CONVERSATION}/delete"),
        "/tasks?status=all&priority=high",
    ] {
        visit.open(path).await;
        browser.until("document.readyState === 'complete' && !document.querySelector('#chat.loading')").await;
        check(path).await;
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_is_accessible_on_a_wide_screen() {
    every_state(Wish::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_is_accessible_on_a_telephone() {
    every_state(Wish { telephone: true, ..Wish::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_motion_sees_none() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    let reduce = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
    browser.devtools("Emulation.setEmulatedMedia", reduce).await;
    let turn = visit.assistant.turn();
    visit.say("Hello").await;
    turn.tool("list_tasks", "executing").await;
    browser.find(".badge.executing").await;
    assert_eq!(browser.evaluate("return document.getAnimations().length").await, Value::from(0));
    turn.done("✓", json!({})).await;
    visit.end().await;
}
