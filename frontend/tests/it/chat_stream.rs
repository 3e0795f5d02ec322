//! A turn as a script sends it: the answer passes through as it comes, ends when either side leaves, and a refusal is a
//! problem in words.

use std::time::Duration;

use axum::body::Bytes;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::browser::{Browser, Page};
use crate::chat_stand_in::{Assistant, CONVERSATION};
use crate::site::{Server, free_port, start_frontend};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);
const KEY: &str = "00000000-0000-4000-8000-00000000000a";

async fn site(settings: &[(&str, &str)]) -> (Assistant, Server, Browser) {
    let assistant = Assistant::start().await;
    let frontend = start_frontend(&assistant.url(), settings).await;
    let ada = signed_in(&frontend.url());
    (assistant, frontend, ada)
}

fn signed_in(url: &str) -> Browser {
    let mut ada = Browser::new(url);
    ada.cookies.insert("session".to_owned(), "the.users.token".to_owned());
    ada.cookies.insert("timezone".to_owned(), "Europe%2FBerlin".to_owned());
    ada
}

fn turn(ada: &Browser, message: &str) -> RequestBuilder {
    let form = [("message", message), ("conversation", CONVERSATION), ("key", KEY)];
    let request = ada.request(Method::POST, "/chat/messages").header("accept", "text/event-stream");
    request.header("sec-fetch-site", "same-origin").form(&form)
}

async fn opened(ada: &Browser) -> Response {
    tokio::time::timeout(PATIENCE, turn(ada, "Hello").header("accept-encoding", "gzip").send())
        .await
        .expect("in time")
        .expect("an answer")
}

async fn next(response: &mut Response) -> Option<Bytes> {
    tokio::time::timeout(PATIENCE, response.chunk()).await.expect("in time").expect("an open stream")
}

fn piece(text: &'static str) -> Result<Bytes, std::io::Error> {
    Ok(Bytes::from_static(text.as_bytes()))
}

const FIRST: &str = "event: token\ndata: {\"token\":\"Hel\"}\n\n";
const SECOND: &str = "event: done\ndata: {\"message\":\"Hello\"}\n\n";

#[tokio::test]
async fn every_event_passes_through_before_the_next_one_exists() {
    let (assistant, _frontend, ada) = site(&[]).await;
    let pieces = assistant.streams();
    let mut response = opened(&ada).await;
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    assert_eq!(response.status(), 200);
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("cache-control").as_deref(), Some("no-cache"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("content-encoding"), None);
    assert!(header("content-security-policy").is_some());
    for text in [FIRST, ": alive\n\n", SECOND] {
        pieces.send(piece(text)).await.expect("somebody listens");
        assert_eq!(next(&mut response).await.expect("an event"), text);
    }
    drop(pieces);
    assert_eq!(next(&mut response).await, None);

    let asked = assistant.asked("/api/chat");
    assert_eq!(asked.len(), 1);
    let header = |name: &str| asked[0].headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default();
    assert_eq!((asked[0].method.clone(), header("authorization")), (Method::POST, "Bearer the.users.token"));
    assert_eq!((header("accept"), header("idempotency-key")), ("text/event-stream", KEY));
    let wanted = serde_json::json!({"message": "Hello", "conversation_id": CONVERSATION, "timezone": "Europe/Berlin"});
    assert_eq!(asked[0].body, wanted);
}

#[tokio::test]
async fn the_turn_ends_when_the_browser_leaves() {
    let (assistant, _frontend, ada) = site(&[]).await;
    let pieces = assistant.streams();
    let mut response = opened(&ada).await;
    pieces.send(piece(FIRST)).await.expect("somebody listens");
    next(&mut response).await.expect("an event");
    assert!(!pieces.is_closed());
    drop(response);
    tokio::time::timeout(PATIENCE, pieces.closed()).await.expect("the backend is told");
}

#[tokio::test]
async fn a_stream_that_breaks_ends_in_words() {
    let (assistant, _frontend, ada) = site(&[]).await;
    let pieces = assistant.streams();
    let mut response = opened(&ada).await;
    pieces.send(piece("event: token\nda")).await.expect("somebody listens");
    next(&mut response).await.expect("half an event");
    pieces.send(Err(std::io::Error::other("the backend is gone"))).await.expect("somebody listens");
    let rest = tokio::time::timeout(PATIENCE, response.text()).await.expect("in time").expect("a whole body");
    assert!(
        rest.starts_with("\n\nevent: error\ndata: {\"error\":\"The connection to the assistant broke.\""),
        "{rest}"
    );
}

#[tokio::test]
async fn a_quiet_stream_outlives_the_time_that_pages_wait() {
    let (assistant, _frontend, ada) = site(&[("BACKEND_TIMEOUT_SECONDS", "1")]).await;
    let pieces = assistant.streams();
    let mut response = opened(&ada).await;
    // The time that passes is what this test is about.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    pieces.send(piece(SECOND)).await.expect("somebody listens");
    assert_eq!(next(&mut response).await.expect("an event"), SECOND);
}

