//! Ctrl-C, SIGTERM, and what is left when the load test itself is killed.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{alive, alone, children, eventually, loadtest, signal};

/// Long enough to be interrupted.
const LONG: [&str; 4] = ["--only", "LATENCY,SC-003", "--duration", "30s"];

#[test]
fn ctrl_c_ends_with_a_partial_verdict_that_says_so() {
    let _alone = alone();
    let report = tempfile::tempdir().unwrap();
    ends_early(loadtest(&LONG, report.path()), "INT", report.path());
}

#[test]
fn a_run_with_ctrl_c_ignored_goes_to_its_end() {
    let _alone = alone();
    let report = tempfile::tempdir().unwrap();
    let finished = deaf(&loadtest(&["--only", "START"], report.path())).output().unwrap();
    let stderr = String::from_utf8(finished.stderr).unwrap();
    assert_eq!(finished.status.code(), Some(0), "{stderr}");
}

#[test]
fn a_run_with_ctrl_c_ignored_ends_with_sigterm() {
    let _alone = alone();
    let report = tempfile::tempdir().unwrap();
    ends_early(deaf(&loadtest(&LONG, report.path())), "TERM", report.path());
}

/// The same command with SIGINT ignored, which is what a shell does to its background jobs.
fn deaf(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" INT; exec "$0" "$@""#]).arg(command.get_program()).args(command.get_args());
    shell
}

/// Sends the signal under load, and expects a partial verdict and no server.
fn ends_early(mut command: Command, name: &str, report: &Path) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(child.stderr.take().unwrap());
    // The load has begun when its first figures are printed.
    let mut told = std::io::BufRead::lines(lines).map_while(Result::ok);
    assert!(told.any(|line| line.contains("requests/s")), "the load never began");
    let servers = children(child.id());
    assert_eq!(servers.len(), 1);

    signal(&child, name);
    let rest: Vec<String> = told.collect();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(2), "{rest:?}");
    let verdict: Value = serde_json::from_slice(&std::fs::read(report.join("verdict.json")).unwrap()).unwrap();
    assert_eq!((&verdict["partial"], &verdict["passed"]), (&Value::Bool(true), &Value::Bool(false)));
    assert!(verdict["load"]["requests"].as_u64().unwrap() > 0, "what was measured is kept: {verdict}");
    let sc003 = verdict["criteria"].as_array().unwrap().iter().find(|c| c["id"] == "SC-003").unwrap();
    assert_eq!(sc003["status"], "not_measured", "{sc003}");
    assert!(!alive(servers[0]), "the server outlived the run");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_load_test_leaves_no_server_behind() {
    let _alone = alone();
    let report = tempfile::tempdir().unwrap();
    let mut command = loadtest(&["--only", "LATENCY"], report.path());
    // A killed process removes nothing: its temporary folder goes with this test's own.
    command.env("TMPDIR", report.path());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let server = eventually("a server", || children(child.id()).first().copied());
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the end of the server", || (!alive(server)).then_some(()));
}
