//! The header `Idempotency-Key`.

use axum::{
    extract::OptionalFromRequestParts,
    http::{HeaderMap, request::Parts},
};

use crate::problem::{Kind, Problem};

const HEADER: &str = "idempotency-key";
const MOST_CHARACTERS: usize = 255;

/// A key chosen by the client: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        match value.to_str() {
            Ok(key)
                if values.next().is_none()
                    && (1..=MOST_CHARACTERS).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Some(Self(key.to_owned())))
            }
            // A key that is silently ignored would be a promise not kept.
            _ => Err(Problem::new(Kind::Malformed)
                .detail("Idempotency-Key must be 1 to 255 visible ASCII characters, once.")),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        Self::read(&parts.headers)
    }
}
