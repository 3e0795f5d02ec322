//! `TestApp`: the real executable on a free port with a database of its own. Absent on purpose: mocks, sleeps, and a
//! server inside the test's process, whose metrics and log lines would be everybody's.

pub(crate) mod client;
pub(crate) mod collector;
pub(crate) mod database;
pub(crate) mod engine;
pub(crate) mod fixture_tools;
pub(crate) mod front;
pub(crate) mod mcp_client;
pub(crate) mod metrics;
pub(crate) mod mock_model;
pub(crate) mod model_server;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod raw;

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) use client::{Answer, Call, User};
pub(crate) use engine::{Engine, TestDatabase};
pub(crate) use metrics::Scrape;
pub(crate) use process::{Process, eventually};

/// Known to tests that forge tokens.
pub(crate) const JWT_SECRET: &str = "a secret of the tests, 32 characters or more";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server. Clones are the same server; it is stopped by force when the test ends.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) base: String,
    /// The test's own database, for what a test does behind the server's back.
    pub(crate) database_url: String,
    pub(crate) process: Arc<Process>,
    client: reqwest::Client,
}

/// The settings of a test's server: limits off, everything else as a user gets it, unless a test says otherwise.
pub(crate) struct Setup {
    settings: BTreeMap<&'static str, String>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let settings = [
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("JWT_SECRET", JWT_SECRET),
            ("REQUESTS_PER_MINUTE", "0"),
            ("LOGINS_PER_MINUTE", "0"),
            ("CHAT_MESSAGES_PER_MINUTE", "0"),
        ];
        Self { settings: settings.map(|(name, value)| (name, value.to_owned())).into() }
    }

    pub(crate) fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.insert(name, value.to_string());
        self
    }

    /// Starts the program and returns once it listens, whether or not it is ready.
    pub(crate) async fn launch(self, database: &TestDatabase) -> TestApp {
        let url = database.url.clone();
        self.launch_at(database, &url).await
    }

    /// The same with another way to the database.
    pub(crate) async fn launch_at(self, database: &TestDatabase, url: &str) -> TestApp {
        let settings = self.set("DATABASE_URL", url).settings;
        let process = Process::start(&settings);
        let port = process.port().await;
        TestApp {
            base: format!("http://127.0.0.1:{port}"),
            database_url: database.url.clone(),
            process: Arc::new(process),
            client: client::new(),
        }
    }

    /// Starts the program and returns once it is ready.
    pub(crate) async fn start(self, database: &TestDatabase) -> TestApp {
        let app = self.launch(database).await;
        app.until_ready().await;
        app
    }
}

impl TestApp {
    /// Anonymous calls; those of a person start at `User`.
    pub(crate) fn request(&self, method: Method, path: &str) -> Call {
        Call::new(self.client.request(method, format!("{}{path}", self.base)))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path).json(&body).send().await
    }

    pub(crate) async fn until_ready(&self) {
        eventually("the server is ready", async || self.get("/ready").await.status == 200).await;
    }

    /// A new account. The name is the local part of the address, so each test has each name once.
    pub(crate) async fn sign_up(&self, name: &str) -> User {
        let email = format!("{name}@example.com");
        let answer = self.post("/api/auth/signup", json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let text = |pointer: &str| answer.json.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        User { app: self.clone(), id: text("/user/id"), email, token: text("/token") }
    }

    pub(crate) async fn scrape(&self) -> Scrape {
        Scrape::parse(&self.get("/metrics").await.text)
    }

    /// Every line that the server has written to stdout, as JSON.
    pub(crate) fn log_lines(&self) -> Vec<Value> {
        self.process.log_lines()
    }
}

/// Runs `body` against a fresh server and removes its database afterwards, also when the body fails.
pub(crate) async fn with_app<F: Future<Output = ()>>(engine: Engine, setup: Setup, body: impl FnOnce(TestApp) -> F) {
    let Some(database) = TestDatabase::create(engine).await else {
        return;
    };
    let app = setup.start(&database).await;
    let process = Arc::clone(&app.process);
    let outcome = AssertUnwindSafe(body(app)).catch_unwind().await;
    process.kill();
    database.remove().await;
    if let Err(panic) = outcome {
        eprintln!("the server's last lines:\n{}", process.last_lines());
        std::panic::resume_unwind(panic);
    }
}

/// The same for a test that starts servers of its own.
pub(crate) async fn with_database<F: Future<Output = ()>>(engine: Engine, body: impl FnOnce(Arc<TestDatabase>) -> F) {
    let Some(database) = TestDatabase::create(engine).await else {
        return;
    };
    let database = Arc::new(database);
    let outcome = AssertUnwindSafe(body(Arc::clone(&database))).catch_unwind().await;
    database.remove().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// `on_both_engines! { async fn what_is_promised(app: TestApp) { … } }` makes the tests `what_is_promised::sqlite` and
/// `what_is_promised::postgres`. A first line `setup = Setup::new().set(…);` changes settings; an argument of type
/// `Arc<TestDatabase>` starts no server.
macro_rules! on_both_engines {
    (async fn $name:ident($app:ident: TestApp) $body:block) => {
        on_both_engines! { setup = $crate::support::Setup::new(); async fn $name($app: TestApp) $body }
    };
    (setup = $setup:expr; async fn $name:ident($app:ident: TestApp) $body:block) => {
        on_both_engines! { @ $name, |engine| $crate::support::with_app(engine, $setup, async |$app: TestApp| $body) }
    };
    (async fn $name:ident($database:ident: Arc<TestDatabase>) $body:block) => {
        on_both_engines! { @ $name, |engine| $crate::support::with_database(
            engine, async |$database: Arc<TestDatabase>| $body
        ) }
    };
    (@ $name:ident, |$engine:ident| $run:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "not every test needs what its file imports")]
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let $engine = $crate::support::Engine::Sqlite;
                $run.await;
            }

            #[tokio::test]
            async fn postgres() {
                let $engine = $crate::support::Engine::Postgres;
                $run.await;
            }
        }
    };
}
