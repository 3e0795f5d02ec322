//! A good turn: the answer comes piece by piece, and the list follows it.

use serde_json::{Value, json};

use super::{Visit, scripted::said};
use crate::browser::Wish;

/// What the assistant's tool would do, done by the test in its place.
async fn add_task(visit: &Visit, title: &str) {
    let token = visit.assistant.asked().last().expect("a turn").token.clone();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}/api/tasks", visit.application.api)).header("authorization", token);
    let answer = request.json(&json!({"title": title})).send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_appears_while_the_assistant_still_speaks() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    browser.write("#add-title", "was here before").await;
    browser.click("#add-button").await;
    browser.shows("was here before").await;
    browser.evaluate("document.querySelector('.task').isTheOldOne = true").await;

    let turn = visit.assistant.turn();
    visit.say("Add buy milk").await;
    browser.until("document.querySelector('.theirs .typing')?.offsetHeight > 0").await;
    turn.tool("add_task", "executing").await;
    browser.until("document.querySelector('.badge.executing')?.textContent === 'Creating task…'").await;
    add_task(&visit, "Buy milk").await;
    turn.tool("add_task", "completed").await;
    browser.until("document.querySelector('.badge.completed')?.textContent === 'Task created'").await;
    browser.find(".task.fresh [aria-label='Complete: Buy milk']").await;
    // The answer is still open, and what did not change is the same element as before.
    assert_eq!(browser.evaluate("return document.getElementById('stop').hidden").await, Value::Bool(false));
    assert_eq!(
        browser
            .evaluate(
                "return [...document.querySelectorAll('.task:not(.fresh)')].filter((row) => row.isTheOldOne).length"
            )
            .await,
        json!(1)
    );

    turn.token("✓ Added **Buy").await;
    browser.until("document.querySelector('.theirs .text').textContent === '✓ Added **Buy'").await;
    turn.token(" milk**.").await;
    browser.until("document.querySelector('.theirs .text strong')?.textContent === 'Buy milk'").await;
    turn.done("✓ Added **Buy milk**.", json!({})).await;
    browser.until("document.querySelector('.theirs .by').textContent === 'Built-in rules'").await;
    browser.until("document.getElementById('stop').hidden && !document.getElementById('message').readOnly").await;
    assert_eq!(browser.evaluate("return document.activeElement.id").await, json!("message"));
    browser.gone(".task.fresh").await;

    // A row that came by a script works like any other.
    browser.click("[aria-label='Complete: Buy milk']").await;
    browser.gone("[aria-label='Complete: Buy milk']").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_a_button() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    let turn = visit.assistant.turn();
    visit.say("Delete everything").await;
    let asked = json!({"success": true, "data": {"confirmation": {"count": 2}}});
    turn.event("tool_call", json!({"tool": "delete_task", "status": "completed", "result": asked})).await;
    browser.until("document.querySelector('.badge.asked')?.textContent === 'Waits for your answer'").await;
    turn.done("**Delete 2 tasks?**", json!({"confirmation": {"id": "x", "count": 2}})).await;
    let turn = visit.assistant.turn();
    browser.click("#scroll .confirmation button[value='yes']").await;
    turn.done("✓ Deleted.", json!({"engine": "rules", "fallback": true})).await;
    browser.shows("Built-in rules, because the AI model did not answer").await;
    browser.gone("#scroll .confirmation").await;
    let asked: Vec<String> = visit.assistant.asked().into_iter().map(|asked| asked.message).collect();
    assert_eq!(asked, ["Delete everything", "yes"]);
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_hears_sentences_and_no_pieces() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let turn = visit.assistant.turn();
    visit.say("Hello").await;
    for piece in ["One **sen", "tence**. ", "And an", "other one"] {
        turn.token(piece).await;
    }
    visit.browser.until("document.querySelector('.theirs .text').textContent.endsWith('another one')").await;
    let heard = "return [...document.querySelectorAll('#announcer p')].map((line) => line.textContent)";
    assert_eq!(visit.browser.evaluate(heard).await, json!(["One sentence."]));
    turn.done("One **sentence**. And another one!", json!({})).await;
    visit.browser.until("document.getElementById('stop').hidden").await;
    assert_eq!(visit.browser.evaluate(heard).await, json!(["One sentence.", "And another one!"]));
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_counts_sends_and_breaks_lines() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    browser.until("document.querySelector('#chat:not(.loading)')").await;
    // An empty message is none.
    browser.write("#message", "\u{e007}").await;
    browser.write("#message", "two\u{e008}\u{e007}\u{e008}lines 👍").await;
    browser.until("document.getElementById('counter').textContent === '11 / 1000'").await;
    assert!(visit.assistant.asked().is_empty());
    let turn = visit.assistant.turn();
    browser.write("#message", "\u{e007}").await;
    turn.done("✓", json!({})).await;
    browser.until("document.querySelector('.mine .text')?.textContent === 'two\\nlines 👍'").await;
    assert_eq!(visit.assistant.asked()[0].message, "two\nlines 👍");
    browser.until("document.getElementById('counter').textContent === '0 / 1000'").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_further_up_is_not_pulled_down() {
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    let turn = visit.assistant.turn();
    visit.say("Tell me a story").await;
    turn.token(&"- a line of it\n".repeat(60)).await;
    let at_end = "Math.abs(document.getElementById('scroll').scrollHeight - document.getElementById('scroll').scrollTop - document.getElementById('scroll').clientHeight) < 2";
    browser.until(&format!("document.querySelectorAll('.theirs .text li').length === 60 && {at_end}")).await;
    browser.evaluate("document.getElementById('scroll').scrollTop = 0").await;
    browser.until("new Promise((done) => requestAnimationFrame(() => done(true)))").await;
    turn.token("- one more\n").await;
    browser.until("document.querySelectorAll('.theirs .text li').length === 61").await;
    assert_eq!(browser.evaluate("return document.getElementById('scroll').scrollTop").await, json!(0));
    turn.done("The end.", json!({})).await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_text_whatever_they_say() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../../frontend/tests/markdown.json")).expect("cases");
    let Some(visit) = Visit::begin(Wish::default()).await else { return };
    let browser = &visit.browser;
    browser.until("window.todo?.markdown").await;
    for case in cases {
        let script = "const wanted = document.createElement('template'); wanted.innerHTML = arguments[1];
                      const made = document.createElement('div'); made.append(window.todo.markdown(arguments[0])); made.normalize();
                      const other = document.createElement('div'); other.append(wanted.content); return [made.isEqualNode(other), made.innerHTML]";
        // A parser of HTML makes another character of NUL than the script does.
        let arguments = vec![case["text"].clone(), case["html"].clone()];
        let same = browser.page.execute(script, arguments).await.expect("a script that runs");
        assert_eq!(same[0], Value::Bool(true), "{}: {} is not {}", case["text"], same[1], case["html"]);
    }
    let turn = visit.assistant.turn();
    visit.say("<img src=x onerror=alert(1)>").await;
    turn.token("<img src=x onerror=alert(1)>").await;
    turn.done("<img src=x onerror=alert(1)> **<b>bold</b>** [x](javascript:alert(1))", json!({})).await;
    browser.until("document.querySelector('.theirs .by').textContent").await;
    assert_eq!(
        browser.evaluate("return document.querySelectorAll('#messages :is(img, b, a, script)').length").await,
        json!(0)
    );
    visit.assistant.answers("/api/conversations/", json!({"items": [said("**<b>x</b>**")], "next_cursor": null}));
    visit.end().await;
}
