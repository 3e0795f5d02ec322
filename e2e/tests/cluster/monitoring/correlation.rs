//! One request, followed by its id through every signal: the answer's headers, Loki's lines, the trace.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::monitoring::stack::{Loki, Receiver};
use crate::release::{client, newcomer, todo};
use crate::tools::eventually;

/// Sampled, whatever the release's ratio is.
const PARENT_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_SPAN: &str = "00f067aa0ba902b7";

/// Logs in at the pages and asks for the board, as somebody's browser does; the answer's ids.
async fn open_the_board() -> (String, String) {
    let frontend = todo().service_address("frontend");
    let person = newcomer();
    let form = [("email", person["email"].as_str()), ("password", person["password"].as_str())];
    let signed_up = client().post(format!("{frontend}/signup")).form(&form).send().await.expect("an answer");
    assert_eq!(signed_up.status(), 303, "{:?}", signed_up.text().await);
    let cookie =
        signed_up.headers()["set-cookie"].to_str().expect("a text").split(';').next().expect("a pair").to_owned();
    let board = client()
        .get(format!("{frontend}/tasks"))
        .header("cookie", cookie)
        .header("traceparent", format!("00-{PARENT_TRACE}-{PARENT_SPAN}-01"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(board.status(), 200);
    let header = |name: &str| board.headers()[name].to_str().expect("a text").to_owned();
    (header("x-request-id"), header("x-trace-id"))
}

#[tokio::test]
async fn a_request_is_found_by_its_id_in_the_log_lines_of_both_servers_and_as_one_tree_of_spans() {
    let (loki, receiver) = (Loki::connect(), Receiver::connect());
    let (request, trace) = open_the_board().await;
    assert_eq!(trace, PARENT_TRACE);

    // By request id alone, as somebody would who has nothing but the header or a user's screenshot.
    let query = format!(r#"{{service_name=~"todo-.+"}} |= "{request}""#);
    let lines = eventually(Duration::from_secs(15), async || {
        let lines = loki.lines(&query).await?;
        let services = lines.iter().filter_map(|line| line["service.name"].as_str()).collect::<BTreeSet<_>>();
        if services == BTreeSet::from(["todo-backend", "todo-frontend"]) {
            Ok(lines)
        } else {
            Err(format!("{services:?}"))
        }
    })
    .await;
    for line in &lines {
        assert_eq!(
            (&line["request_id"], &line["trace_id"]),
            (&request.as_str().into(), &trace.as_str().into()),
            "{line}"
        );
    }

    // From a line to its trace.
    let spans = eventually(Duration::from_secs(15), async || {
        let spans = receiver.trace(&trace).await?;
        let has = |service: &str, name: &str| {
            spans
                .iter()
                .any(|span| span["service"] == service && span["name"].as_str().is_some_and(|text| text == name))
        };
        if has("todo-frontend", "GET /tasks")
            && has("todo-backend", "GET /api/tasks")
            && has("todo-backend", "list tasks")
        {
            Ok(spans)
        } else {
            Err(format!("{spans:?}"))
        }
    })
    .await;
    assert_is_one_tree(&spans, &trace);
    let ids: BTreeSet<&str> = spans.iter().filter_map(|span| span["span_id"].as_str()).collect();
    for line in &lines {
        assert!(ids.contains(line["span_id"].as_str().expect("a span")), "the line's span was exported: {line}");
    }
}

/// Every span hangs below another one of them, but for one, which hangs below what the browser sent.
fn assert_is_one_tree(spans: &[Value], trace: &str) {
    let ids: BTreeSet<&str> = spans.iter().filter_map(|span| span["span_id"].as_str()).collect();
    let outside: Vec<&Value> =
        spans.iter().filter(|span| !ids.contains(span["parent_span_id"].as_str().unwrap_or_default())).collect();
    assert_eq!(outside.len(), 1, "trace {trace}: {outside:#?}");
    assert_eq!(outside[0]["parent_span_id"], PARENT_SPAN);
    assert_eq!(outside[0]["service"], "todo-frontend");
    let below = spans.iter().find(|span| span["service"] == "todo-backend" && span["name"] == "GET /api/tasks");
    let database = spans.iter().find(|span| span["attributes"]["db.operation.name"].is_string());
    assert_eq!(database.expect("a span of SQL")["parent_span_id"], below.expect("the backend's")["span_id"]);
}
