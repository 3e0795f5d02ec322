//! A real Chromium, driven through Debian's chromedriver, with a profile of its own and no way to anything but loopback.
//! Without Chromium a test says so in one line and passes; CI always has it, so there the absence is a failure.

use std::{
    io::{self, Write},
    process::Stdio,
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::Capabilities};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// How a test wants its browser.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wish {
    /// Scripts are blocked, as a cautious reader or a broken network would have it.
    pub(crate) without_scripts: bool,
    /// The screen of a small telephone, 375 by 812 points.
    pub(crate) telephone: bool,
}

pub(crate) struct Browser {
    pub(crate) page: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

/// Long enough for a slow machine; every wait ends as soon as its condition holds.
const PATIENCE: Duration = Duration::from_secs(30);

impl Browser {
    /// Starts a browser, or says why not and returns nothing.
    pub(crate) async fn open(wish: Wish) -> Option<Self> {
        let found = Command::new("chromedriver").arg("--version").stdout(Stdio::null()).status().await;
        if found.is_err() {
            assert!(!in_ci(), "CI needs chromium and chromedriver");
            // Written past the capturing of passing tests, because a skip that nobody sees is a lie.
            let _ = writeln!(
                io::stderr(),
                "skipped: a browser test, for want of chromedriver (apt install chromium-driver)"
            );
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts");
        let port = announced_port(&mut driver).await;
        let profile = tempfile::tempdir().expect("a profile folder");
        let page = ClientBuilder::rustls()
            .expect("a WebDriver client")
            .capabilities(capabilities(wish, profile.path()))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        Some(Self { page, driver, _profile: profile })
    }

    /// The element, once it is there.
    pub(crate) async fn find(&self, css: &str) -> Element {
        match self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css}: {error}\n{}", self.page.source().await.unwrap_or_default()),
        }
    }

    /// Clicks the element once it is there. A page that is being replaced takes its elements with it; then the new
    /// page's element is clicked.
    pub(crate) async fn click(&self, css: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while let Err(error) = self.find(css).await.click().await {
            assert!(error.is_stale_element_reference(), "a click on {css}: {error}");
            assert!(tokio::time::Instant::now() < deadline, "{css} is replaced for ever");
        }
    }

    /// Types the words into the field once it is there.
    pub(crate) async fn write(&self, css: &str, words: &str) {
        self.find(css).await.send_keys(words).await.expect("typing");
    }

    /// Waits until nothing matches any more.
    pub(crate) async fn gone(&self, css: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !self.page.find_all(Locator::Css(css)).await.expect("a page").is_empty() {
            assert!(tokio::time::Instant::now() < deadline, "{css} is still there");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until the page's visible text contains the words.
    pub(crate) async fn shows(&self, words: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let text = self.find("body").await.text().await.unwrap_or_default();
            if text.contains(words) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "the page does not show {words:?} but:\n{text}");
        }
    }

    /// What the browser complained of: script errors, blocked content, failed requests.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.page.issue_cmd(BrowserLog).await.expect("the browser's log");
        log.as_array()
            .expect("a list of entries")
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The answer of a script in the page.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        self.page.execute(script, vec![]).await.expect("a script that runs")
    }

    /// Waits until an expression in the page is true.
    pub(crate) async fn until(&self, expression: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.page.execute(&format!("return Boolean({expression})"), vec![]).await.ok() != Some(Value::Bool(true))
        {
            assert!(tokio::time::Instant::now() < deadline, "never: {expression}");
            tokio::task::yield_now().await;
        }
    }

    /// Something of Chromium that WebDriver has no word for, such as being offline or the dark scheme.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) {
        let command = DevTools(json!({"cmd": command, "params": parameters}));
        self.page.issue_cmd(command).await.expect("a command that Chromium knows");
    }

    /// Keeps what the page looks like in `target/pages`, for people; the README's pictures are from there.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = e2e::tool::root().join("target/pages");
        std::fs::create_dir_all(&folder).expect("a folder");
        let picture = self.page.screenshot().await.expect("a picture");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("a file");
    }

    /// Ends the browser and its driver.
    pub(crate) async fn close(mut self) {
        self.page.close().await.expect("the session ends");
        self.driver.kill().await.expect("chromedriver ends");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks where it runs; the product reads settings in config.rs")]
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// chromedriver chooses a free port and prints it.
async fn announced_port(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    while let Some(line) = lines.next_line().await.expect("readable output") {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            let port = port.trim_end_matches('.').parse().expect("a port");
            // Somebody has to read what follows, or the driver stops at a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return port;
        }
    }
    panic!("chromedriver ended before it listened");
}

fn capabilities(wish: Wish, profile: &std::path::Path) -> Capabilities {
    let mut options = json!({
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--window-size=1280,900", format!("--user-data-dir={}", profile.display()),
        ],
    });
    if wish.without_scripts {
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    if wish.telephone {
        options["mobileEmulation"] = json!({"deviceMetrics": {"width": 375, "height": 812, "pixelRatio": 2.0}});
    }
    let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
    match wanted {
        Value::Object(wanted) => wanted,
        _ => unreachable!("built as an object above"),
    }
}

/// Chromium's own log, which WebDriver's standard does not offer.
#[derive(Debug)]
struct BrowserLog;

impl fantoccini::wd::WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct DevTools(Value);

impl fantoccini::wd::WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}
