//! A server for tests that answers as it is told, on a port of its own. Absent on purpose: HTTP beyond one question per
//! connection.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Gets the method and what follows it, such as `GET /api/v1/query?query=up`; returns status, headers and body.
pub trait Answers: Fn(&str) -> (u16, String, String) + Send + Sync + 'static {}

impl<F: Fn(&str) -> (u16, String, String) + Send + Sync + 'static> Answers for F {}

/// Serves until the test ends.
pub async fn start(answers: impl Answers) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, Arc::clone(&answers)));
        }
    });
    url
}

async fn answer(mut connection: TcpStream, answers: Arc<impl Answers>) {
    let mut asked = Vec::new();
    // The head is enough: no body decides anything here.
    while !asked.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut part = [0; 4_096];
        match connection.read(&mut part).await {
            Ok(length) if length > 0 => asked.extend_from_slice(&part[..length]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&asked);
    let (status, headers, body) = answers(head.split(" HTTP/").next().unwrap_or_default());
    let length = body.len();
    let text = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}");
    let _ = connection.write_all(text.as_bytes()).await;
}
