//! The assistant's part of the backend: saying something, as one answer or as a stream, and what was said before.
//! Absent on purpose: reading the events of a stream. They pass through to the browser, whose script reads them.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use reqwest::{RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Api, ApiError, Caller, as_caller, log, read, send, send_once};

/// The content type of a streamed answer.
pub const EVENT_STREAM: &str = "text/event-stream";
/// Conversations of one page of the history.
const CONVERSATIONS: &str = "20";
/// Messages of one page of a conversation.
const MESSAGES: &str = "50";
/// Ends a stream whose source broke, wherever it was, so that the reader hears of it in words.
const BROKEN: &[u8] =
    b"\n\nevent: error\ndata: {\"error\":\"The connection to the assistant broke.\",\"type\":\"connection_lost\"}\n\n";

/// Who answers here.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Assistant {
    /// A model or the rules.
    pub engine: Engine,
    /// The model's name.
    #[serde(default)]
    pub model: Option<String>,
}

/// Who found an answer.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A language model.
    Model,
    /// The built-in rules.
    Rules,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The reader.
    User,
    /// The assistant.
    Assistant,
}

/// A conversation in the history.
#[derive(Clone, Debug, Deserialize)]
pub struct Conversation {
    /// Its identity.
    pub id: Uuid,
    /// How it began.
    pub title: String,
    /// What was said last.
    pub preview: String,
    /// When that was.
    pub updated_at: Timestamp,
}

/// A part of the history, newest first, and the way to the next part.
#[derive(Debug, Deserialize)]
pub struct ConversationPage {
    /// The conversations.
    pub items: Vec<Conversation>,
    /// Opaque; absent on the last page.
    pub next_cursor: Option<String>,
}

/// One message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Its identity.
    pub id: Uuid,
    /// Who wrote it.
    pub role: Role,
    /// Text of the reader, or the assistant's short Markdown; neither is to be trusted.
    pub content: String,
    /// What the assistant did for it.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// Who found the answer.
    #[serde(default)]
    pub engine: Option<Engine>,
    /// Whether the rules answered because the model could not.
    #[serde(default)]
    pub fallback: bool,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A tool that was called.
#[derive(Clone, Debug, Deserialize)]
pub struct ToolCall {
    /// Its name.
    pub tool: String,
    /// `completed` or `failed`.
    pub status: String,
    /// What it brought; only looked into for a question back.
    #[serde(default)]
    pub result: Value,
}

/// The newest messages, or older ones, oldest first.
#[derive(Debug, Deserialize)]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<Message>,
    /// Leads to older messages; absent at the beginning of the conversation.
    pub next_cursor: Option<String>,
    /// A question that waits for a yes or a no.
    #[serde(default)]
    pub confirmation: Option<Confirmation>,
}

/// A question that waits for a yes or a no.
#[derive(Clone, Debug, Deserialize)]
pub struct Confirmation {
    /// Its identity, so that a yes is one to this question.
    #[serde(default)]
    pub id: String,
    /// How many tasks it is about.
    pub count: u64,
}

/// What is said.
#[derive(Serialize)]
pub struct Said<'a> {
    /// As typed.
    pub message: &'a str,
    /// Where; nowhere begins a new conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Uuid>,
    /// The question that the reader sees, in case this is the answer to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation_id: Option<Uuid>,
    /// The reader's zone, for "tomorrow at five".
    pub timezone: &'a str,
}

/// Where the answer is kept.
#[derive(Debug, Deserialize)]
pub struct Answered {
    /// The conversation, also when it is new.
    pub conversation_id: Uuid,
}

/// An answer on its way to a script.
pub enum Reply {
    /// Event by event, as they come.
    Stream(Response),
    /// At once: the answer of the first of two equal requests.
    Whole(Bytes),
}

impl Api {
    /// Who answers here.
    pub async fn assistant(&self, caller: &Caller) -> Result<Assistant, ApiError> {
        read(send(self.call(Method::GET, "/api/assistant", caller)).await?).await
    }

    /// A part of the history, from a cursor on.
    pub async fn conversations(&self, caller: &Caller, cursor: &str) -> Result<ConversationPage, ApiError> {
        let query = [("limit", CONVERSATIONS), ("cursor", cursor)];
        read(send(self.call(Method::GET, "/api/conversations", caller).query(&query)).await?).await
    }

    /// The conversation that something was said in last, if there is any.
    pub async fn newest_conversation(&self, caller: &Caller) -> Result<Option<Uuid>, ApiError> {
        let request = self.call(Method::GET, "/api/conversations", caller).query(&[("limit", "1")]);
        let page: ConversationPage = read(send(request).await?).await?;
        Ok(page.items.first().map(|conversation| conversation.id))
    }

    /// The messages of a conversation; an empty cursor gives the newest ones.
    pub async fn messages(&self, caller: &Caller, id: Uuid, cursor: &str) -> Result<MessagePage, ApiError> {
        let query = [("limit", MESSAGES), ("cursor", cursor)];
        let path = format!("{}/messages", conversation_path(id));
        read(send(self.call(Method::GET, &path, caller).query(&query)).await?).await
    }

    /// Deletes a conversation with everything in it.
    pub async fn delete_conversation(&self, caller: &Caller, id: Uuid) -> Result<(), ApiError> {
        send(self.call(Method::DELETE, &conversation_path(id), caller)).await.map(drop)
    }

    /// Says something and waits for the whole answer. The same key again is the same turn, not a second one.
    pub async fn say(&self, caller: &Caller, key: &str, said: &Said<'_>) -> Result<Answered, ApiError> {
        read(send_once(self.turn(caller, key, said)).await?).await
    }

    /// Says something and gives the answer as it comes.
    pub async fn say_streaming(&self, caller: &Caller, key: &str, said: &Said<'_>) -> Result<Reply, ApiError> {
        let response = send_once(self.turn(caller, key, said).header(header::ACCEPT, EVENT_STREAM)).await?;
        if is(response.headers(), EVENT_STREAM) {
            return Ok(Reply::Stream(response));
        }
        if !is(response.headers(), "application/json") {
            let error = ApiError::Unexpected { status: response.status(), source: None };
            log(&error);
            return Err(error);
        }
        let whole = response.bytes().await.map_err(|error| ApiError::Unreachable(error.without_url()));
        whole.map(Reply::Whole).inspect_err(log)
    }

    fn turn(&self, caller: &Caller, key: &str, said: &Said<'_>) -> RequestBuilder {
        as_caller(self.patient.post(self.base.join("/api/chat")), caller).header("idempotency-key", key).json(said)
    }
}

/// The bytes of a stream as they come. Whoever drops them ends the turn: the connection to the backend is closed.
pub fn events(response: Response) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    response.bytes_stream().map(|chunk| {
        Ok(chunk.unwrap_or_else(|error| {
            log(&ApiError::Unreachable(error.without_url()));
            Bytes::from_static(BROKEN)
        }))
    })
}

fn conversation_path(id: Uuid) -> String {
    format!("/api/conversations/{id}")
}

fn is(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    value.len() >= wanted.len() && value[..wanted.len()].eq_ignore_ascii_case(wanted.as_bytes())
}