#[tokio::test]
async fn a_shutdown_waits_for_the_end_of_the_answer() {
    let (assistant, frontend, mut ada) = site(&[("SHUTDOWN_GRACE_SECONDS", "20")]).await;
    let pieces = assistant.streams();
    let mut response = opened(&ada).await;
    pieces.send(piece(FIRST)).await.expect("somebody listens");
    next(&mut response).await.expect("an event");
    let address = frontend.address;
    let goes_on = async {
        // From now on nobody new is let in.
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        pieces.send(piece(SECOND)).await.expect("somebody still listens");
        assert_eq!(next(&mut response).await.expect("an event"), SECOND);
        drop(pieces);
        assert_eq!(next(&mut response).await, None);
    };
    let both = async { tokio::join!(frontend.stop(), goes_on) };
    tokio::time::timeout(PATIENCE, both).await.expect("both end");
    ada.cookies.clear();
}

#[tokio::test]
async fn an_answer_that_was_kept_comes_whole() {
    let (assistant, _frontend, mut ada) = site(&[]).await;
    let page = ada.send(turn(&ada, "Hello")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    let body: Value = serde_json::from_str(&page.body).expect("JSON");
    assert_eq!((body["response"].as_str(), assistant.asked("/api/chat").len()), (Some("✓ Done."), 1));
}

#[track_caller]
fn assert_problem(page: &Page, status: u16, words: &str) {
    assert_eq!((page.status, page.header("content-type")), (status, "application/problem+json"), "{}", page.body);
    let body: Value = serde_json::from_str(&page.body).expect("JSON");
    let text = format!("{} {}", body["title"], body["detail"]);
    assert!(text.contains(words), "{words:?} is not in {text}");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn before_the_stream_a_refusal_is_a_problem_in_words() {
    let (assistant, _frontend, mut ada) = site(&[]).await;
    let long = r#"{"errors":[{"field":"message","message":"must have at most 1000 characters"}]}"#;
    for (answer, body, status, words) in [
        (422, long, 422, "Message must have at most 1000 characters."),
        (404, "{}", 404, "This conversation does not exist"),
        (429, "{}", 429, "Please wait 17 seconds"),
        (503, "{}", 503, "The assistant is out of reach"),
        (504, "{}", 503, "The assistant is out of reach"),
        (500, "a secret", 502, "Something went wrong"),
        (200, "<html>a proxy's log-in page</html>", 502, "Something went wrong"),
    ] {
        assistant.refuses(answer, body, &[("retry-after", "17"), ("content-type", "text/html")]);
        let page = ada.send(turn(&ada, "Hello")).await;
        assert_problem(&page, status, words);
        assert!(!page.body.contains("secret"), "{}", page.body);
        assert_eq!(page.header("retry-after"), if matches!(answer, 429 | 503 | 504) { "17" } else { "" }, "{answer}");
    }
}

#[tokio::test]
async fn a_backend_that_is_gone_is_a_problem_too() {
    let nobody = free_port().await;
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let frontend = start_frontend(&url, &[]).await;
    let mut ada = signed_in(&frontend.url());
    assert_problem(&ada.send(turn(&ada, "Hello")).await, 503, "does not answer");
}

#[tokio::test]
async fn a_session_that_ended_leads_the_script_to_the_log_in_page() {
    let (assistant, _frontend, mut ada) = site(&[]).await;
    assistant.refuses(401, "{}", &[]);
    let page = ada.send(turn(&ada, "Hello")).await;
    assert_problem(&page, 401, "Please log in");
    assert_eq!(page.header("hx-redirect"), format!("/login?next=%2Fchat%2F{CONVERSATION}"));
    assert!(!ada.cookies.contains_key("session"));
    assert_eq!(ada.send(turn(&ada, "Hello")).await.header("hx-redirect"), "/login");
}

#[tokio::test]
async fn a_forged_or_oversize_turn_never_reaches_the_backend() {
    let (assistant, _frontend, mut ada) = site(&[]).await;
    for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://other.example"), ("origin", "null")] {
        let request = ada.request(Method::POST, "/chat/messages").header("accept", "text/event-stream");
        let request = request.header(header, value).form(&[("message", "delete everything")]);
        assert_problem(&ada.send(request).await, 403, "came from somewhere else");
        let request = ada.request(Method::POST, "/chat/messages").header(header, value);
        let page = ada.send(request.form(&[("message", "delete everything")])).await;
        assert_eq!((page.status, page.header("content-type")), (403, "text/html; charset=utf-8"));
    }
    assert_problem(&ada.send(turn(&ada, &"x".repeat(100_000))).await, 413, "too much");
    let request = ada.request(Method::POST, "/chat/messages").header("accept", "text/event-stream").body("{}");
    assert_problem(&ada.send(request).await, 415, "could not be read");
    assert!(assistant.asked("/api/chat").is_empty());
}
