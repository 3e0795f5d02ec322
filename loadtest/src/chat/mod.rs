//! One message to the assistant and what is heard of it, whole or as a stream; and the notebook of a load's turns. Absent on purpose:
//! what is said (`users::chatter`, `phases::streams`), and limits.

mod events;
mod notes;

use std::time::{Duration, Instant};

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::accounts::Account;
use crate::api::{Api, Call, cause, refusal, told};
use crate::watch::Outcome;
use events::Events;
pub use notes::Notes;

pub const PATH: &str = "/api/chat";
pub const ROUTE: &str = "POST /api/chat";
/// What `Accept` says for a stream.
pub const STREAM: &str = "text/event-stream";

/// A turn as it was heard.
#[derive(Debug)]
pub struct Heard {
    pub end: End,
    /// From the request to the first piece of text; of streams only.
    pub first_token: Option<Duration>,
}

/// How a turn ended.
#[derive(Debug, PartialEq)]
pub enum End {
    /// The answer, of a stream that of its `done`.
    Answered { reply: Value, streamed: bool },
    /// Another status.
    Status { status: u16, title: Value, refused: bool },
    /// The stream itself said that the turn failed.
    Error(Value),
    /// No whole answer: the turn may or may not have done something.
    Cut(String),
}

/// Listens to the answer until its end. `began` is when the message was sent.
pub async fn hear(mut response: Response, began: Instant) -> Heard {
    let status = response.status().as_u16();
    let is_stream = |kind: &str| kind.starts_with(STREAM);
    let streamed = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(is_stream);
    if status == 200 && streamed {
        return follow(&mut response, began).await;
    }
    let refused = refusal(status, response.headers());
    let end = match response.bytes().await {
        Err(error) => End::Cut(format!("the answer was cut: {}", cause(&error))),
        Ok(bytes) => {
            let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            match status {
                200 => End::Answered { reply: body, streamed },
                _ => End::Status { status, title: body["title"].clone(), refused },
            }
        }
    };
    Heard { end, first_token: None }
}

async fn follow(response: &mut Response, began: Instant) -> Heard {
    let (mut events, mut first_token, mut end) = (Events::default(), None, None);
    let over = loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                for event in events.feed(&piece) {
                    let data = || serde_json::from_str(&event.data).unwrap_or_default();
                    match event.name.as_str() {
                        "token" => first_token = first_token.or_else(|| Some(began.elapsed())),
                        "done" => end = Some(End::Answered { reply: data(), streamed: true }),
                        "error" => end = Some(End::Error(data())),
                        _ => {}
                    }
                }
            }
            Ok(None) => break "the stream ended without done".to_owned(),
            Err(error) => break format!("the stream was cut: {}", cause(&error)),
        }
    };
    // Whoever has heard the end has heard everything, however the connection ends.
    Heard { end: end.unwrap_or(End::Cut(over)), first_token }
}

impl Heard {
    /// Nothing at all.
    pub fn nothing(error: &reqwest::Error) -> Self {
        Self { end: End::Cut(cause(error)), first_token: None }
    }

    /// What came of the turn, and what `right` finds in its answer.
    pub fn judged<T>(&self, streamed: bool, right: impl FnOnce(&Value) -> Result<T, String>) -> (Outcome, Option<T>) {
        let failed = |what: String| (Outcome::Failed(what), None);
        match &self.end {
            End::Answered { reply, streamed: came } if *came == streamed => match right(reply) {
                Ok(found) => (Outcome::Answered, Some(found)),
                Err(what) => failed(what),
            },
            End::Answered { streamed: true, .. } => failed("a stream that nobody asked for".to_owned()),
            End::Answered { streamed: false, .. } => failed("an answer as a whole instead of a stream".to_owned()),
            End::Status { refused: true, status, title } => (Outcome::Refused(told(*status, title)), None),
            End::Status { status, title, .. } => failed(format!("status {status} instead of 200, {title}")),
            // The 503 of a turn that has already begun to speak.
            End::Error(error) if error["type"] == "unavailable" => {
                (Outcome::Refused("the stream ended in an error: unavailable".to_owned()), None)
            }
            End::Error(error) => failed(format!("the stream ended in an error: {}", error["type"])),
            End::Cut(what) => failed(what.clone()),
        }
    }
}

