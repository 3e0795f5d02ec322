//! A stand-in for the assistant, in front of the real backend: what is not about the assistant goes through to it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(super) const CONVERSATION: &str = "7a8b1c2d-0000-4000-8000-000000000001";

/// What the assistant says in one turn, piece by piece.
pub(super) struct Turn(mpsc::Sender<Bytes>);

impl Turn {
    pub(super) async fn event(&self, name: &str, data: Value) {
        let text = format!("event: {name}\ndata: {data}\n\n");
        self.0.send(text.into()).await.expect("somebody listens");
    }

    pub(super) async fn token(&self, text: &str) {
        self.event("token", json!({"token": text})).await;
    }

    pub(super) async fn tool(&self, tool: &str, status: &str) {
        self.event("tool_call", json!({"tool": tool, "status": status, "result": {"success": true, "data": {}}})).await;
    }

    /// The last event of a good turn.
    pub(super) async fn done(self, message: &str, more: Value) {
        let mut done = json!({
            "conversation_id": CONVERSATION, "message_id": CONVERSATION, "message": message, "response": message,
            "tool_calls": [], "engine": "rules", "fallback": false, "confirmation": null,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            done[name] = value.clone();
        }
        self.event("done", done).await;
    }

    /// Waits until nobody listens any more.
    pub(super) async fn is_left(&self) {
        let left = tokio::time::timeout(std::time::Duration::from_secs(30), self.0.closed()).await;
        left.expect("the frontend lets go of the turn");
    }
}

/// A turn as it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) message: String,
    pub(super) key: String,
    pub(super) token: String,
}

#[derive(Clone, Default)]
pub(super) struct Scripted(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    backend: String,
    client: reqwest::Client,
    answers: BTreeMap<&'static str, Value>,
    turns: VecDeque<mpsc::Receiver<Bytes>>,
    asked: Vec<Asked>,
    away: bool,
}

impl Scripted {
    /// Listens on a free port, in front of that backend.
    pub(super) async fn stand_before(&self, backend: String) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        self.memory(|memory| memory.backend = backend);
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// The next turn that nobody has spoken for yet is spoken by the test.
    pub(super) fn turn(&self) -> Turn {
        let (sender, receiver) = mpsc::channel(1);
        self.memory(|memory| memory.turns.push_back(receiver));
        Turn(sender)
    }

    /// What a path answers; one that ends in a slash stands for everything below it.
    pub(super) fn answers(&self, path: &'static str, body: Value) {
        self.memory(|memory| memory.answers.insert(path, body));
    }

    /// Whether everything about the assistant is refused.
    pub(super) fn away(&self, away: bool) {
        self.memory(|memory| memory.away = away);
    }

    /// The turns so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.memory(|memory| memory.asked.clone())
    }

    fn memory<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A message of the assistant, as the history has it.
pub(super) fn said(content: &str) -> Value {
    json!({
        "id": CONVERSATION, "role": "assistant", "content": content, "tool_calls": [], "engine": "rules",
        "fallback": false, "created_at": "2026-11-18T11:00:00Z",
    })
}

async fn answer(State(scripted): State<Scripted>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if !["/api/chat", "/api/assistant", "/api/conversations"].iter().any(|ours| path.starts_with(ours)) {
        let (backend, client) = scripted.memory(|memory| (memory.backend.clone(), memory.client.clone()));
        return pass_on(&backend, &client, request).await;
    }
    if scripted.memory(|memory| memory.away) {
        return with(StatusCode::SERVICE_UNAVAILABLE, "application/problem+json", Body::from("{}"));
    }
    if path == "/api/chat" {
        return speak(&scripted, request).await;
    }
    let usual = match path.as_str() {
        "/api/assistant" => json!({"engine": "rules", "model": null}),
        _ => json!({"items": [], "next_cursor": null, "has_more": false, "confirmation": null}),
    };
    let known = scripted.memory(|memory| {
        let found = memory
            .answers
            .iter()
            .find(|(known, _)| **known == path || known.ends_with('/') && path.starts_with(**known));
        found.map(|(_, body)| body.clone())
    });
    with(StatusCode::OK, "application/json", Body::from(known.unwrap_or(usual).to_string()))
}

async fn speak(scripted: &Scripted, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (key, token) = (header("idempotency-key"), header("authorization"));
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let message = body["message"].as_str().unwrap_or_default().to_owned();
    let receiver = scripted.memory(|memory| {
        memory.asked.push(Asked { message, key, token });
        memory.turns.pop_front()
    });
    let Some(receiver) = receiver else {
        return with(StatusCode::SERVICE_UNAVAILABLE, "application/problem+json", Body::from("{}"));
    };
    let pieces = stream::unfold(receiver, async |mut receiver| {
        let piece: Bytes = receiver.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), receiver))
    });
    with(StatusCode::OK, "text/event-stream", Body::from_stream(pieces))
}

async fn pass_on(backend: &str, client: &reqwest::Client, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let target = parts.uri.path_and_query().expect("a path").as_str();
    let sent =
        client.request(parts.method, format!("{backend}{target}")).headers(parts.headers).body(body).send().await;
    let answer = sent.unwrap_or_else(|error| panic!("the real backend answers {target}: {error:?}"));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    *response.body_mut() = Body::from(answer.bytes().await.expect("a body"));
    response
}

fn with(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let response = http::Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    response.body(body).expect("a response")
}
