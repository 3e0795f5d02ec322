//! Client of the backend: one method per call of its HTTP surface, with time-outs, and errors as a type. The assistant's
//! calls are in `chat`.
//! Every call carries the user's token, the trace of the request it serves and the user's address.
//! Absent on purpose: a cache (pages are always fresh) and retries of anything that is not safe to repeat.

mod chat;
mod error;
mod types;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::config::BackendUrl;

pub use chat::{
    Answered, Assistant, Confirmation, Conversation, ConversationPage, EVENT_STREAM, Engine, Message, MessagePage,
    Reply, Role, Said, ToolCall, events,
};
pub use error::ApiError;
pub use types::{Account, Credentials, FieldError, Priority, Problem, SignedIn, Task, TaskFields, TaskPage};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A turn of the assistant may say nothing but a comment every 15 s, and without a stream nothing at all until it is over, for 60 s at most.
const TURN_SILENCE: Duration = Duration::from_secs(65);
/// Below `Patience::settle` of the backend's server.
const IDLE_TIMEOUT: Duration = Duration::from_millis(800);
/// The background check wants a quick word, not a queue.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// How often, and how long apart, a twin waits for the first of two equal requests to finish.
const TWIN_ATTEMPTS: u32 = 20;
const TWIN_PAUSE: Duration = Duration::from_millis(250);

/// On whose behalf a call is made.
#[derive(Clone)]
pub struct Caller {
    /// The bearer token, once there is a session.
    pub token: Option<SecretString>,
    /// The addresses between the user and us, for the backend's limits per address.
    pub forwarded_for: Option<HeaderValue>,
}

/// The backend, seen from here.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// For the turns of the assistant, which take as long as they take.
    patient: reqwest::Client,
    base: BackendUrl,
}

impl Api {
    /// A client for the backend at that address; connects when it is first used.
    pub fn new(base: &BackendUrl, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = |silence| client(base, silence).build();
        Ok(Self { http: client(timeout)?, patient: client(timeout.max(TURN_SILENCE))?, base: base.clone() })
    }

    /// Whether the backend can work: its own readiness probe.
    pub async fn is_ready(&self) -> bool {
        let request = self.http.get(self.base.join("/ready")).timeout(CHECK_TIMEOUT);
        request.send().await.is_ok_and(|response| response.status().is_success())
    }

    /// Makes an account. The same key and content again is the same account, not a second one.
    pub async fn sign_up(&self, caller: &Caller, key: &str, who: &Credentials<'_>) -> Result<SignedIn, ApiError> {
        let request = self.call(Method::POST, "/api/auth/signup", caller).header("idempotency-key", key).json(who);
        read(send_once(request).await?).await
    }

    /// Opens a session.
    pub async fn log_in(&self, caller: &Caller, who: &Credentials<'_>) -> Result<SignedIn, ApiError> {
        read(send(self.call(Method::POST, "/api/auth/login", caller).json(who)).await?).await
    }

    /// One's own account.
    pub async fn account(&self, caller: &Caller) -> Result<Account, ApiError> {
        read(send(self.call(Method::GET, "/api/me", caller)).await?).await
    }

    /// Deletes one's own account with everything in it.
    pub async fn delete_account(&self, caller: &Caller) -> Result<(), ApiError> {
        send(self.call(Method::DELETE, "/api/me", caller)).await.map(drop)
    }

    /// A part of the list; the parameters are those of the backend's query.
    pub async fn tasks(&self, caller: &Caller, query: &[(&str, String)]) -> Result<TaskPage, ApiError> {
        read(send(self.call(Method::GET, "/api/tasks", caller).query(query)).await?).await
    }

    /// One task.
    pub async fn task(&self, caller: &Caller, id: Uuid) -> Result<Task, ApiError> {
        read(send(self.call(Method::GET, &task_path(id), caller)).await?).await
    }

    /// Adds a task. The same key and content again is the same task, not a second one.
    pub async fn create(&self, caller: &Caller, key: &str, fields: &TaskFields) -> Result<Task, ApiError> {
        let request = self.call(Method::POST, "/api/tasks", caller).header("idempotency-key", key).json(fields);
        read(send_once(request).await?).await
    }

