//! A run that must pass, and the shape of what it writes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Finished, alone, eventually, run};

/// Every criterion that one machine can judge.
const LOCAL: [&str; 13] = [
    "SC-003", "SC-006", "SC-007", "HEALTH", "DRAIN", "STREAMS", "ERRORS", "LATENCY", "CHAT", "METRICS", "LOGS",
    "START", "MEMORY",
];

#[test]
fn a_short_run_judges_every_local_criterion_and_passes() {
    let _alone = alone();
    let finished = run(&["--duration", "14s", "--users", "20", "--seed", "7"]);
    let (passed, failed) = (finished.ids("pass"), finished.ids("fail"));
    let judged: Vec<&str> =
        LOCAL.into_iter().filter(|id| passed.iter().chain(&failed).any(|judged| judged == id)).collect();
    assert_eq!(judged, LOCAL, "{:#}", finished.verdict());
    // How fast the answers come depends on what else this machine is doing; everything else must hold on any machine.
    assert!(failed.iter().all(|id| id == "LATENCY"), "{failed:?}: {:#}", finished.verdict());
    assert_eq!(finished.code, Some(i32::from(!failed.is_empty())));
    for cluster_only in ["SC-001", "SC-002", "SC-004", "SC-008"] {
        assert_eq!(finished.criterion(cluster_only)["status"], "not_measured");
    }
    assert_eq!(finished.verdict()["passed"], failed.is_empty());
    has_the_documented_shape(&finished);
}

/// The design's `verdict.json`, and the files beside it.
fn has_the_documented_shape(finished: &Finished) {
    let verdict = finished.verdict();
    for name in ["target", "release", "started_at", "finished_at", "passed", "criteria", "ledger", "load", "timeline"] {
        assert!(!verdict[name].is_null(), "{name} is missing: {verdict:#}");
    }
    assert_eq!(verdict["target"], "local");
    for criterion in verdict["criteria"].as_array().unwrap() {
        for name in ["id", "title", "limit", "measured", "unit", "status", "reason", "evidence"] {
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
    assert!(finished.stdout.contains("SC-003"), "the table names the criteria: {}", finished.stdout);
}

/// Asks `/ready` with as little as possible.
fn is_ready(port: u16) -> bool {
    let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut answer = String::new();
    connection.write_all(b"GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").is_ok()
        && connection.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

#[test]
fn a_running_server_is_loaded_without_being_broken() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new(crate::support::faulty_backend())
        .env_clear()
        .env("LISTEN_ADDR", format!("127.0.0.1:{port}"))
        .env("DATABASE_URL", format!("sqlite:{}", folder.path().join("todo.db").display()))
        .envs([("REQUESTS_PER_MINUTE", "0"), ("LOGINS_PER_MINUTE", "0"), ("CHAT_MESSAGES_PER_MINUTE", "0")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("a ready server", || is_ready(port).then_some(()));

    let url = format!("http://127.0.0.1:{port}");
    let finished = run(&["--url", &url, "--duration", "16s", "--users", "10", "--skip", "LATENCY", "--format", "json"]);
    let survived = server.try_wait().unwrap().is_none();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(survived, "the server was ended");
    for measured in ["SC-007", "ERRORS", "CHAT", "METRICS"] {
        assert_eq!(finished.criterion(measured)["status"], "pass", "{:#}", finished.criterion(measured));
    }
    for (open, why) in
        [("SC-003", "not killed"), ("DRAIN", "not stopped"), ("STREAMS", "not stopped"), ("START", "already running")]
    {
        let criterion = finished.criterion(open);
        assert_eq!(criterion["status"], "not_measured", "{criterion:#}");
        assert!(criterion["reason"].as_str().unwrap().contains(why), "{criterion:#}");
    }
    let page = std::fs::read_to_string(finished.report.path().join("report.html")).unwrap();
    assert!(page.contains("unknown profile"), "how that server was built is not known");
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let printed: Value = serde_json::from_str(&finished.stdout).expect("stdout is the verdict and nothing else");
    assert_eq!(printed, finished.verdict());
}
