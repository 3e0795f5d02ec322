//! Backend and frontend as processes of their own, with all that they write, and somebody who clicks without a browser.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "correct horse battery staple";

type Lines = Arc<Mutex<Vec<String>>>;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    lines: Lines,
    reader: Option<JoinHandle<()>>,
    /// Where it listens, without a slash at the end.
    pub(crate) url: String,
}

/// Both servers, the frontend in front of the backend.
pub(crate) struct Servers {
    pub(crate) frontend: Server,
    pub(crate) backend: Server,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start(name: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program())
            .arg(name)
            .env_clear()
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example is built by `cargo test -p e2e`; before `--test it` alone, `cargo build -p e2e --example servers`");
        let output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let lines = Lines::default();
        let written = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            for line in output.map_while(Result::ok) {
                written.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let mut server = Self { child, lines, reader: Some(reader), url: String::new() };
        let listening = server.line_with("body", "listening").await;
        server.url = format!("http://127.0.0.1:{}", listening["server.port"]);
        let ready = format!("{}/ready", server.url);
        eventually(&format!("{name} to be ready"), async || {
            reqwest::get(&ready).await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
        server
    }

    /// Every line so far, as it was written.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first line with this field, as soon as there is one.
    pub(crate) async fn line_with(&self, field: &str, value: &str) -> Value {
        let find = || {
            let lines = self.lines().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
            lines.into_iter().find(|line| line[field] == value)
        };
        eventually(&format!("a line with {field}={value}"), async || find()).await
    }

    pub(crate) async fn scrape(&self) -> String {
        let answer = reqwest::get(format!("{}/metrics", self.url)).await.expect("a scrape");
        answer.text().await.expect("text")
    }

    /// Asks it to end, as Kubernetes does, and gives everything that it wrote.
    pub(crate) async fn end(mut self) -> Vec<String> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(asked.success(), "the server still runs");
        let status = eventually("the end", async || self.child.try_wait().expect("a child")).await;
        assert!(status.success(), "{status}: {:?}", self.lines().last());
        self.reader.take().expect("one reader").join().expect("it read to the end");
        self.lines()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Servers {
    /// Starts both, each with these settings besides.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let database = format!("sqlite:{}", folder.path().join("todo.db").display());
        let own = [
            ("DATABASE_URL", database.as_str()),
            ("JWT_SECRET", "a secret that only this test knows"),
            ("SHUTDOWN_DELAY_SECONDS", "0"),
        ];
        let backend = Server::start("backend", &[settings, &own].concat()).await;
        let own = [("BACKEND_URL", backend.url.as_str()), ("SHUTDOWN_DELAY_SECONDS", "0")];
        let frontend = Server::start("frontend", &[settings, &own].concat()).await;
        Self { frontend, backend, _folder: folder }
    }
}

/// Somebody with an account at the frontend.
pub(crate) struct Visitor {
    http: Client,
    site: String,
    cookie: String,
}

impl Visitor {
    pub(crate) async fn sign_up(frontend: &Server) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        let mut visitor = Self { http, site: frontend.url.clone(), cookie: String::new() };
        let answer = visitor.post("/signup", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let session = cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with("session="));
        session.expect("a session").clone_into(&mut visitor.cookie);
        visitor
    }

    /// Opens a page, perhaps with a place in a trace.
    pub(crate) async fn get(&self, path: &str, traceparent: Option<&str>) -> Response {
        let request = self.http.get(format!("{}{path}", self.site)).header("cookie", &self.cookie);
        let request = traceparent.into_iter().fold(request, |request, place| request.header("traceparent", place));
        request.send().await.expect("an answer")
    }

    /// Sends a form as a page of the site would.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}{path}", self.site)).header("cookie", &self.cookie);
        request.header("sec-fetch-site", "same-origin").form(form).send().await.expect("an answer")
    }

    /// The id of the newest task on the list.
    pub(crate) async fn first_task(&self) -> String {
        let page = self.get("/tasks", None).await.text().await.expect("a page");
        let id = page.split("id=\"task-").nth(1).and_then(|rest| rest.split('"').next());
        id.unwrap_or_else(|| panic!("no task in {page}")).to_owned()
    }
}

/// Asks again until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Cargo puts examples beside the folder of test binaries.
fn program() -> std::path::PathBuf {
    let test = std::env::current_exe().expect("a path");
    test.parent().and_then(|deps| deps.parent()).expect("the folder of the profile").join("examples/servers")
}