/// Whether the rules answer here: what a model says cannot be foreseen, and costs money. The error is a whole sentence.
pub async fn by_rules(api: &Api, account: &Account) -> Result<(), String> {
    let answer = api.send(&Call::get("/api/assistant").token(&account.token)).await;
    match answer.map(|answer| (answer.status, answer.json()["engine"].clone())) {
        Ok((200, engine)) if engine == "rules" => Ok(()),
        Ok((200, _)) => {
            Err("A language model answers here: what it says cannot be foreseen, and costs money.".to_owned())
        }
        Ok((status, _)) => Err(format!("There is no assistant to talk to: GET /api/assistant answered {status}.")),
        Err(error) => Err(format!("Nobody says who answers: GET /api/assistant: {}.", cause(&error))),
    }
}

/// The tools that an answer says were used, when the rules gave it and every one of them did its work.
pub fn tools(reply: &Value) -> Result<Vec<&Value>, String> {
    if reply["engine"] != "rules" || reply["fallback"] != false || reply["response"].as_str().is_none_or(str::is_empty)
    {
        return Err("an answer that is not one of the rules".to_owned());
    }
    let calls: Vec<&Value> = reply["tool_calls"].as_array().into_iter().flatten().collect();
    match calls.iter().find(|call| call["status"] != "completed") {
        Some(call) => Err(format!("{} failed with {}", call["tool"], call["error"]["error_code"])),
        None => Ok(calls),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(kind: &str, status: u16, body: &'static str) -> Response {
        let response = http::Response::builder().status(status).header("content-type", kind).body(body);
        response.unwrap().into()
    }

    async fn judged(kind: &str, status: u16, body: &'static str) -> Outcome {
        hear(response(kind, status, body), Instant::now()).await.judged(kind == STREAM, |_| Ok(())).0
    }

    const TOKEN: &str = "event: token\ndata: {\"token\":\"Hi\"}\n\n";

    #[tokio::test]
    async fn a_stream_counts_when_it_ends_in_done() {
        let whole = "event: token\ndata: {\"token\":\"Hi\"}\n\nevent: done\ndata: {\"engine\":\"rules\"}\n\n";
        let heard = hear(response(STREAM, 200, whole), Instant::now()).await;
        assert!(heard.first_token.is_some());
        assert_eq!(heard.end, End::Answered { reply: json!({"engine": "rules"}), streamed: true });
        assert_eq!(judged(STREAM, 200, whole).await, Outcome::Answered);
    }

    #[tokio::test]
    async fn a_stream_that_ends_before_is_cut_whatever_it_said() {
        for body in ["", TOKEN, "event: done\ndata: {}\n"] {
            let failed = Outcome::Failed("the stream ended without done".to_owned());
            assert_eq!(judged(STREAM, 200, body).await, failed, "{body:?}");
        }
    }

    #[tokio::test]
    async fn an_error_at_the_end_of_a_stream_is_no_answer() {
        let error = "event: error\ndata: {\"error\":\"Gone.\",\"type\":\"not_found\"}\n\n";
        assert!(matches!(judged(STREAM, 200, error).await, Outcome::Failed(what) if what.contains("not_found")));
        // As its twin with a status of its own.
        let unavailable = "event: error\ndata: {\"error\":\"Later.\",\"type\":\"unavailable\"}\n\n";
        let refused = Outcome::Refused("the stream ended in an error: unavailable".to_owned());
        assert_eq!(judged(STREAM, 200, unavailable).await, refused);
    }

    #[tokio::test]
    async fn what_was_not_asked_for_or_has_another_status_is_no_answer() {
        let json = "application/json";
        assert_eq!(judged(json, 200, "{}").await, Outcome::Answered);
        assert!(matches!(judged(json, 500, "{}").await, Outcome::Failed(what) if what.contains("500")));
        let heard = hear(response(json, 200, "{}"), Instant::now()).await;
        assert!(matches!(heard.judged(true, |_| Ok(())), (Outcome::Failed(_), None)));
        let wrong = heard.judged(false, |_| Err::<(), _>("no".to_owned()));
        assert_eq!(wrong, (Outcome::Failed("no".to_owned()), None));
    }

    #[test]
    fn tools_count_when_the_rules_used_them_and_all_went_well() {
        let call = |status: &str| json!({"tool": "add_task", "status": status, "error": {"error_code": "X"}});
        let reply = |engine: &str, status: &str| json!({"engine": engine, "fallback": false, "response": "✓", "tool_calls": [call(status)]});
        assert_eq!(tools(&reply("rules", "completed")).unwrap().len(), 1);
        assert!(tools(&reply("rules", "failed")).unwrap_err().contains("X"));
        assert!(tools(&reply("model", "completed")).is_err());
        assert!(tools(&json!({})).is_err());
    }
}
