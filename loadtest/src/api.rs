//! A small client of the backend's API for everything that goose does not send: sign-ups, the probe, the audit, markers,
//! the flood. Absent on purpose: retries, and any opinion about an answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use url::Url;

/// Longer than the server's own limit for one request, so that its answer arrives before we give up.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Below `telemetry::serve::Patience::settle`.
const IDLE: Duration = Duration::from_millis(800);

/// Builds an HTTP client that keeps at most this many idle connections. A proxy from the environment would stand between
/// us and the server.
pub fn http_client(idle_connections: usize) -> Result<Client, reqwest::Error> {
    builder().pool_max_idle_per_host(idle_connections).build()
}

/// Builds an HTTP client that keeps connections as a good gateway does: an idle one for less long than a server that ends
/// waits for its next request, because a request on a connection that is being closed is lost and is nobody's fault.
pub fn gateway_client() -> Result<Client, reqwest::Error> {
    builder().pool_idle_timeout(IDLE).build()
}

fn builder() -> reqwest::ClientBuilder {
    Client::builder().no_proxy().no_gzip().http1_only().timeout(TIMEOUT).tcp_nodelay(true)
}

/// One server, and how often each of its routes has answered.
#[derive(Clone, Debug)]
pub struct Api {
    pub http: Client,
    base: String,
    answered: Arc<Mutex<BTreeMap<String, u64>>>,
}

/// One request: the route names it in counts, the path is what is sent.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub method: Method,
    /// The template, such as `/api/tasks/{id}`.
    pub template: &'a str,
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub headers: &'a [(&'static str, &'a str)],
    pub body: Option<&'a Value>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Call<'_> {
    /// `METHOD /template`.
    pub fn route(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

impl<'a> Call<'a> {
    /// A request whose path is its template.
    pub fn new(method: Method, path: &'a str) -> Self {
        Self { method, template: path, path, token: None, headers: &[], body: None }
    }

    pub fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &'a str, body: &'a Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    pub fn template(self, template: &'a str) -> Self {
        Self { template, ..self }
    }

    pub fn token(self, token: &'a str) -> Self {
        Self { token: Some(token), ..self }
    }

    pub fn headers(self, headers: &'a [(&'static str, &'a str)]) -> Self {
        Self { headers, ..self }
    }
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Whether the server said no in the documented way.
    pub fn refused(&self) -> bool {
        refusal(self.status, &self.headers)
    }

    /// The answer in words, for those who expected another one.
    pub fn told(&self) -> String {
        told(self.status, &self.json()["title"])
    }
}

impl Api {
    pub fn new(http: Client, base: &Url) -> Self {
        Self { http, base: base.as_str().trim_end_matches('/').to_owned(), answered: Arc::default() }
    }

    /// The server's address without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends one request and reads the whole answer.
    pub async fn send(&self, call: &Call<'_>) -> Result<Answer, reqwest::Error> {
        let response = self.open(call).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        Ok(Answer { status, headers, body })
    }

    /// Sends one request and leaves the answer to be read.
    pub async fn open(&self, call: &Call<'_>) -> Result<Response, reqwest::Error> {
        let mut request = self.http.request(call.method.clone(), format!("{}{}", self.base, call.path));
        if let Some(token) = call.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let response = request.send().await?;
        *self.lock().entry(call.route()).or_default() += 1;
        Ok(response)
    }

    /// How often each route has answered this client.
    pub fn answered(&self) -> BTreeMap<String, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a server says no in the documented way: 429 or 503, and when to come back.
pub fn refusal(status: u16, headers: &HeaderMap) -> bool {
    matches!(status, 429 | 503) && headers.contains_key(RETRY_AFTER)
}

/// A refusal or a wrong answer in words: the status and the problem's title, where it has one.
pub fn told(status: u16, title: &Value) -> String {
    title.as_str().map_or_else(|| format!("status {status}"), |title| format!("status {status}, {title}"))
}

/// The innermost cause of a failed request: `connection refused` says more than the request around it.
pub fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_polite_only_when_it_says_when_to_come_back() {
        let told = HeaderMap::from_iter([(RETRY_AFTER, reqwest::header::HeaderValue::from_static("1"))]);
        assert!(refusal(429, &told) && refusal(503, &told));
        assert!(!refusal(429, &HeaderMap::new()) && !refusal(503, &HeaderMap::new()));
        assert!(!refusal(500, &told) && !refusal(504, &told) && !refusal(200, &told));
    }
}
