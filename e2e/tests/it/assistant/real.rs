//! A whole conversation with the assistant as it ships without a key: the built-in rules behind both servers.

use serde_json::json;

use super::sign_up;
use crate::{
    application::Application,
    browser::{Browser, Wish},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_manages_tasks_by_talking() {
    let Some(browser) = Browser::open(Wish::default()).await else { return };
    let application = Application::start().await;
    sign_up(&browser, &application).await;
    browser.shows("Built-in rules answer here. No AI model is connected.").await;
    let say = async |message: &str| {
        browser.until("document.querySelector('#chat:not(.loading) #message:not([readonly])')").await;
        browser.write("#message", &format!("{message}\u{e007}")).await;
        browser.until("document.querySelector('.theirs:last-of-type .by')?.textContent").await;
    };
    // An example is a button, and its task is due tomorrow at five on the reader's clock.
    browser.click(".example").await;
    browser.find("[aria-label='Complete: Buy milk']").await;
    browser.until("document.querySelector('.task .due')?.textContent.includes('Tomorrow, 17:00')").await;
    browser.until("document.querySelector('.theirs .by')?.textContent === 'Built-in rules'").await;
    say("Add water the plants").await;
    browser.find("[aria-label='Complete: Water the plants']").await;
    say("Add prepare the slides by Friday 10am, high priority").await;
    browser.find("[aria-label^='Complete: Prepare']").await;
    say("What is still open?").await;
    browser.until("document.querySelectorAll('.theirs')[3]?.querySelectorAll('li').length >= 3").await;
    let heights = browser.evaluate("return [document.documentElement.scrollHeight, window.innerHeight]").await;
    assert_eq!(heights[0], heights[1], "the conversation scrolls, and the page need not");
    for scheme in ["dark", "light"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", features).await;
        browser.picture(&format!("list-and-assistant-{scheme}")).await;
    }
    say("complete the first one").await;
    browser.until("document.querySelectorAll('.task').length === 2").await;
    say("delete all my tasks").await;
    browser.find("#scroll .confirmation").await;
    assert_eq!(browser.evaluate("return document.querySelectorAll('.task').length").await, json!(2));
    let telephone = json!({"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", telephone).await;
    browser.picture("list-telephone").await;
    browser.click("#open-assistant").await;
    browser.until("document.querySelector('#assistant.open #scroll .confirmation')").await;
    browser.picture("question-telephone").await;
    browser.click("#scroll .confirmation button[value='yes']").await;
    browser.until("document.querySelectorAll('.task').length === 0").await;
    browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;

    // Everything is still there on another page, which the server wrote.
    browser.page.goto(&format!("{}/chat", application.address)).await.expect("the page of the assistant");
    browser.shows("Remind me to buy milk tomorrow at 5pm").await;
    browser.shows("Task created").await;
    browser.page.goto(&format!("{}/chat/history", application.address)).await.expect("the history");
    browser.shows("Remind me to buy milk tomorrow at 5pm").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "the browser's console is silent");
    browser.close().await;
    application.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_talk_without_scripts() {
    let Some(browser) = Browser::open(Wish { without_scripts: true, ..Wish::default() }).await else { return };
    let application = Application::start().await;
    sign_up(&browser, &application).await;
    let say = async |message: &str| {
        browser.write("#message", message).await;
        browser.click("#send").await;
        browser.shows(message).await;
    };
    say("Add buy milk").await;
    browser.find(".theirs").await;
    say("Add water the plants").await;
    say("Delete all my tasks").await;
    browser.click("#scroll .confirmation button[value='no']").await;
    browser.gone("#scroll .confirmation").await;
    browser.page.goto(&format!("{}/tasks", application.address)).await.expect("the list");
    browser.find("[aria-label='Complete: Buy milk']").await;
    browser.find("[aria-label='Complete: Water the plants']").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "the browser's console is silent");
    browser.close().await;
    application.stop().await;
}