    /// Saves an edit of that version of the task.
    pub async fn update(&self, caller: &Caller, id: Uuid, version: u64, fields: &TaskFields) -> Result<Task, ApiError> {
        let request = self.call(Method::PATCH, &task_path(id), caller).header(header::IF_MATCH, entity_tag(version));
        read(send(request.json(fields)).await?).await
    }

    /// Completes a task or opens it again, whatever its version: the wish does not depend on the rest of it.
    pub async fn set_completed(&self, caller: &Caller, id: Uuid, completed: bool) -> Result<Task, ApiError> {
        let change = serde_json::json!({ "completed": completed });
        read(send(self.call(Method::PATCH, &task_path(id), caller).json(&change)).await?).await
    }

    /// Deletes that version of a task.
    pub async fn delete(&self, caller: &Caller, id: Uuid, version: u64) -> Result<(), ApiError> {
        let request = self.call(Method::DELETE, &task_path(id), caller).header(header::IF_MATCH, entity_tag(version));
        send(request).await.map(drop)
    }

    fn call(&self, method: Method, path: &str, caller: &Caller) -> RequestBuilder {
        as_caller(self.http.request(method, self.base.join(path)), caller)
    }
}

/// Who asks, and in which trace.
fn as_caller(request: RequestBuilder, caller: &Caller) -> RequestBuilder {
    let mut request = request.headers(telemetry::http::current_trace_headers());
    if let Some(token) = &caller.token {
        request = request.bearer_auth(token.expose_secret());
    }
    if let Some(addresses) = &caller.forwarded_for {
        request = request.header("x-forwarded-for", addresses);
    }
    request
}

/// A client that gives up when the backend has been silent for so long.
fn client(base: &BackendUrl, silence: Duration) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(silence)
        // A backend that is shutting down closes a connection that has been silent for a second, and a request that
        // meets that moment is lost: silent connections are given up before.
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        // The backend is a neighbour in the cluster; a proxy for the way out would only get between.
        .no_proxy();
    // Without TLS no certificate is needed, and an image without any must not refuse to start.
    if base.uses_tls() { builder } else { builder.tls_certs_only([]) }
}

fn task_path(id: Uuid) -> String {
    format!("/api/tasks/{id}")
}

fn entity_tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Sends a request with an idempotency key: while its twin is still in flight (a double click), wait for it,
/// since the twin's answer is ours too.
async fn send_once(request: RequestBuilder) -> Result<Response, ApiError> {
    for _ in 0..TWIN_ATTEMPTS {
        let Some(attempt) = request.try_clone() else { break };
        match send(attempt).await {
            Err(ApiError::Conflict(problem)) if problem.kind == Problem::IN_PROGRESS => {
                tokio::time::sleep(TWIN_PAUSE).await;
            }
            outcome => return outcome,
        }
    }
    send(request).await
}

async fn send(request: RequestBuilder) -> Result<Response, ApiError> {
    let outcome = match request.send().await {
        Ok(response) if response.status().is_success() => Ok(response),
        Ok(response) => Err(refusal(response).await),
        Err(error) => Err(ApiError::Unreachable(error.without_url())),
    };
    outcome.inspect_err(log)
}

/// The one place where a failed call is logged; the pages only show it.
fn log(error: &ApiError) {
    if error.is_outage() {
        tracing::warn!(error.type = error.kind(), error.message = telemetry::chain(error), "a call to the backend failed");
    }
}

async fn refusal(response: Response) -> ApiError {
    let status = response.status();
    match status {
        StatusCode::UNAUTHORIZED => ApiError::Refused,
        StatusCode::NOT_FOUND => ApiError::NotFound,
        StatusCode::PRECONDITION_FAILED => ApiError::Changed,
        StatusCode::CONFLICT => ApiError::Conflict(problem(response).await),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            ApiError::Invalid(problem(response).await)
        }
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => ApiError::Busy { status, retry_after: retry_after(response.headers()) },
        _ => ApiError::Unexpected { status, source: None },
    }
}

/// A problem that cannot be read is still a problem, just without words.
async fn problem(response: Response) -> Problem {
    response.json().await.unwrap_or_default()
}

fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, ApiError> {
    let status = response.status();
    let outcome = response.json().await.map_err(|error| match error.is_decode() {
        true => ApiError::Unexpected { status, source: Some(error.without_url()) },
        false => ApiError::Unreachable(error.without_url()),
    });
    outcome.inspect_err(log)
}
