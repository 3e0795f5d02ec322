//! A stand-in for the assistant's part of the backend: it says what it is told to, when it is told to, and remembers what it
//! was asked. The real one cannot be held between two events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::{Router, http};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::site::free_port;

pub(crate) const CONVERSATION: &str = "7a8b1c2d-0000-4000-8000-000000000001";

/// What the test sends, piece by piece; an error breaks the connection, dropping it ends the answer.
pub(crate) type Pieces = mpsc::Sender<Result<Bytes, std::io::Error>>;

#[derive(Clone)]
pub(crate) struct Assistant {
    url: String,
    state: Arc<Mutex<Memory>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub method: Method,
    pub target: String,
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Default)]
struct Memory {
    answers: BTreeMap<&'static str, Value>,
    refusal: Option<(StatusCode, String, HeaderMap)>,
    only_turns: bool,
    stream: Option<mpsc::Receiver<Result<Bytes, std::io::Error>>>,
    asked: Vec<Asked>,
}

impl Assistant {
    pub(crate) async fn start() -> Self {
        let listener = free_port().await;
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answers = BTreeMap::from([
            ("/api/assistant", json!({"engine": "rules", "model": null})),
            ("/api/tasks", json!({"items": [], "next_cursor": null})),
            ("/api/conversations", json!({"items": [], "next_cursor": null, "has_more": false})),
            ("/api/conversations/", messages(json!([]))),
            ("/api/chat", json!({"conversation_id": CONVERSATION, "response": "✓ Done.", "engine": "rules"})),
        ]);
        let state = Arc::new(Mutex::new(Memory { answers, ..Memory::default() }));
        let router = Router::new().fallback(answer).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// What that path answers from now on; a path that ends in a slash stands for everything below it.
    pub(crate) fn answers(&self, path: &'static str, body: Value) {
        self.state.lock().expect("no panic before").answers.insert(path, body);
    }

    /// Everything is refused from now on.
    pub(crate) fn refuses(&self, status: u16, body: &str, headers: &[(&'static str, &str)]) {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::try_from(*value).expect("a value"))
        };
        let status = StatusCode::from_u16(status).expect("a status");
        let refusal = (status, body.to_owned(), headers.iter().map(pair).collect());
        self.state.lock().expect("no panic before").refusal = Some(refusal);
    }

    /// Only turns are refused from now on.
    pub(crate) fn refuses_turns(&self, status: u16, body: &str) {
        self.refuses(status, body, &[]);
        self.state.lock().expect("no panic before").only_turns = true;
    }

    /// The next turn is answered as a stream of what is sent here.
    pub(crate) fn streams(&self) -> Pieces {
        let (sender, receiver) = mpsc::channel(1);
        self.state.lock().expect("no panic before").stream = Some(receiver);
        sender
    }

    /// The requests to paths that begin like this.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        let memory = self.state.lock().expect("no panic before");
        memory.asked.iter().filter(|asked| asked.target.starts_with(path)).cloned().collect()
    }
}

/// A page of messages.
pub(crate) fn messages(items: Value) -> Value {
    json!({"items": items, "next_cursor": null, "has_more": false, "confirmation": null})
}

/// A message of the assistant.
pub(crate) fn said(content: &str) -> Value {
    json!({
        "id": uuid::Uuid::new_v4(), "role": "assistant", "content": content, "tool_calls": [], "engine": "rules",
        "fallback": false, "created_at": "2026-11-18T11:00:00Z",
    })
}

async fn answer(State(state): State<Arc<Mutex<Memory>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let mut memory = state.lock().expect("no panic before");
    memory.asked.push(Asked {
        method: parts.method.clone(),
        target: parts.uri.to_string(),
        headers: parts.headers.clone(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let refused = !memory.only_turns || parts.uri.path() == "/api/chat";
    if let Some((status, body, headers)) = memory.refusal.clone().filter(|_| refused) {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().extend(headers);
        return response;
    }
    if parts.method == Method::DELETE {
        return with(StatusCode::NO_CONTENT, "text/plain", Body::empty());
    }
    let path = parts.uri.path();
    if path == "/api/chat"
        && let Some(receiver) = memory.stream.take()
    {
        let pieces = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
        return with(StatusCode::OK, "text/event-stream", Body::from_stream(pieces));
    }
    let known =
        memory.answers.iter().find(|(known, _)| **known == path || known.ends_with('/') && path.starts_with(**known));
    match known {
        Some((_, body)) => with(StatusCode::OK, "application/json", Body::from(body.to_string())),
        None => with(StatusCode::NOT_FOUND, "application/problem+json", Body::from("{}")),
    }
}

fn with(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let response = http::Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    response.body(body).expect("a response")
}
