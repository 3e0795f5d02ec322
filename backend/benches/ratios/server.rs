//! The real backend in a process of its own, so that its CPU time can be read apart from ours, and one user's requests.

use std::{
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

use crate::Outcome;

pub(crate) struct Server {
    child: Child,
    base: String,
    _folder: tempfile::TempDir,
}

#[derive(Clone)]
pub(crate) struct User {
    client: reqwest::Client,
    base: String,
    token: String,
    credentials: Value,
}

/// The child's whole life: serves on a free port, which it writes to standard error, until it is killed.
pub(crate) fn serve(instrumented: bool, database: &str) -> Outcome<()> {
    let lookup = |name: &str| -> Option<String> {
        match name {
            "DATABASE_URL" => Some(format!("sqlite:{database}")),
            "JWT_SECRET" => Some("a secret for measuring, of some length".to_owned()),
            "REQUESTS_PER_MINUTE" | "LOGINS_PER_MINUTE" => Some("0".to_owned()),
            _ => None,
        }
    };
    let mut config = backend::config::Config::from_lookup(&lookup)?;
    config.instrumented = instrumented;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _telemetry = if instrumented { Some(telemetry::start(&config.telemetry)?) } else { None };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("port {}", listener.local_addr()?.port());
        backend::run(config, listener, CancellationToken::new()).await?;
        Ok(())
    })
}

impl Server {
    pub(crate) async fn start(how: &str) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        // Log lines are made and written, but not kept.
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", how])
            .arg(folder.path().join("bench.db"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
        let port = loop {
            let line = lines.next_line().await?.ok_or("the server ended before it listened")?;
            if let Some(port) = line.strip_prefix("port ") {
                break port.to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let server = Self { child, base: format!("http://127.0.0.1:{port}"), _folder: folder };
        while !reqwest::get(format!("{}/ready", server.base)).await.is_ok_and(|answer| answer.status() == 200) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(server)
    }

    /// An account with one page of tasks.
    pub(crate) async fn sign_up(&self) -> Outcome<User> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let credentials =
            json!({"email": format!("bench{number}@example.com"), "password": "correct horse battery staple"});
        let client = reqwest::Client::new();
        let answer = client.post(format!("{}/api/auth/signup", self.base)).json(&credentials).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let token = answer["token"].as_str().ok_or("no token in the answer")?.to_owned();
        let user = User { client, base: self.base.clone(), token, credentials };
        for _ in 0..50 {
            user.create().await?;
        }
        Ok(user)
    }

    /// The CPU time of all threads so far. From `schedstat`, in nanoseconds: the ticks of `stat` are ten milliseconds.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let schedule = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += schedule.split(' ').next().ok_or("an unreadable schedstat")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl User {
    pub(crate) async fn list(&self) -> Outcome<()> {
        let request = self.client.get(format!("{}/api/tasks", self.base)).bearer_auth(&self.token);
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }

    pub(crate) async fn create(&self) -> Outcome<()> {
        let task = json!({"title": "measure what it costs", "priority": "high"});
        let request = self.client.post(format!("{}/api/tasks", self.base)).bearer_auth(&self.token).json(&task);
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }

    pub(crate) async fn log_in(&self) -> Outcome<()> {
        let request = self.client.post(format!("{}/api/auth/login", self.base)).json(&self.credentials);
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }
}
