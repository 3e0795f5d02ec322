//! An answer of the assistant while it comes. Absent on purpose: connecting again, because a message is sent once.

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// Its name, and its data.
pub(crate) type Event = (String, Value);

pub(crate) struct Events {
    answer: Response,
    heard: Vec<u8>,
}

impl Events {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let answer = request.header("accept", "text/event-stream").send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, heard: Vec::new() }
    }

    /// The next event. Nothing when the connection has ended, however it did.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.heard.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.heard.drain(..end + 2).collect();
                if let Some(event) = read(std::str::from_utf8(&event).expect("a text")) {
                    return Some(event);
                }
            }
            self.heard.extend(self.answer.chunk().await.ok()??);
        }
    }

    /// The events up to the first one of this name.
    pub(crate) async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        while events.last().is_none_or(|(last, _)| last != name) {
            match self.next().await {
                Some(event) => events.push(event),
                None => panic!("the stream ended before {name}: {events:?}"),
            }
        }
        events
    }

    /// All the rest.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// Comments, which keep a connection alive, are no events.
fn read(event: &str) -> Option<Event> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Some((field("event:")?.to_owned(), serde_json::from_str(field("data:")?).expect("JSON")))
}

/// What was said in these events.
pub(crate) fn said(events: &[Event]) -> String {
    let tokens = events.iter().filter(|(name, _)| name == "token");
    tokens.map(|(_, data)| data["token"].as_str().expect("a text")).collect()
}
