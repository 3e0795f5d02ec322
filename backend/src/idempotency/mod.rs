//! Safe retries: a creating request that carries an `Idempotency-Key` is done at most once in 24 hours, and asking again
//! gives the answer of the first time. The key, the answer and the work become durable in one transaction, so that no
//! crash can come between them. Absent on purpose: keys of refused requests, which a client may mend and send again.

mod key;
mod store;

use std::time::Duration;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use key::IdempotencyKey;
pub use store::{claim, earlier, purge};

use crate::{
    accounts::UserId,
    problem::{Kind, Problem},
    timestamp::Timestamp,
};

/// How long a key keeps its answer.
pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What a twin of a request that is still being handled is told to wait.
const TWIN_RETRY_AFTER: Duration = Duration::from_secs(1);

/// What makes two requests with one key the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of what the client sent, not of what we understood: a new release may understand more, and a retry during the
    /// rollout is still the same request.
    pub fn of_json(body: &Map<String, Value>) -> Self {
        let mut fields: Vec<_> = body.iter().map(|(name, value)| [name.clone(), value.to_string()]).collect();
        fields.sort();
        Self::of_texts(fields.iter().flatten())
    }

    /// As it is kept.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// Of several texts in their order. Never of a password: this hash is quick to guess through.
    pub fn of_texts(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut digest = Sha256::new();
        for text in texts {
            digest.update(text.as_ref().len().to_be_bytes());
            digest.update(text.as_ref());
        }
        Self(digest.finalize().into())
    }
}

/// An answer that can be given again, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header `Location`.
    pub location: Option<HeaderValue>,
    /// The header `ETag`.
    pub etag: Option<HeaderValue>,
    /// JSON.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer, marked as one that was given before.
    pub fn replayed(self) -> Response {
        const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
        ([(REPLAYED, HeaderValue::from_static("true"))], self).into_response()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(self.location.map(|value| (header::LOCATION, value)));
        headers.extend(self.etag.map(|value| (header::ETAG, value)));
        response
    }
}

/// A request that wants its key.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Whose key, and for which route: the same key in another scope is another key.
    pub scope: &'a str,
    /// The client's key.
    pub key: &'a IdempotencyKey,
    /// Whose data the answer is; it goes when the account goes.
    pub owner: UserId,
    /// What the request asks for.
    pub fingerprint: Fingerprint,
    /// What it will be answered.
    pub answer: &'a Answer,
    /// The present moment.
    pub now: Timestamp,
}

/// Why a key could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The key belongs to a request with another body.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// The same request is being handled right now, here or in another process.
    #[error("a request with the same idempotency key is still being handled")]
    InProgress,
    /// The account was deleted while the request was on its way.
    #[error("the account is gone")]
    NoAccount,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::KeyReused => Self::new(Kind::KeyReused),
            ClaimError::InProgress => Self::new(Kind::InProgress).retry_after(TWIN_RETRY_AFTER),
            ClaimError::NoAccount => Self::new(Kind::Unauthorized),
            ClaimError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Fingerprint;

    fn of(body: Value) -> Fingerprint {
        match body {
            Value::Object(body) => Fingerprint::of_json(&body),
            _ => panic!("a body is an object"),
        }
    }

    #[test]
    fn bodies_are_the_same_when_their_values_are() {
        let one = r#"{"title": "a", "priority": "low"}"#;
        let other = r#"{ "priority":"low","title" : "\u0061" }"#;
        assert_eq!(of(serde_json::from_str(one).unwrap()), of(serde_json::from_str(other).unwrap()));
        for other in [
            json!({}),
            json!({"title": "A"}),
            json!({"titl": "ea"}),
            json!({"title": "a", "due_at": null}),
            json!({"title": ["a"]}),
        ] {
            assert_ne!(of(json!({"title": "a"})), of(other));
        }
    }
}
