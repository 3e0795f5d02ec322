//! The assistant in a real browser. Most of it behind a stand-in that can be held between two events and refuse at will;
//! a whole conversation with the real one is in `real`.

mod accessible;
mod live;
mod place;
mod real;
mod scripted;
mod trouble;

use crate::application::Application;
use crate::browser::{Browser, Wish};
use scripted::Scripted;

const PASSWORD: &str = "correct horse battery staple";

/// Somebody with an account, a browser at the task list, and an assistant that says what the test wants.
struct Visit {
    browser: Browser,
    application: Application,
    assistant: Scripted,
}

impl Visit {
    async fn begin(wish: Wish) -> Option<Self> {
        Self::begin_with(wish, Scripted::default()).await
    }

    async fn begin_with(wish: Wish, assistant: Scripted) -> Option<Self> {
        let browser = Browser::open(wish).await?;
        let application = Application::start_with(async |backend| assistant.stand_before(backend).await).await;
        sign_up(&browser, &application).await;
        Some(Self { browser, application, assistant })
    }

    /// Types a message and sends it by the keyboard.
    async fn say(&self, message: &str) {
        self.browser.until("document.querySelector('#chat:not(.loading) #message:not([readonly])')").await;
        self.browser.write("#message", &format!("{message}\u{e007}")).await;
    }

    async fn open(&self, path: &str) {
        self.browser.page.goto(&format!("{}{path}", self.application.address)).await.expect("a page");
    }

    /// Ends everything; a browser that complained of nothing is part of every test.
    async fn end(self) {
        assert_eq!(self.browser.complaints().await, Vec::<String>::new(), "the browser's console is silent");
        self.end_after_trouble().await;
    }

    /// The same where requests were to fail, which the browser writes down.
    async fn end_after_trouble(self) {
        self.browser.close().await;
        self.application.stop().await;
    }
}

async fn sign_up(browser: &Browser, application: &Application) {
    browser.page.goto(&format!("{}/signup", application.address)).await.expect("the sign-up page");
    browser.write("#email", "ada@example.com").await;
    browser.write("#password", PASSWORD).await;
    browser.click("form[action='/signup'] button").await;
    browser.find("#add-title").await;
}
