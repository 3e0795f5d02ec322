//! A run that must pass, and the shape of what it writes.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Finished, alone, eventually, run};

/// Every criterion that one machine can judge.
const LOCAL: [&str; 11] = [
    "SC-003", "SC-006", "SC-007", "HEALTH", "DRAIN", "ERRORS", "LATENCY", "METRICS", "LOGS", "START", "MEMORY",
];

#[test]
fn a_short_run_measures_and_passes_every_local_criterion() {
    let _alone = alone();
    let finished = run(&["--duration", "14s", "--users", "20", "--seed", "7"]);
    assert_eq!(finished.ids("fail"), Vec::<String>::new(), "{:#}", finished.verdict());
    assert_eq!(finished.ids("pass"), LOCAL, "{:#}", finished.verdict());
    assert_eq!(finished.code, Some(0));
    for cluster_only in ["SC-001", "SC-002", "SC-004", "SC-008"] {
        assert_eq!(finished.criterion(cluster_only)["status"], "not_measured");
    }
    has_the_documented_shape(&finished);
}

/// The design's `verdict.json`, and the files beside it.
fn has_the_documented_shape(finished: &Finished) {
    let verdict = finished.verdict();
    for name in [
        "target",
        "release",
        "started_at",
        "finished_at",
        "passed",
        "criteria",
        "ledger",
        "load",
        "timeline",
    ] {
        assert!(!verdict[name].is_null(), "{name} is missing: {verdict:#}");
    }
    assert_eq!(
        (&verdict["target"], &verdict["passed"]),
        (&Value::from("local"), &Value::Bool(true))
    );
    for criterion in verdict["criteria"].as_array().unwrap() {
        for name in [
            "id", "title", "limit", "measured", "unit", "status", "reason", "evidence",
        ] {
            assert!(criterion.get(name).is_some(), "{name} is missing: {criterion:#}");
        }
    }
    let ledger = &verdict["ledger"];
    assert!(ledger["acknowledged"].as_u64().unwrap() >= 1_000, "{ledger}");
    assert_eq!(
        (&ledger["lost"], &ledger["duplicated"], &ledger["altered"]),
        (&Value::from(0), &Value::from(0), &Value::from(0))
    );
    for file in ["verdict.json", "junit.xml", "timeline.csv", "report.html"] {
        let size = std::fs::metadata(finished.report.path().join(file)).unwrap().len();
        assert!(size > 100, "{file} has {size} bytes");
    }
    assert!(
        finished.stdout.contains("SC-003"),
        "the table names the criteria: {}",
        finished.stdout
    );
}

#[test]
fn a_running_server_is_loaded_without_being_broken() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new(crate::support::faulty_backend())
        .env_clear()
        .env("LISTEN_ADDR", format!("127.0.0.1:{port}"))
        .env(
            "DATABASE_URL",
            format!("sqlite:{}", folder.path().join("todo.db").display()),
        )
        .envs([("REQUESTS_PER_MINUTE", "0"), ("LOGINS_PER_MINUTE", "0")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("a listening server", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });

    let url = format!("http://127.0.0.1:{port}");
    let finished = run(&["--url", &url, "--duration", "12s", "--users", "10", "--format", "json"]);
    let survived = server.try_wait().unwrap().is_none();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(survived, "the server was ended");
    assert_eq!(finished.ids("fail"), Vec::<String>::new(), "{:#}", finished.verdict());
    for measured in ["SC-007", "ERRORS", "LATENCY", "METRICS"] {
        assert_eq!(
            finished.criterion(measured)["status"],
            "pass",
            "{:#}",
            finished.criterion(measured)
        );
    }
    for (open, why) in [
        ("SC-003", "not killed"),
        ("DRAIN", "not stopped"),
        ("START", "already running"),
    ] {
        let criterion = finished.criterion(open);
        assert_eq!(criterion["status"], "not_measured", "{criterion:#}");
        assert!(criterion["reason"].as_str().unwrap().contains(why), "{criterion:#}");
    }
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let printed: Value = serde_json::from_str(&finished.stdout).expect("stdout is the verdict and nothing else");
    assert_eq!(printed, finished.verdict());
}
