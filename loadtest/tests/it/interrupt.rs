//! Ctrl-C, and what is left when the load test itself is killed.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{alive, alone, children, eventually, loadtest, signal};

#[test]
fn ctrl_c_ends_with_a_partial_verdict_that_says_so() {
    let _alone = alone();
    let report = tempfile::tempdir().unwrap();
    let mut command = loadtest(&["--only", "LATENCY,SC-003", "--duration", "30s"], report.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(child.stderr.take().unwrap());
    // The load has begun when its first figures are printed.
    let mut told = std::io::BufRead::lines(lines).map_while(Result::ok);
    assert!(told.any(|line| line.contains("requests/s")), "the load never began");
    let servers = children(child.id());
    assert_eq!(servers.len(), 1);

    signal(&child, "INT");
    let rest: Vec<String> = told.collect();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(2), "{rest:?}");
    let verdict: Value = serde_json::from_slice(&std::fs::read(report.path().join("verdict.json")).unwrap()).unwrap();
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
