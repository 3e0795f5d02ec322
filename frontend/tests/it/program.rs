//! The executable itself: its settings, its gauge of the backend, its end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::site::Site;

const PATIENCE: Duration = Duration::from_secs(30);

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontend"));
    command.env_clear();
    command
}

/// The running executable; ends with the test.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start(backend: &str) -> Self {
        let mut command = command();
        command.env("LISTEN_ADDR", "127.0.0.1:0").env("BACKEND_URL", backend);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| port_in(&line)).expect("it listens");
        // Somebody has to go on reading, or the program would talk to a closed pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn port_in(line: &str) -> Option<u64> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    (line["body"] == "listening").then(|| line["server.port"].as_u64())?
}

fn run_with(settings: &[(&str, &str)]) -> Output {
    command().envs(settings.iter().copied()).output().expect("the program starts")
}

#[test]
fn every_wrong_setting_is_named_in_one_message() {
    let output = run_with(&[
        ("LISTEN_ADDR", "80x"),
        ("BACKEND_URL", "http://user:hunter2@host"),
        ("COOKIE_SECURE", "maybe"),
        ("SHUTDOWN_GRACE_SECONDS", "-1"),
        ("BACKEND_TIMEOUT_SECONDS", "0"),
        ("LOG_LEVEL", "LOUD"),
    ]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(text.lines().count(), 1, "{text}");
    for name in [
        "LISTEN_ADDR",
        "BACKEND_URL",
        "COOKIE_SECURE",
        "SHUTDOWN_GRACE_SECONDS",
        "BACKEND_TIMEOUT_SECONDS",
        "LOG_LEVEL",
    ] {
        assert!(text.contains(name), "{name} is not in {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn waits_without_a_sensible_end_are_refused() {
    for seconds in ["3601", "18446744073709551615"] {
        let names = ["SHUTDOWN_DELAY_SECONDS", "SHUTDOWN_GRACE_SECONDS", "BACKEND_TIMEOUT_SECONDS"];
        // The wrong address ends the program whatever it makes of the waits.
        let output = run_with(&[("LISTEN_ADDR", "80x"), (names[0], seconds), (names[1], seconds), (names[2], seconds)]);
        let text = String::from_utf8(output.stderr).expect("text");
        for name in names {
            assert!(text.contains(name), "{name}={seconds} is not refused: {text}");
        }
    }
}

#[test]
fn a_setting_that_is_no_text_is_wrong_and_not_absent() {
    let output = command().env("COOKIE_SECURE", OsStr::from_bytes(&[b't', 0xff])).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("COOKIE_SECURE"));
}

#[test]
fn a_taken_port_is_an_error_but_not_one_of_settings() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = run_with(&[("LISTEN_ADDR", &address)]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(&address), "{text}");
}

#[tokio::test]
async fn the_gauge_follows_the_backend() {
    let site = Site::start().await;
    let program = Program::start(&site.backend.url());
    let browser = Browser::new(&program.url);
    wait_for(&browser, "dependency_up{dependency=\"backend\"} 1").await;
    let down = site.stop_backend().await;
    wait_for(&browser, "dependency_up{dependency=\"backend\"} 0").await;
    assert_eq!(browser.clone().get("/ready").await.status, 200);
    let _site = down.start_backend().await;
    wait_for(&browser, "dependency_up{dependency=\"backend\"} 1").await;
}

async fn wait_for(browser: &Browser, sample: &str) {
    let start = Instant::now();
    loop {
        let scrape = browser.clone().get("/metrics").await;
        if scrape.body.lines().any(|line| line == sample) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{sample} never came:\n{}", scrape.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_address() {
    let site = Site::start().await;
    let program = Program::start(&site.backend.url());
    let mut browser = Browser::new(&program.url);
    for number in 0..20 {
        browser.get(&format!("/tasks/{}", uuid::Uuid::from_u128(number))).await;
        browser.get(&format!("/wp-admin/{number}.php")).await;
    }
    let scrape = browser.get("/metrics").await.body;
    let series = |endpoint: &str| {
        let label = format!("endpoint=\"{endpoint}\"");
        scrape.lines().filter(|line| line.starts_with("axum_http_requests_total") && line.contains(&label)).count()
    };
    assert_eq!((series("/tasks/{id}"), series("UNMATCHED")), (1, 1), "{scrape}");
    assert!(!scrape.contains("wp-admin") && !scrape.contains("quantile="), "{scrape}");
}

#[tokio::test]
async fn a_polite_end_is_a_clean_one() {
    let site = Site::start().await;
    let mut program = Program::start(&site.backend.url());
    assert_eq!(Browser::new(&program.url).get("/health").await.status, 200);
    let id = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    let start = Instant::now();
    let status = loop {
        if let Some(status) = program.child.try_wait().expect("a child") {
            break status;
        }
        assert!(start.elapsed() < PATIENCE, "the program does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status.code(), Some(0));
}
