//! A mock model that others wrote (the npm package in tests/mock-model), so that the client is not only right by its own
//! author's idea of the protocol. Absent on purpose: what it cannot do, such as cutting bytes (see model_server.rs).

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Once,
};

use serde_json::{Value, json};

use super::client;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mock-model");

/// A running one. It ends with its standard input, at the latest when the test's process does.
pub(crate) struct MockModel {
    /// `http://127.0.0.1:port`, without a path.
    pub(crate) base: String,
    child: Child,
    http: reqwest::Client,
}

impl MockModel {
    /// `None` where the package is not installed: the test then passes without testing and says so; not where CI runs it.
    pub(crate) fn start() -> Option<Self> {
        if !Path::new(FOLDER).join("node_modules").exists() {
            say_that_it_is_missing();
            return None;
        }
        let mut command = Command::new("node");
        command.args(["--no-warnings", "server.mjs"]).current_dir(FOLDER).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut base = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut base).unwrap();
        Some(Self { base: base.trim().to_owned(), child, http: client::new() })
    }

    /// What it answers to whom, in the package's own words; the first that fits is taken.
    pub(crate) async fn add(&self, fixtures: Value) {
        let request = self.http.post(format!("{}/__aimock/fixtures", self.base));
        let response = request.json(&json!({"fixtures": fixtures})).send().await.unwrap();
        let status = response.status();
        assert_eq!(status, 200, "{}", response.text().await.unwrap());
    }

    /// The bodies of all chat requests, the oldest first.
    pub(crate) async fn journal(&self) -> Vec<Value> {
        let response = self.http.get(format!("{}/__aimock/journal", self.base)).send().await.unwrap();
        let entries: Vec<Value> = response.json().await.unwrap();
        let chat = entries.into_iter().filter(|entry| entry["path"] == "/v1/chat/completions");
        chat.map(|mut entry| entry["body"].take()).collect()
    }
}

impl Drop for MockModel {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no config.rs")]
fn say_that_it_is_missing() {
    static SAY_ONCE: Once = Once::new();
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "{FOLDER}/node_modules is missing; CI tests against the mock model, too");
    SAY_ONCE.call_once(|| {
        // Past the test harness, which would swallow it.
        let line = "skipped: every test against the mock model, because it is not installed (try make setup)";
        let _ = writeln!(std::io::stderr(), "{line}");
    });
}
