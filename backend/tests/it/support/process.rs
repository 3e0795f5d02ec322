//! The backend's executable as a child process, and waiting without sleeping blindly.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Generous, because it only decides how long a failing test takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until it is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "still not after {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A running server with everything it writes. Killed when dropped.
pub(crate) struct Process {
    child: Mutex<Child>,
    stdout: Arc<Mutex<Vec<String>>>,
    stderr: Mutex<Option<JoinHandle<String>>>,
}

impl Process {
    /// Starts it with these settings and no others.
    pub(crate) fn start(settings: &BTreeMap<&'static str, String>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backend"));
        command.env_clear().envs(settings).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                writer.lock().unwrap().push(line);
            }
        });
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        Self { child: Mutex::new(child), stdout: lines, stderr: Mutex::new(Some(errors)) }
    }

    /// The port that the line `listening` names.
    pub(crate) async fn port(&self) -> u16 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let listening = self.log_lines().into_iter().find(|line| line["body"] == "listening");
            if let Some(line) = listening {
                return line["server.port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
            }
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                panic!("the server ended with {status} before it listened\n{}{}", self.last_lines(), self.stderr());
            }
            assert!(Instant::now() < deadline, "the server does not listen\n{}", self.last_lines());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) fn raw_lines(&self) -> Vec<String> {
        self.stdout.lock().unwrap().clone()
    }

    pub(crate) fn log_lines(&self) -> Vec<Value> {
        let lines = self.raw_lines();
        lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }

    pub(crate) fn last_lines(&self) -> String {
        let lines = self.raw_lines();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Asks it to end, as Kubernetes does.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }

    pub(crate) fn exit_status(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().unwrap()
    }

    /// How it ended, once it has.
    pub(crate) async fn wait(&self) -> ExitStatus {
        eventually("the server has ended", async || self.exit_status().is_some()).await;
        self.exit_status().unwrap()
    }

    /// What it wrote to stderr; complete once it has ended.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().take().map(|reader| reader.join().unwrap()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
