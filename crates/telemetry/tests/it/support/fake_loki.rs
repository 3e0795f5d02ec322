//! A Loki on a real socket that behaves as badly as a test wants, and remembers the lines that it accepted.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use tokio::{net::TcpListener, task::JoinHandle};

/// What the server does with a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Accept,
    Answer(StatusCode),
    Slow(Duration),
    Silent,
}

pub(crate) struct FakeLoki {
    address: String,
    state: Arc<Inner>,
    server: JoinHandle<()>,
}

struct Inner {
    mood: Mutex<Mood>,
    pushes: AtomicUsize,
    accepted: Mutex<Vec<String>>,
}

impl FakeLoki {
    pub(crate) async fn start(mood: Mood) -> Self {
        Self::start_at("127.0.0.1:0", mood).await
    }

    /// At an address that was free a moment ago.
    pub(crate) async fn start_at(address: &str, mood: Mood) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let inner = Inner { mood: Mutex::new(mood), pushes: AtomicUsize::new(0), accepted: Mutex::default() };
        let state = Arc::new(inner);
        let router = Router::new().route("/loki/api/v1/push", post(push)).with_state(Arc::clone(&state));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, state, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// Requests so far, whatever became of them.
    pub(crate) fn pushes(&self) -> usize {
        self.state.pushes.load(Ordering::SeqCst)
    }

    /// Accepted lines that contain `text`.
    pub(crate) fn lines_with(&self, text: &str) -> usize {
        self.state.accepted.lock().unwrap().iter().map(|body| body.matches(text).count()).sum()
    }

    /// Everything that was accepted, labels included.
    pub(crate) fn everything(&self) -> String {
        self.state.accepted.lock().unwrap().join("\n")
    }
}

impl Drop for FakeLoki {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn push(State(state): State<Arc<Inner>>, body: Bytes) -> StatusCode {
    state.pushes.fetch_add(1, Ordering::SeqCst);
    let mood = *state.mood.lock().unwrap();
    match mood {
        Mood::Answer(status) => return status,
        Mood::Silent => std::future::pending().await,
        Mood::Slow(pause) => tokio::time::sleep(pause).await,
        Mood::Accept => {}
    }
    let body = snap::raw::Decoder::new().decompress_vec(&body).unwrap();
    state.accepted.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
    StatusCode::NO_CONTENT
}

/// An address where nobody listens.
pub(crate) async fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}
