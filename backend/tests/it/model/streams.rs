//! Good answers, however they arrive, and answers that end too early.

use std::time::Duration;

use backend::assistant::model::{FailureKind, Finish, Patience, Usage};
use serde_json::json;

use super::{ask, asked, model, patience};
use crate::support::model_server::{ModelServer, Reply, call, end, more, stream, text, usage};

fn recorded() -> String {
    stream(&[
        text("Příliš "),
        text("žluťoučký 🎉"),
        call(0, "a", "add_task", ""),
        call(1, "b", "list_tasks", "{\"lim"),
        more(0, "{\"title\":\"\\"),
        more(1, "it\":5}"),
        more(0, "u00e9\"}"),
        end("tool_calls"),
        usage(11, 7),
    ])
}

#[tokio::test]
async fn a_stream_of_single_bytes_is_text_calls_and_counts() {
    let server = ModelServer::start([Reply::head("text/event-stream").trickle(recorded())]).await;
    let (said, outcome) = asked(&server).await;
    let completion = outcome.unwrap();
    assert_eq!(said, "Příliš žluťoučký 🎉");
    let calls: Vec<_> = completion.calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    assert_eq!(calls, [("a", "add_task", r#"{"title":"\u00e9"}"#), ("b", "list_tasks", r#"{"limit":5}"#)]);
    assert_eq!((completion.finish, completion.usage), (Finish::ToolCalls, Some(Usage { input: 11, output: 7 })));
    let timing = completion.timing;
    assert_eq!(timing.chunks, 7);
    assert!(timing.first_chunk.is_some_and(|first| first <= timing.whole), "{timing:?}");
}

#[tokio::test]
async fn a_stream_cut_anywhere_never_gives_a_call_before_its_end() {
    let whole = recorded();
    let reason = whole.find(&end("tool_calls").to_string()).unwrap();
    let ended = reason + whole[reason..].find("\n\n").unwrap() + 2;
    let begun = whole.find("\n\n").unwrap() + 2;
    let patience = Patience { outage_retries: 0, failures_to_open: u32::MAX, ..patience() };
    // Both ends of an answer: the connection is just closed, or a length was promised and not kept. Every byte is cut in
    // the tests of the answer itself; a connection for each would only be slow.
    for cut in (begun..whole.len()).step_by(13).chain([ended - 1, ended]) {
        for promise in ["", "content-length: 99999\r\n"] {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{promise}\r\n");
            let server = ModelServer::start([Reply::default().send(head).send(&whole.as_bytes()[..cut])]).await;
            let (said, outcome) = ask(&model(&server.base, patience.clone())).await;
            assert!("Příliš žluťoučký 🎉".starts_with(&said), "{said}");
            match outcome {
                Ok(completion) => assert!(cut >= ended && completion.calls.len() == 2, "after {cut} bytes"),
                Err(failure) => {
                    assert!(cut < ended && failure.kind == FailureKind::Cut, "after {cut} bytes: {failure}")
                }
            }
        }
    }
}

#[tokio::test]
async fn counts_that_stay_away_do_not_hold_up_a_complete_answer() {
    let ended = Reply::head("text/event-stream").send(format!("data: {}\n\ndata: {}\n\n", text("Fine."), end("stop")));
    for reply in [ended.clone(), ended.clone().send("data: nonsense\n\n"), ended.stall()] {
        let server = ModelServer::start([reply]).await;
        let model = model(&server.base, Patience { tail: Duration::from_millis(20), ..patience() });
        let completion = ask(&model).await.1.unwrap();
        assert_eq!((completion.text.as_str(), completion.usage), ("Fine.", None));
    }
}

#[tokio::test]
async fn nothing_is_waited_for_behind_the_mark_of_the_end() {
    let server = ModelServer::start([Reply::stream(&[text("Fine."), end("stop"), usage(1, 2)]).stall()]).await;
    assert_eq!(asked(&server).await.1.unwrap().usage, Some(Usage { input: 1, output: 2 }));
}

#[tokio::test]
async fn a_server_that_cannot_stream_is_understood() {
    let message = json!({"role": "assistant", "content": "Fine.", "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "list_tasks", "arguments": "{}"}},
    ]});
    let body = json!({
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    });
    let server = ModelServer::start([Reply::head("application/json; charset=utf-8").send(body.to_string())]).await;
    let (said, outcome) = asked(&server).await;
    let completion = outcome.unwrap();
    assert_eq!((said.as_str(), completion.calls.len(), completion.timing.first_chunk), ("Fine.", 1, None));
}

#[tokio::test]
async fn what_is_no_answer_is_a_bad_answer() {
    for reply in [
        Reply::head("text/html").send("<html>"),
        Reply::head("application/json").send("{}"),
        Reply::head("application/json").send("<html>"),
        Reply::head("text/event-stream").send("data: <html>\n\n"),
        Reply::head("text/event-stream").send("x".repeat(1 << 20)),
    ] {
        let server = ModelServer::start([reply]).await;
        let failure = asked(&server).await.1.unwrap_err();
        assert_eq!((failure.kind, failure.attempts), (FailureKind::BadAnswer, 1));
    }
}
