//! What is tried again, what is not, and what remains of a failed round.

use std::{io::Write, sync::Mutex, time::Duration};

use backend::assistant::model::{FailureKind, Model, ModelSettings, Patience};
use serde_json::json;
use tokio::net::TcpListener;
use tracing::Level;

use super::{KEY, ask, asked, model, patience, settings};
use crate::support::model_server::{ModelServer, Reply, end, text};

fn fine() -> Reply {
    Reply::stream(&[text("Fine."), end("stop")])
}

#[track_caller]
fn assert_failed<T>(outcome: &Result<T, backend::assistant::model::Failure>, kind: FailureKind, attempts: u32) {
    let failure = outcome.as_ref().err().unwrap();
    assert_eq!((failure.kind, failure.attempts), (kind, attempts));
}

#[tokio::test]
async fn too_many_requests_are_repeated_three_times() {
    let server = ModelServer::start([Reply::status(429)]).await;
    assert_failed(&asked(&server).await.1, FailureKind::RateLimited, 4);
    assert_eq!(server.requests().len(), 4);

    let server = ModelServer::start([Reply::status(429), Reply::status(429), Reply::status(429), fine()]).await;
    let completion = asked(&server).await.1.unwrap();
    assert_eq!((completion.text.as_str(), completion.attempts), ("Fine.", 4));
}

#[tokio::test]
async fn the_pause_is_the_servers_when_it_is_short() {
    let long = Duration::from_secs(3600);
    // The client's own pauses would outlast the round.
    let patience = Patience { pauses: vec![long; 3], longest_retry_after: Duration::ZERO, ..patience() };
    let at_once = Reply::status_with(429, "retry-after: 0\r\n");
    let server = ModelServer::start([at_once.clone(), at_once, fine()]).await;
    assert_eq!(ask(&model(&server.base, patience)).await.1.unwrap().attempts, 3);

    let server = ModelServer::start([Reply::status_with(429, "retry-after: 3600\r\n"), fine()]).await;
    assert_failed(&asked(&server).await.1, FailureKind::RateLimited, 1);
}

#[tokio::test]
async fn no_pause_goes_beyond_the_round() {
    let server = ModelServer::start([Reply::status(429), fine()]).await;
    let patience = Patience { pauses: vec![Duration::from_secs(3600)], ..patience() };
    assert_failed(&ask(&model(&server.base, patience)).await.1, FailureKind::RateLimited, 1);
}

#[tokio::test]
async fn a_broken_server_is_asked_three_times() {
    for status in [500, 502, 503, 504, 408] {
        let server = ModelServer::start([Reply::status(status)]).await;
        assert_failed(&asked(&server).await.1, FailureKind::ServerError, 3);
    }
    let error = Reply::stream(&[json!({"error": {"message": "secret", "type": "server_error"}})]);
    let server = ModelServer::start([error, fine()]).await;
    assert_eq!(asked(&server).await.1.unwrap().attempts, 2);
}

#[tokio::test]
async fn a_refusal_is_final() {
    for status in [301, 400, 401, 403, 404, 422] {
        let server = ModelServer::start([Reply::status_with(status, "location: /elsewhere\r\n"), fine()]).await;
        assert_failed(&asked(&server).await.1, FailureKind::Refused, 1);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_lost_connection_is_tried_again_while_nothing_has_come() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_failed(&ask(&model(&nobody, patience())).await.1, FailureKind::Connection, 3);

    let server = ModelServer::start([Reply::default(), Reply::head("text/event-stream"), fine()]).await;
    assert_eq!(asked(&server).await.1.unwrap().attempts, 3);

    let begun = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("Buy a ")));
    let server = ModelServer::start([begun, fine()]).await;
    let (said, outcome) = asked(&server).await;
    assert_failed(&outcome, FailureKind::Cut, 1);
    assert_eq!(said, "Buy a ");
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_hung_up_on() {
    let short = Duration::from_millis(30);
    let begun = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("Buy a ")));
    let comments = Reply::head("text/event-stream").trickle(": \n".repeat(1000)).stall();
    for (reply, patience, said) in [
        (Reply::default().stall(), Patience { headers: short, ..patience() }, ""),
        (Reply::head("text/event-stream").stall(), Patience { read: short, ..patience() }, ""),
        (begun.stall(), Patience { read: short, ..patience() }, "Buy a "),
        (Reply::default().stall(), Patience { round: short, ..patience() }, ""),
        (comments, Patience { round: short, ..patience() }, ""),
    ] {
        let server = ModelServer::start([reply]).await;
        let (partial, outcome) = ask(&model(&server.base, patience)).await;
        assert_failed(&outcome, FailureKind::Timeout, 1);
        assert_eq!(partial, said);
        server.until_hung_up(1).await;
    }
}

#[tokio::test]
async fn a_dropped_round_closes_its_connection() {
    for reply in [Reply::default().stall(), Reply::head("text/event-stream").send(": \n\n").stall()] {
        let server = ModelServer::start([reply]).await;
        let model = model(&server.base, patience());
        let round = tokio::spawn(async move { ask(&model).await.1.is_ok() });
        crate::support::eventually("the server has the request", async || server.requests().len() == 1).await;
        round.abort();
        server.until_hung_up(1).await;
    }
}

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_failed_round_is_one_line_without_what_was_said() {
    // For the whole process: while only one thread has a subscriber, another thread that comes first to the line in the
    // code switches it off for all. The model's name tells this test's lines from those of the others.
    let subscriber = tracing_subscriber::fmt().json().with_max_level(Level::INFO).with_writer(|| Lines).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let begun = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("secret")));
    let server = ModelServer::start([Reply::status(503), begun]).await;
    let model = Model::new(ModelSettings { model: "logged".to_owned(), ..settings(&server.base, patience()) }).unwrap();
    assert_failed(&ask(&model).await.1, FailureKind::Cut, 2);

    let written = String::from_utf8(LINES.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = written.lines().filter(|line| line.contains("logged")).collect();
    assert!(
        matches!(lines[..], [line] if line.contains("\"WARN\"") && line.contains("\"error.type\":\"cut\"")),
        "{lines:?}"
    );
    for hidden in [KEY, "secret", "Hello", "127.0.0.1"] {
        assert!(!lines[0].contains(hidden), "{lines:?}");
    }
}
