//! A model for the assistant, as OpenAI's chat completions speak: it remembers what it is told to by a tool, and otherwise
//! tells a story, `slowly` for as long as nobody tells it to go on. What it was asked is kept. Absent on purpose:
//! understanding, answers without a stream, and looking at the key.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

/// Requests that are kept; the oldest go first.
const REQUESTS: usize = 1_000;
/// Between two pieces of a slow answer: far below what the assistant waits for.
const PACE: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Model {
    requests: Mutex<VecDeque<Value>>,
    go_on: Notify,
}

type Shared = Arc<Model>;
type Pieces = mpsc::Sender<Event>;
/// The client has left.
type Left = mpsc::error::SendError<Event>;

pub(crate) fn router() -> Router {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/model/requests", get(requests))
        .route("/model/go-on", post(go_on))
        .with_state(Shared::default())
}

/// Everything that it was asked, the oldest first.
async fn requests(State(model): State<Shared>) -> Json<Vec<Value>> {
    Json(model.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect())
}

/// Lets every slow answer that is under way come to its end.
async fn go_on(State(model): State<Shared>) {
    model.go_on.notify_waiters();
}

/// One round. The last words of the user decide: `[slowly ]remember TITLE`, or anything else.
async fn complete(
    State(model): State<Shared>,
    Json(asked): Json<Value>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let messages = asked["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said = messages.iter().rfind(|message| message["role"] == "user");
    let said = said.and_then(|message| message["content"].as_str()).unwrap_or_default();
    let (slowly, said) = said.strip_prefix("slowly ").map_or((false, said), |rest| (true, rest));
    let remembered = messages.last().is_some_and(|message| message["role"] == "tool");
    let title = said.strip_prefix("remember ").filter(|_| !remembered).map(str::to_owned);
    super::push(&mut model.requests.lock().unwrap_or_else(PoisonError::into_inner), REQUESTS, asked);
    let (pieces, answer) = mpsc::channel(1);
    tokio::spawn(async move {
        match title {
            Some(title) => remember(&pieces, &title).await,
            None => tell(&pieces, &model.go_on, slowly).await,
        }
    });
    Sse::new(stream::unfold(answer, async |mut answer| Some((Ok(answer.recv().await?), answer))))
}

/// Calls a tool.
async fn remember(pieces: &Pieces, title: &str) -> Result<(), Left> {
    let function = json!({"name": "add_task", "arguments": json!({"title": title}).to_string()});
    let call = json!({"index": 0, "id": "call-1", "type": "function", "function": function});
    piece(pieces, json!({"tool_calls": [call]})).await?;
    end(pieces, "tool_calls").await
}

/// Tells a story, slowly until somebody says to go on.
async fn tell(pieces: &Pieces, go_on: &Notify, slowly: bool) -> Result<(), Left> {
    // Listened to from before the first word on: whoever has heard it may say so at once.
    let mut go_on = pin!(go_on.notified());
    go_on.as_mut().enable();
    piece(pieces, json!({"content": "Once upon a time"})).await?;
    while slowly && tokio::time::timeout(PACE, go_on.as_mut()).await.is_err() {
        piece(pieces, json!({"content": ", and on and on"})).await?;
    }
    piece(pieces, json!({"content": ", and that is all."})).await?;
    end(pieces, "stop").await
}

async fn piece(pieces: &Pieces, delta: Value) -> Result<(), Left> {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
    pieces.send(data(&json!({"choices": [choice]}))).await
}

/// Why the answer ends, what it cost, and the mark of the end.
async fn end(pieces: &Pieces, reason: &str) -> Result<(), Left> {
    let choice = json!({"index": 0, "delta": {}, "finish_reason": reason});
    pieces.send(data(&json!({"choices": [choice]}))).await?;
    pieces.send(data(&json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}))).await?;
    pieces.send(Event::default().data("[DONE]")).await
}

fn data(value: &Value) -> Event {
    Event::default().data(value.to_string())
}
