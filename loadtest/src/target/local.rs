//! A backend on this machine: a child process on a loopback port that it keeps over restarts, with a SQLite file in a
//! temporary folder, its output caught in one file per start. Absent on purpose: what the load does to it.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use url::Url;

use super::child::SERVE;
use super::settings::Settings;
use crate::api::{self, Api, Call};

/// How long a server may take until it is ready, on a machine that is busy with something else.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How often a starting server is asked: fine enough for the START criterion.
const POLL: Duration = Duration::from_millis(3);

/// Why the server is not as it should be; a sentence for the reader.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("the server cannot be started: {0}")]
    Spawn(std::io::Error),
    #[error("the server ended with {status} instead of serving: {said}")]
    Ended { status: ExitStatus, said: String },
    #[error("the server was not ready within {} s: {said}", READY_WITHIN.as_secs())]
    NotReady { said: String },
    #[error("no HTTP client can be built: {0}")]
    Client(#[from] reqwest::Error),
    #[error("{0}")]
    Files(#[from] std::io::Error),
    #[error("no server is running")]
    NotRunning,
}

/// How a server ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Absent when a signal ended it.
    pub code: Option<i32>,
    pub after: Duration,
}

/// The server and everything it needs.
#[derive(Debug)]
pub struct Local {
    executable: Option<PathBuf>,
    http: reqwest::Client,
    /// Asks `/ready`. Keeps no connection, as a kubelet keeps none: an idle one would prolong every shutdown.
    probe: reqwest::Client,
    /// Holds the databases; temporary.
    folder: PathBuf,
    /// Holds the caught output; stays for whoever looks for a cause.
    outputs_folder: PathBuf,
    /// Known from the first start on.
    port: Option<u16>,
    starts: u32,
    /// One file of stdout per start, and whether that server was killed, which may cut its last line.
    pub outputs: Vec<Output>,
    running: Option<Child>,
    /// Id of the running server, 0 when there is none: for the sampler.
    pub pid: Arc<AtomicU32>,
}

/// The caught stdout of one start.
#[derive(Clone, Debug)]
pub struct Output {
    pub path: PathBuf,
    pub killed: bool,
}

