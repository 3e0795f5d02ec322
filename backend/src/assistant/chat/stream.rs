//! A turn's events as a stream of server-sent events. Absent on purpose: reconnecting; a message is sent once.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::event::{Event, Failed, Reply};

/// Below the idle time-outs of common proxies.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The stream as a response; nobody on its way may keep or collect it.
pub(super) fn response(events: Receiver<Event>) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Sse::new(written(events)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response()
}

fn written(events: Receiver<Event>) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold(events, async |mut events| Some((Ok(write(&events.recv().await?)), events)))
}

fn write(event: &Event) -> sse::Event {
    let (name, data) = match event {
        Event::Token(token) => ("token", json!({"token": token})),
        Event::ToolCall(call) => ("tool_call", call.clone()),
        Event::Done(reply) => ("done", done(reply)),
        Event::Failed(failed) => ("error", error(*failed)),
    };
    // JSON has no line ends of its own, so an event is one line of data.
    sse::Event::default().event(name).data(data.to_string())
}

/// The whole answer once more, so that a reader who missed a piece has it.
fn done(reply: &Reply) -> Value {
    let mut data = json!(reply);
    data["message"] = json!(reply.response);
    data
}

fn error(failed: Failed) -> Value {
    json!({"error": failed.text(), "type": failed.word()})
}
