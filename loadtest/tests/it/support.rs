//! Starts the executable and reads what it wrote. Absent on purpose: expectations.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Two load tests at once would measure each other. Every test that loads something holds this.
static MACHINE: Mutex<()> = Mutex::new(());

pub fn alone() -> MutexGuard<'static, ()> {
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A finished run.
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub report: TempDir,
}

impl Finished {
    /// `verdict.json` as it was written.
    pub fn verdict(&self) -> Value {
        let path = self.report.path().join("verdict.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", self.stderr));
        serde_json::from_str(&text).unwrap()
    }

    /// One criterion of the verdict.
    pub fn criterion(&self, id: &str) -> Value {
        let verdict = self.verdict();
        let criteria = verdict["criteria"].as_array().unwrap();
        criteria.iter().find(|criterion| criterion["id"] == id).unwrap_or_else(|| panic!("no {id}")).clone()
    }

    /// Ids of the criteria with this status.
    pub fn ids(&self, status: &str) -> Vec<String> {
        let verdict = self.verdict();
        let criteria = verdict["criteria"].as_array().unwrap().iter();
        criteria
            .filter(|criterion| criterion["status"] == status)
            .map(|criterion| criterion["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The command with a report folder of its own.
pub fn loadtest(arguments: &[&str], report: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
    command.args(arguments).arg("--report-dir").arg(report).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs to the end.
pub fn run(arguments: &[&str]) -> Finished {
    run_with(arguments, &[])
}

/// Runs to the end with additional environment variables.
pub fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let report = tempfile::tempdir().unwrap();
    let output = loadtest(arguments, report.path()).envs(environment.iter().copied()).output().unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        report,
    }
}

/// The example that serves the backend with one fault. Cargo builds it together with these tests.
pub fn faulty_backend() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_loadtest")).with_file_name("examples").join("faulty_backend");
    assert!(path.is_file(), "{} is missing: cargo build -p loadtest --examples", path.display());
    path
}

/// Waits for something, with a deadline.
pub fn eventually<T>(what: &str, mut try_it: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(value) = try_it() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Direct children of a process, from `/proc`.
pub fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

/// Whether a process exists and has not merely been left unburied.
pub fn alive(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Sends a signal by name to one process.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}
