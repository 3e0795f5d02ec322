//! Request ids and trace ids, with and without a parent.

use reqwest::Client;

use crate::support::Program;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn ask(program: &Program, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = headers
        .iter()
        .fold(Client::new().get(program.url(path)), |request, (name, value)| request.header(*name, value.as_bytes()));
    request.send().await.unwrap()
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_a_hostile_one_replaced() {
    let program = Program::start(&[]).await;
    let kept = ask(&program, "/id", &[("x-request-id", "order-42.7_a")]).await;
    assert_eq!(header(&kept, "x-request-id"), "order-42.7_a");
    assert_eq!(kept.text().await.unwrap(), "order-42.7_a");

    let long = "x".repeat(65);
    for hostile in ["a\"b", "{}", "two words", "\u{fc}ml\u{e4}ut", long.as_str(), ""] {
        let answer = ask(&program, "/id", &[("x-request-id", hostile)]).await;
        let id = header(&answer, "x-request-id").to_owned();
        assert_ne!(id, hostile);
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
}

#[tokio::test]
async fn a_traceparent_continues_through_the_server() {
    let program = Program::start(&[]).await;
    let answer = ask(&program, "/outgoing", &[("traceparent", PARENT), ("x-request-id", "mine")]).await;
    assert_eq!(header(&answer, "x-trace-id"), "4bf92f3577b34da6a3ce929d0e0e4736");
    let outgoing = answer.text().await.unwrap();
    let line = program.line_with("http.route", "/outgoing").await;
    let expected = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", line["span_id"].as_str().unwrap());
    assert!(outgoing.contains(&expected) && outgoing.contains("\"x-request-id\": \"mine\""), "{outgoing}");
    assert!(!outgoing.contains("00f067aa0ba902b7"), "the span is our own, not the client's: {outgoing}");
}

#[tokio::test]
async fn a_task_of_a_request_calls_others_under_its_identity() {
    let program = Program::start(&[]).await;
    let answer = ask(&program, "/outgoing/task", &[("x-request-id", "mine")]).await;
    let trace = header(&answer, "x-trace-id").to_owned();
    let outgoing = answer.text().await.unwrap();
    assert!(outgoing.contains(&trace) && outgoing.contains("\"x-request-id\": \"mine\""), "{outgoing}");
}

#[tokio::test]
async fn requests_without_a_parent_have_different_identities() {
    let program = Program::start(&[]).await;
    let (one, two) = (program.get("/").await, program.get("/").await);
    assert_ne!(header(&one, "x-trace-id"), header(&two, "x-trace-id"));
    assert_ne!(header(&one, "x-request-id"), header(&two, "x-request-id"));
    assert_eq!(header(&one, "x-trace-id").len(), 32);
}

#[tokio::test]
async fn errors_and_probes_carry_ids_too() {
    let program = Program::start(&[]).await;
    for path in ["/nowhere", "/fails", "/health", "/metrics"] {
        let answer = program.get(path).await;
        assert!(!header(&answer, "x-request-id").is_empty() && !header(&answer, "x-trace-id").is_empty(), "{path}");
    }
}
