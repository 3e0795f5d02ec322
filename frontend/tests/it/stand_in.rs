//! A stand-in for a backend in trouble: it answers whatever it is told to and remembers what it was asked. Only for
//! answers that the real backend never gives on purpose.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use crate::site::free_port;

#[derive(Clone)]
pub(crate) struct StandIn {
    url: String,
    state: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    status: StatusCode,
    body: String,
    headers: HeaderMap,
    asked: Vec<(String, HeaderMap)>,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let listener = free_port().await;
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(Memory::default()));
        let router = Router::new().fallback(answer).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// The answer to everything from now on.
    pub(crate) fn answer(&self, status: StatusCode, body: &str, headers: &[(&str, &str)]) {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse::<HeaderValue>().expect("a value"))
        };
        let mut memory = self.state.lock().expect("no panic before");
        memory.status = status;
        memory.body = body.to_owned();
        memory.headers = headers.iter().map(pair).collect();
    }

    /// The headers of every request to that path so far.
    pub(crate) fn asked(&self, path: &str) -> Vec<HeaderMap> {
        let memory = self.state.lock().expect("no panic before");
        memory.asked.iter().filter(|(asked, _)| asked == path).map(|(_, headers)| headers.clone()).collect()
    }
}

async fn answer(State(state): State<Arc<Mutex<Memory>>>, request: Request) -> Response {
    let mut memory = state.lock().expect("no panic before");
    memory.asked.push((request.uri().path().to_owned(), request.headers().clone()));
    let mut response = Response::new(Body::from(memory.body.clone()));
    *response.status_mut() = memory.status;
    response.headers_mut().extend(memory.headers.clone());
    response
}
