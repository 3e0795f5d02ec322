//! The order of a shutdown, seen from the clients' side.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{PATIENCE, Program, eventually};

async fn send(stream: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads until the server closes; an empty text when it did so without an answer.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is told apart from a close by what arrived before it.
    let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    assert!(closed.is_ok(), "still open after {}", String::from_utf8_lossy(&text));
    String::from_utf8(text).unwrap()
}

async fn one_answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"hello") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "closed after {}", String::from_utf8_lossy(&text));
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn unready_comes_before_refusing_and_answers_ask_to_leave() {
    let mut program = Program::start(&[("KEEP_SERVING_MS", "3000")]).await;
    let kept = program.get("/").await;
    assert!(!kept.headers().contains_key("connection"));
    assert_eq!(program.get("/ready").await.status(), 200);
    program.terminate();
    program.line_with("body", "stopping: unready, still serving").await;
    let ready = program.get("/ready").await;
    assert_eq!((ready.status().as_u16(), &ready.headers()["connection"]), (503, &"close".parse().unwrap()));
    let served = program.get("/tasks/1").await;
    assert_eq!((served.status().as_u16(), &served.headers()["connection"]), (200, &"close".parse().unwrap()));
    assert_eq!(program.get("/health").await.status(), 200);
    assert_eq!(program.ended().await, Some(0));
    let bodies: Vec<_> = program.lines().iter().map(|line| line["body"].as_str().unwrap().to_owned()).collect();
    let place =
        |body: &str| bodies.iter().position(|known| known == body).unwrap_or_else(|| panic!("{body}: {bodies:?}"));
    assert!(place("stopping: unready, still serving") < place("draining"));
    assert!(place("draining") < place("drained"));
    assert!(place("drained") < place("ended"));
}

#[tokio::test]
async fn a_request_under_way_is_answered() {
    let mut program = Program::start(&[]).await;
    let mut stream = program.connect().await;
    send(&mut stream, "/wait/1500").await;
    eventually("the request to arrive", async || {
        (program.scrape().await.value("axum_http_requests_pending", &[("endpoint", "/wait/{ms}")]) == 1.0).then_some(())
    })
    .await;
    program.terminate();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("waited"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(program.ended().await, Some(0));
    assert_eq!(program.line_with("body", "ended").await["connections.cut"], 0);
}

#[tokio::test]
async fn connections_that_still_wait_to_be_accepted_are_answered() {
    let mut program = Program::start(&[]).await;
    let pid = program.id();
    // While the process is stopped, the kernel finishes handshakes and keeps the requests.
    signal("STOP", &pid);
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let mut stream = program.connect().await;
        send(&mut stream, "/").await;
        waiting.push(stream);
    }
    program.terminate();
    signal("CONT", &pid);
    for stream in waiting {
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "not answered: {answer:?}");
    }
    assert_eq!(program.ended().await, Some(0));
}

#[tokio::test]
async fn a_silent_connection_may_still_ask_once_and_does_not_hold_up_the_end() {
    let mut program = Program::start(&[("SETTLE_MS", "2000"), ("DRAIN_MS", "20000")]).await;
    let (mut fresh, mut used, idle) = (program.connect().await, program.connect().await, program.connect().await);
    send(&mut used, "/").await;
    one_answer(&mut used).await;
    // Each of them has been accepted once a later connection is answered.
    program.get("/").await;
    program.terminate();
    program.line_with("body", "draining").await;
    send(&mut fresh, "/").await;
    send(&mut used, "/").await;
    for stream in [fresh, used] {
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer:?}");
    }
    assert_eq!(rest(idle).await, "");
    assert_eq!(program.ended().await, Some(0));
    assert_eq!(program.line_with("body", "ended").await["connections.cut"], 0);
}

#[tokio::test]
async fn an_endless_stream_is_cut_at_the_bound_and_reported() {
    let mut program = Program::start(&[("DRAIN_MS", "700")]).await;
    let mut stream = program.connect().await;
    send(&mut stream, "/stream").await;
    let mut byte = [0];
    stream.read_exact(&mut byte).await.unwrap();
    program.terminate();
    let text = rest(stream).await;
    assert!(text.contains("data: first"), "{text}");
    assert_eq!(program.ended().await, Some(0));
    assert_eq!(program.line_with("body", "ended").await["connections.cut"], 1);
}

#[tokio::test]
async fn a_header_that_comes_too_slowly_ends_the_connection() {
    let program = Program::start(&[("HEADER_MS", "300")]).await;
    let mut slow = program.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost: te").await.unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "still open");
    assert_eq!(program.get("/").await.status(), 200);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_the_connection() {
    let program = Program::start(&[("WRITE_MS", "1000")]).await;
    let mut greedy = program.connect().await;
    send(&mut greedy, "/bytes/50000000").await;
    eventually("the connection to be cut", async || match greedy.try_write(b"x") {
        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(program.get("/bytes/50000000").await.bytes().await.unwrap().len(), 50_000_000, "who reads gets it all");
}

fn signal(name: &str, pid: &str) {
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), pid]).status().unwrap();
    assert!(sent.success());
}
