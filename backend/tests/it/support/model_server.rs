//! A model that says what a test wants, down to the byte and the moment at which it hangs up. By hand on TCP, because
//! no ordinary server cuts an answer in the middle. Absent on purpose: any understanding of what it is asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::eventually;

/// Gives its replies in order, one per connection, and the last one for ever.
pub(crate) struct ModelServer {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    /// `http://127.0.0.1:port`, without a path.
    pub(crate) base: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    hung_up: usize,
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The first line and the headers, the names in lower case.
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What happens on one connection once its request is there. At the end the server closes it.
#[derive(Clone, Default)]
pub(crate) struct Reply(Vec<Step>);

#[derive(Clone)]
enum Step {
    Send(Vec<u8>),
    Trickle(Vec<u8>),
    Stall,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::status_with(status, "")
    }

    /// `headers` are whole lines.
    pub(crate) fn status_with(status: u16, headers: &str) -> Self {
        Self::default()
            .send(format!("HTTP/1.1 {status} Said So\r\ncontent-length: 6\r\nconnection: close\r\n{headers}\r\nsecret"))
    }

    /// Just the head of an answer of this type, which the end of the connection will end.
    pub(crate) fn head(content_type: &str) -> Self {
        Self::default().send(format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n"))
    }

    /// A whole stream.
    pub(crate) fn stream(events: &[Value]) -> Self {
        Self::head("text/event-stream").send(stream(events))
    }

    pub(crate) fn send(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        // In one packet with what is before it, so that a client that has the head has this, too.
        match self.0.last_mut() {
            Some(Step::Send(before)) => before.extend(bytes.into()),
            _ => self.0.push(Step::Send(bytes.into())),
        }
        self
    }

    /// Every byte in a packet of its own.
    pub(crate) fn trickle(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.push(Step::Trickle(bytes.into()));
        self
    }

    /// Says nothing more until the client has gone.
    pub(crate) fn stall(mut self) -> Self {
        self.0.push(Step::Stall);
        self
    }
}

impl ModelServer {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Seen>>::default();
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let (shared, waiting) = (Arc::clone(&seen), Arc::clone(&replies));
        let task = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let reply = {
                    let mut replies = waiting.lock().unwrap();
                    if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
                };
                tokio::spawn(serve(connection, reply.unwrap_or_default(), Arc::clone(&shared)));
            }
        });
        Self { replies, base, seen, task }
    }

    /// From now on gives these replies.
    pub(crate) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        *self.replies.lock().unwrap() = replies.into_iter().collect();
    }

    /// Everything that was asked, the oldest first.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// Returns once so many clients have left before their answer was over.
    pub(crate) async fn until_hung_up(&self, clients: usize) {
        eventually("the client has hung up", async || self.seen.lock().unwrap().hung_up == clients).await;
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, reply: Reply, seen: Arc<Mutex<Seen>>) {
    // A client may leave at any time; then there is nothing left to do.
    let _ = connection.set_nodelay(true);
    let Some(request) = receive(&mut connection).await else { return };
    seen.lock().unwrap().requests.push(request);
    for step in reply.0 {
        let outcome = match step {
            Step::Send(bytes) => connection.write_all(&bytes).await,
            Step::Trickle(bytes) => trickle(&mut connection, &bytes).await,
            Step::Stall => {
                // The client has nothing more to say, so it is its leaving that ends this.
                connection.read_u8().await.map(drop)
            }
        };
        if outcome.is_err() {
            seen.lock().unwrap().hung_up += 1;
            return;
        }
    }
}

async fn trickle(connection: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        connection.write_all(&[*byte]).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn receive(connection: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut request = Request { head, body: Value::Null };
    let mut body = vec![0; request.header("content-length")?.parse().ok()?];
    connection.read_exact(&mut body).await.ok()?;
    request.body = serde_json::from_slice(&body).ok()?;
    Some(request)
}

/// Events as they go over the wire, with the mark of the end.
pub(crate) fn stream(events: &[Value]) -> String {
    let events: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    events + "data: [DONE]\n\n"
}

/// A piece of an answer.
pub(crate) fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

/// A piece of text.
pub(crate) fn text(content: &str) -> Value {
    delta(json!({"content": content}))
}

/// A call in one piece.
pub(crate) fn call(index: u32, id: &str, name: &str, arguments: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments});
    delta(json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]}))
}

/// More of the arguments of a call.
pub(crate) fn more(index: u32, arguments: &str) -> Value {
    delta(json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}))
}

/// Why the answer ends.
pub(crate) fn end(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

/// The token counts.
pub(crate) fn usage(input: u32, output: u32) -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}})
}
