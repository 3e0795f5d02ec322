//! What a person does with the application, in a real browser: with scripts, without them, and on a telephone.

use fantoccini::Locator;

use crate::{
    application::Application,
    browser::{Browser, Wish},
};

const PASSWORD: &str = "correct horse battery staple";

/// The title of a task that would do harm if any page took it for more than text.
const HOSTILE: &str = "<img src=x onerror=alert(1)> & \"quotes\"";

async fn sign_up(browser: &Browser, application: &Application, email: &str) {
    browser.page.goto(&format!("{}/signup", application.address)).await.expect("the sign-up page");
    browser.write("#email", email).await;
    browser.write("#password", PASSWORD).await;
    browser.click("form[action='/signup'] button").await;
    browser.find("#add-title").await;
}

async fn add(browser: &Browser, title: &str) {
    browser.write("#add-title", title).await;
    browser.click("#add-button").await;
    browser.shows(title).await;
}

/// The button, link or box whose accessible name is this, as somebody with a screen reader finds it.
fn named(label: &str) -> String {
    format!("[aria-label={}]", serde_json::Value::from(label))
}

/// From an account to an empty list and back in again. The steps are the same with and without scripts.
async fn whole_journey(wish: Wish) {
    let Some(browser) = Browser::open(wish).await else {
        return;
    };
    let application = Application::start().await;
    sign_up(&browser, &application, "ada@example.com").await;

    add(&browser, "water the plants").await;
    add(&browser, HOSTILE).await;

    browser.click(&named("Complete: water the plants")).await;
    browser.gone(&named("Complete: water the plants")).await;
    browser.shows(HOSTILE).await;

    browser.click(&named(&format!("Edit: {HOSTILE}"))).await;
    let title = browser.find("#edit-title").await;
    title.clear().await.expect("an empty field");
    title.send_keys("call the dentist").await.expect("typing");
    browser.click("#save").await;
    browser.find(&named("Complete: call the dentist")).await;

    browser.page.goto(&format!("{}/tasks?status=completed", application.address)).await.expect("the filtered list");
    browser.find(&named("Open again: water the plants")).await;
    browser.gone(&named("Complete: call the dentist")).await;

    browser.click(&named("Delete: water the plants")).await;
    browser.click("#confirm-delete").await;
    // The question's page does not show the task's box either: its absence says something only once the list is back.
    browser.find("#add-title").await;
    browser.gone(&named("Open again: water the plants")).await;

    browser.click("form[action='/logout'] button").await;
    browser.find("form[action='/login']").await;
    browser.page.goto(&format!("{}/tasks", application.address)).await.expect("a page");
    browser.write("#email", "ada@example.com").await;
    browser.write("#password", PASSWORD).await;
    browser.click("form[action='/login'] button").await;
    browser.find(&named("Complete: call the dentist")).await;

    assert_eq!(browser.complaints().await, Vec::<String>::new(), "the browser's console is silent");
    browser.close().await;
    application.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_do_everything_with_scripts() {
    whole_journey(Wish::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_do_everything_without_scripts() {
    whole_journey(Wish { without_scripts: true, ..Wish::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_scrolls_sideways_on_a_telephone() {
    let Some(browser) = Browser::open(Wish { telephone: true, ..Wish::default() }).await else {
        return;
    };
    let application = Application::start().await;
    sign_up(&browser, &application, "grace@example.com").await;
    add(&browser, &"a-very-long-word-without-any-blank".repeat(5)).await;
    let edit = browser.find("a[aria-label^='Edit: ']").await.attr("href").await.expect("a page").expect("a link");
    for path in ["/tasks", "/tasks?status=all&q=nothing", edit.as_str(), "/account", "/nowhere"] {
        browser.page.goto(&format!("{}{path}", application.address)).await.expect("a page");
        let script = "return [document.documentElement.scrollWidth, window.innerWidth]";
        let widths = browser.page.execute(script, vec![]).await.expect("two widths");
        assert!(widths[0].as_f64() <= widths[1].as_f64(), "{path} is {} points wide on {}", widths[0], widths[1]);
    }
    browser.close().await;
    application.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_and_button_has_a_name_for_a_screen_reader() {
    let Some(browser) = Browser::open(Wish::default()).await else {
        return;
    };
    let application = Application::start().await;
    sign_up(&browser, &application, "joan@example.com").await;
    add(&browser, "find me").await;
    for path in ["/tasks", "/chat", "/chat/history", "/account", "/login", "/signup"] {
        browser.page.goto(&format!("{}{path}", application.address)).await.expect("a page");
        // The panel beside the list comes a moment later.
        browser.until("!document.querySelector('#chat.loading')").await;
        let controls = "button, a, input:not([type=hidden]), select, textarea";
        for control in browser.page.find_all(Locator::Css(controls)).await.expect("a page") {
            let script = "const e = arguments[0]; return (e.labels && e.labels.length ? e.labels[0].textContent.trim() : '') \
                          || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()";
            let element = serde_json::to_value(&control).expect("a reference");
            let name = browser.page.execute(script, vec![element]).await.expect("a name");
            let html = control.html(false).await.expect("its source");
            assert!(name.as_str().is_some_and(|name| !name.is_empty()), "{path}: nameless {html}");
        }
    }
    browser.close().await;
    application.stop().await;
}