impl Local {
    /// A target whose first server has yet to be started. Output of an earlier run is removed.
    pub fn new(
        executable: Option<&Path>,
        http: reqwest::Client,
        folder: &Path,
        outputs_folder: &Path,
    ) -> Result<Self, TargetError> {
        std::fs::create_dir_all(outputs_folder)?;
        for entry in std::fs::read_dir(outputs_folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "log" || ending == "err") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self {
            executable: executable.map(Path::to_path_buf),
            http,
            probe: api::http_client(0)?,
            folder: folder.to_path_buf(),
            outputs_folder: outputs_folder.to_path_buf(),
            port: None,
            starts: 0,
            outputs: Vec::new(),
            running: None,
            pid: Arc::default(),
        })
    }

    /// A database file of this name in the temporary folder.
    pub fn database_url(&self, name: &str) -> String {
        format!("sqlite:{}", self.folder.join(name).display())
    }

    /// The executable that serves, for its digest.
    pub fn executable(&self) -> std::io::Result<PathBuf> {
        self.executable.clone().map_or_else(own_executable, Ok)
    }

    /// Starts a server and waits until it is ready; says how long that took from the moment of the start.
    pub async fn start(&mut self, settings: &Settings) -> Result<Duration, TargetError> {
        self.kill().await;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let began = Instant::now();
            match self.try_start(settings, deadline).await {
                // After a kill a connection of ours may hold the port for a moment: client ports come from the same range.
                Err(TargetError::Ended { said, .. }) if said.contains("in use") && Instant::now() < deadline => {
                    self.outputs.pop();
                    sleep(Duration::from_millis(50)).await;
                }
                result => return result.map(|()| began.elapsed()),
            }
        }
    }

    async fn try_start(&mut self, settings: &Settings, deadline: Instant) -> Result<(), TargetError> {
        self.starts += 1;
        let output = self.outputs_folder.join(format!("server-{:02}.log", self.starts));
        let complaints = output.with_extension("err");
        let mut environment = settings.environment();
        if let Some(port) = self.port {
            environment.insert("LISTEN_ADDR".into(), format!("127.0.0.1:{port}").into());
        }
        let mut command = Command::new(own_executable()?);
        command
            .arg(SERVE)
            .arg(std::process::id().to_string())
            .args(&self.executable)
            .env_clear()
            .envs(environment)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&output)?)
            .stderr(std::fs::File::create(&complaints)?)
            // Ctrl-C at a terminal goes to the whole group, and the server must outlive it until we end it ourselves.
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().map_err(TargetError::Spawn)?;
        self.pid.store(child.id().unwrap_or(0), Relaxed);
        self.running = Some(child);
        self.outputs.push(Output { path: output.clone(), killed: false });

        while self.port.is_none() {
            self.port = listening_port(&output);
            self.still_starting(deadline, &complaints).await?;
        }
        let probe = self.probe()?;
        while !matches!(probe.send(&Call::get("/ready")).await, Ok(answer) if answer.status == 200) {
            self.still_starting(deadline, &complaints).await?;
        }
        Ok(())
    }

    async fn still_starting(&mut self, deadline: Instant, complaints: &Path) -> Result<(), TargetError> {
        let said = || {
            let text = std::fs::read_to_string(complaints).unwrap_or_default();
            let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it printed no reason");
            line.to_owned()
        };
        let child = self.running.as_mut().ok_or(TargetError::NotRunning)?;
        if let Some(status) = child.try_wait()? {
            self.running = None;
            self.pid.store(0, Relaxed);
            return Err(TargetError::Ended { status, said: said() });
        }
        if Instant::now() > deadline {
            self.kill().await;
            return Err(TargetError::NotReady { said: said() });
        }
        sleep(POLL).await;
        Ok(())
    }

    /// Where the server listens, once it has been started.
    pub fn base(&self) -> Result<Url, TargetError> {
        let port = self.port.ok_or(TargetError::NotRunning)?;
        Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|_| TargetError::NotRunning)
    }

    /// A client of the server with counts of its own.
    pub fn api(&self) -> Result<Api, TargetError> {
        Ok(Api::new(self.http.clone(), &self.base()?))
    }

    /// A client that keeps no connection open.
    pub fn probe(&self) -> Result<Api, TargetError> {
        Ok(Api::new(self.probe.clone(), &self.base()?))
    }

    /// Ends the server without warning. Unlike a power cut this leaves what the system had not yet written to the disk.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            if let Some(output) = self.outputs.last_mut() {
                output.killed = true;
            }
            // Only fails when the process has already ended.
            let _ = child.kill().await;
        }
        self.pid.store(0, Relaxed);
    }

    /// Asks the server to end and returns at once; `ended` waits for it.
    pub fn terminate(&mut self) -> Result<(), TargetError> {
        let id = self.running.as_ref().and_then(Child::id).ok_or(TargetError::NotRunning)?;
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(TargetError::NotRunning)?;
        kill_process(pid, Signal::TERM).map_err(|error| TargetError::Files(error.into()))
    }

    /// Waits for the end of the server; `None` when it does not come in time (it is then killed).
    pub async fn ended(&mut self, within: Duration) -> Result<Option<Ended>, TargetError> {
        let began = Instant::now();
        let child = self.running.as_mut().ok_or(TargetError::NotRunning)?;
        match timeout(within, child.wait()).await {
            Ok(status) => {
                self.running = None;
                self.pid.store(0, Relaxed);
                Ok(Some(Ended { code: status?.code(), after: began.elapsed() }))
            }
            Err(_) => {
                self.kill().await;
                Ok(None)
            }
        }
    }

    /// Ends the server the polite way and waits.
    pub async fn stop(&mut self, within: Duration) -> Result<Option<Ended>, TargetError> {
        self.terminate()?;
        self.ended(within).await
    }

    /// The most resident memory that the running server has had since its start.
    pub fn peak_memory_mib(&self) -> Option<f64> {
        super::process::peak_resident_mib(self.pid.load(Relaxed))
    }

    /// Resident memory of the running server.
    pub fn memory_mib(&self) -> Option<f64> {
        super::process::resident_mib(self.pid.load(Relaxed))
    }
}

/// Our own executable as it was when we started, even when a new build has replaced the file meanwhile.
pub fn own_executable() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}

/// The port in the `listening` line, when it has been printed.
fn listening_port(output: &Path) -> Option<u16> {
    let text = std::fs::read_to_string(output).ok()?;
    text.lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line.get("body")? == "listening").then(|| line.get("server.port")?.as_u64()?.try_into().ok())?
    })
}
