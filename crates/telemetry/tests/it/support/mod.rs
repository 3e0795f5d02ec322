//! The example server as a child process, and small helpers to watch it.

pub(crate) mod fake_loki;
pub(crate) mod scraped;

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
    time::Instant,
};

/// How long anything is waited for; only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The running server and everything that it wrote so far.
pub(crate) struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    /// Ends with the program's output.
    reading: JoinHandle<()>,
    address: String,
}

impl Program {
    /// Starts it on a free port, which it tells in its first line.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let mut program = Self::spawn(settings);
        let listening = program.line_with("body", "listening").await;
        program.address = format!("127.0.0.1:{}", listening["server.port"]);
        program
    }

    /// Starts one that writes no line about listening.
    pub(crate) async fn start_quietly(settings: &[(&str, &str)]) -> Self {
        let address = fake_loki::free_address().await;
        let mut program = Self::spawn(&[settings, &[("LISTEN_ADDR", &address)]].concat());
        program.address = address;
        eventually("a connection", async || TcpStream::connect(program.address()).await.ok()).await;
        program
    }

    fn spawn(settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(example())
            .env_clear()
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the example is built by `cargo test -p telemetry`; `--test it` alone does not build it");
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&lines);
        let reading = tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                written.lock().unwrap().push(line);
            }
        });
        Self { child, lines, reading, address: String::new() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(self.url(path)).await.unwrap()
    }

    pub(crate) async fn scrape(&self) -> scraped::Scrape {
        scraped::Scrape::new(self.get("/metrics").await.text().await.unwrap())
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Every line so far, each read as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.lines.lock().unwrap();
        lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    /// The first line with this field, as soon as there is one.
    pub(crate) async fn line_with(&self, field: &str, value: &str) -> Value {
        eventually(&format!("a line with {field}={value}"), async || {
            self.lines().into_iter().find(|line| line[field] == value)
        })
        .await
    }

    /// Resident memory in bytes.
    pub(crate) async fn resident_memory(&self) -> f64 {
        self.scrape().await.value("process_resident_memory_bytes", &[])
    }

    pub(crate) fn id(&self) -> String {
        self.child.id().unwrap().to_string()
    }

    /// Asks the process to end, as Kubernetes does.
    pub(crate) fn terminate(&self) {
        let killed = std::process::Command::new("kill").args(["-TERM", &self.id()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for the end, by which every line is there, and gives the exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let ending = async {
            let status = self.child.wait().await.unwrap();
            (&mut self.reading).await.unwrap();
            status.code()
        };
        tokio::time::timeout(PATIENCE, ending).await.unwrap()
    }
}

/// Asks again until there is an answer, and fails after a generous while.
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
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/smallest")
}
