//! What stands in front of replicas in a cluster: it gives each request to the next one, and can add a token for a client
//! that has none. Absent on purpose: streams; an answer is passed on once it is whole.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Response, header},
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::client;

/// It takes connections from the start, and answers them once it leads somewhere.
pub(crate) struct Front {
    /// `http://127.0.0.1:port`, without a path.
    pub(crate) base: String,
    listener: TcpListener,
}

/// It stops when dropped.
pub(crate) struct Leading {
    /// POST requests for each replica.
    asked: Arc<Vec<AtomicUsize>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Passage {
    replicas: Arc<Vec<String>>,
    token: Option<HeaderValue>,
    turn: Arc<AtomicUsize>,
    asked: Arc<Vec<AtomicUsize>>,
    client: reqwest::Client,
}

impl Front {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { base: format!("http://{}", listener.local_addr().unwrap()), listener }
    }

    pub(crate) fn lead_to(self, replicas: &[&str], token: Option<&str>) -> Leading {
        let asked: Arc<Vec<_>> = Arc::new(replicas.iter().map(|_| AtomicUsize::new(0)).collect());
        let passage = Passage {
            replicas: Arc::new(replicas.iter().map(|&replica| replica.to_owned()).collect()),
            token: token.map(|token| format!("Bearer {token}").parse().unwrap()),
            turn: Arc::default(),
            asked: Arc::clone(&asked),
            client: client::new(),
        };
        let router = Router::new().fallback(pass).with_state(passage);
        let task = tokio::spawn(async move { axum::serve(self.listener, router).await.unwrap() });
        Leading { asked, task }
    }
}

impl Leading {
    pub(crate) fn asked(&self) -> Vec<usize> {
        self.asked.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(passage): State<Passage>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let turn = passage.turn.fetch_add(1, Ordering::Relaxed) % passage.replicas.len();
    if parts.method == "POST" {
        passage.asked[turn].fetch_add(1, Ordering::Relaxed);
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    // The host stays the one that the client has asked for, as behind an Ingress.
    let mut headers = of_the_message(parts.headers);
    headers.extend(passage.token.map(|token| (header::AUTHORIZATION, token)));
    let request = passage.client.request(parts.method, format!("{}{path}", passage.replicas[turn])).headers(headers);
    let answer = request.body(to_bytes(body, usize::MAX).await.unwrap()).send().await.unwrap();
    let (status, headers) = (answer.status(), of_the_message(answer.headers().clone()));
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

/// Without what belongs to one connection.
fn of_the_message(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers
}
