//! How a round fails. Absent on purpose: anything that the provider or a person wrote; what is here may be logged.

use std::{fmt, time::Duration};

use telemetry::names::gen_ai_error;

/// A failed round.
#[derive(thiserror::Error)]
#[error("the model failed ({kind}) after {attempts} requests")]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// The text that the caller has already been given.
    pub partial: String,
    /// How many requests were sent; 0 while the circuit is open.
    pub attempts: u32,
}

impl fmt::Debug for Failure {
    // By hand, so that a line with a failure in it never holds what the model said.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partial = format_args!("{} bytes", self.partial.len());
        let mut fields = formatter.debug_struct("Failure");
        fields.field("kind", &self.kind).field("partial", &partial).field("attempts", &self.attempts).finish()
    }
}

/// What can go wrong with a model: a closed set, so that it can be a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// 429, or the same said within the answer.
    RateLimited,
    /// 5xx or 408, or an error within the answer.
    ServerError,
    /// Nothing came in time, or the round took too long.
    Timeout,
    /// No connection, or it was lost before an answer began.
    Connection,
    /// The answer ended in the middle.
    Cut,
    /// An answer that is none: no JSON, another type, too long.
    BadAnswer,
    /// The provider does not want this request: any other 3xx or 4xx, above all a wrong key, model or prompt.
    Refused,
    /// Not even tried: the last rounds failed.
    CircuitOpen,
}

impl FailureKind {
    /// Every kind, for metrics that start at zero.
    pub const ALL: [Self; 8] = [
        Self::RateLimited,
        Self::ServerError,
        Self::Timeout,
        Self::Connection,
        Self::Cut,
        Self::BadAnswer,
        Self::Refused,
        Self::CircuitOpen,
    ];

    /// Its word in logs and in the label `error_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => gen_ai_error::RATE_LIMITED,
            Self::ServerError => gen_ai_error::SERVER_ERROR,
            Self::Timeout => gen_ai_error::TIMEOUT,
            Self::Connection => gen_ai_error::CONNECTION,
            Self::Cut => gen_ai_error::CUT,
            Self::BadAnswer => gen_ai_error::BAD_ANSWER,
            Self::Refused => gen_ai_error::REFUSED,
            Self::CircuitOpen => gen_ai_error::CIRCUIT_OPEN,
        }
    }

    /// Whether the model is at fault, for the circuit breaker. A refusal and a bad answer are not: the server is there,
    /// it says so quickly, and one person's prompt may provoke either, which must not take the model from the others.
    pub(super) fn is_outage(self) -> bool {
        match self {
            Self::RateLimited | Self::ServerError | Self::Timeout | Self::Connection | Self::Cut => true,
            Self::BadAnswer | Self::Refused | Self::CircuitOpen => false,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One request that failed, with what the log and the retries need to know.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(super) struct Fault {
    pub(super) kind: FailureKind,
    /// Our own words.
    pub(super) detail: &'static str,
    pub(super) status: Option<u16>,
    /// How long the server wants us to wait.
    pub(super) retry_after: Option<Duration>,
    pub(super) source: Option<reqwest::Error>,
}

impl Fault {
    pub(super) fn new(kind: FailureKind, detail: &'static str) -> Self {
        Self { kind, detail, status: None, retry_after: None, source: None }
    }

    pub(super) fn bad_answer(detail: &'static str) -> Self {
        Self::new(FailureKind::BadAnswer, detail)
    }

    /// Without the address, which may hold a password.
    pub(super) fn caused_by(mut self, source: reqwest::Error) -> Self {
        self.source = Some(source.without_url());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_no_word_of_the_model() {
        let failure = Failure { kind: FailureKind::Cut, partial: "Buy a ring for Ann".to_owned(), attempts: 2 };
        assert_eq!(failure.to_string(), "the model failed (cut) after 2 requests");
        assert_eq!(format!("{failure:?}"), "Failure { kind: Cut, partial: 18 bytes, attempts: 2 }");
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> = FailureKind::ALL.map(FailureKind::as_str).into();
        assert_eq!(words.len(), FailureKind::ALL.len());
    }
}
