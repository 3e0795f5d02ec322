//! A tiny client: every call ends in an `Answer` that has been read completely.

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;

use super::TestApp;

/// Without certificates: tests speak to loopback only. Without reqwest's own decompression, which the load test's
/// dependencies switch on for the whole workspace.
pub(crate) fn new() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().no_gzip().tls_certs_only([]);
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A person with an account.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) app: TestApp,
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) token: String,
}

impl User {
    pub(crate) fn request(&self, method: Method, path: &str) -> Call {
        self.app.request(method, path).header("authorization", format!("Bearer {}", self.token))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path).json(&body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path).json(&body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }
}

/// A call being put together.
pub(crate) struct Call(RequestBuilder);

impl Call {
    pub(crate) fn new(builder: RequestBuilder) -> Self {
        Self(builder)
    }

    pub(crate) fn header(self, name: &str, value: impl AsRef<str>) -> Self {
        Self(self.0.header(name, value.as_ref()))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub(crate) fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// The answer as it begins, for those that come piece by piece.
    pub(crate) async fn open(self) -> reqwest::Response {
        self.0.send().await.unwrap()
    }

    /// For tests in which the server may be gone.
    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, json })
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// `Null` when the body is no JSON.
    pub(crate) json: Value,
}

impl Answer {
    /// A header's text, empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Everything that is promised about an error answer, and its status and type.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, slug: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.json["type"], format!("/problems/{slug}"), "{}", self.text);
        assert_eq!(self.json["status"], status, "{}", self.text);
        assert!(self.json["title"].as_str().is_some_and(|title| !title.is_empty()), "{}", self.text);
        assert_eq!(self.json["request_id"], self.header("x-request-id"), "{}", self.text);
        if [429, 503].contains(&status) {
            assert!(self.header("retry-after").parse::<u64>().is_ok_and(|wait| wait >= 1), "{:?}", self.headers);
        }
    }
}
