//! Exit status 2 and one line of reason for whatever is no run.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::{alone, loadtest, run, run_with};

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2_and_one_line() {
    for (arguments, named) in [
        (&["--target", "cluster", "--keep"][..], "--install"),
        (&["--only", "SC-999"], "SC-999"),
        (&["--plan", "five"], "--plan"),
        (&["--users", "-1"], "users"),
        (&["--backend", "/no/such/file"], "/no/such/file"),
    ] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
        assert_eq!(finished.stderr.trim_end().lines().count(), 1, "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(named), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}: {}", finished.stdout);
    }
}

#[test]
fn help_explains_itself_on_stdout_with_success() {
    let finished = run(&["--help"]);
    assert_eq!(finished.code, Some(0));
    for word in ["Examples:", "--only", "--url", "Exit status:"] {
        assert!(finished.stdout.contains(word), "{word}: {}", finished.stdout);
    }
    assert!(!finished.stdout.contains('\x1b'), "a pipe is no terminal: {:?}", finished.stdout);
    // Clap wraps at 100 columns.
    let examples = finished.stdout.split_once("Examples:").unwrap().1;
    let (examples, _) = examples.split_once("Exit status:").unwrap();
    for line in examples.trim().lines() {
        assert!(line.trim_start().starts_with("cargo run -p loadtest"), "wrapped: {line}");
    }
}

#[test]
fn a_report_that_cannot_be_begun_ends_with_2_before_the_run() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("report");
    let output = loadtest(&["--only", "START"], &folder).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.trim_end().lines().last().unwrap().contains(folder.to_str().unwrap()), "{stderr}");
    assert!(!stderr.contains("ten starts"), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_report_that_cannot_be_written_ends_with_2_and_the_verdict() {
    let _alone = alone();
    let report = tempfile::tempdir().unwrap();
    std::fs::create_dir(report.path().join("verdict.json")).unwrap();
    let output = loadtest(&["--only", "START", "--format", "json"], report.path()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    assert_eq!(verdict["passed"], true, "{verdict:#}");
    let last = stderr.trim_end().lines().last().unwrap();
    assert!(last.contains("--report-dir") && last.contains(report.path().to_str().unwrap()), "{stderr}");
    assert!(!report.path().join(".verdict.json.unfinished").exists());
}

#[test]
fn a_server_that_cannot_be_reached_ends_with_2_and_the_reason() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let finished = run(&["--url", &format!("http://127.0.0.1:{port}")]);
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    let last = finished.stderr.trim_end().lines().last().unwrap();
    assert!(last.contains("cannot be reached") && last.contains("refused"), "{}", finished.stderr);
}

#[test]
fn a_backend_that_does_not_serve_ends_with_2_and_what_it_said() {
    let faulty = crate::support::faulty_backend();
    let finished = run_with(&["--backend", faulty.to_str().unwrap()], &[("TODO_FAULT", "nonsense")]);
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    let last = finished.stderr.trim_end().lines().last().unwrap();
    assert!(last.contains("TODO_FAULT=\"nonsense\""), "{}", finished.stderr);
}
