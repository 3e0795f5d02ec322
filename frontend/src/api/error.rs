//! What can come back from the backend instead of an answer. Absent on purpose: pages; see `pages/failure.rs`.

use axum::http::StatusCode;

use super::types::Problem;

/// A request to the backend that brought no result.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No connection, or no answer in time. Whether the backend acted is unknown.
    #[error("the backend does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The backend, or something before it, says: not now.
    #[error("the backend is busy ({status})")]
    Busy {
        /// 429 or 502 to 504.
        status: StatusCode,
        /// Seconds to wait, where it said so.
        retry_after: Option<u32>,
    },
    /// The token is missing, expired or of a deleted account.
    #[error("the backend refused the token")]
    Refused,
    /// No such task, or somebody else's.
    #[error("the backend knows no such object")]
    NotFound,
    /// The object has changed since the version in `If-Match`.
    #[error("the object has changed meanwhile")]
    Changed,
    /// The request contradicts something that exists, such as a taken e-mail address.
    #[error("the backend reports a conflict")]
    Conflict(Problem),
    /// Something in the request is wrong; the problem says what.
    #[error("the backend did not accept the input")]
    Invalid(Problem),
    /// An answer that the contract does not know.
    #[error("the backend answered {status} out of contract")]
    Unexpected {
        /// The status, 200 too when the body was not readable.
        status: StatusCode,
        /// Why the body was not readable.
        #[source]
        source: Option<reqwest::Error>,
    },
}

impl ApiError {
    /// The closed set of words for the field `error.type` of a log line.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(error) if error.is_timeout() => "backend_timeout",
            Self::Unreachable(_) => "backend_unreachable",
            Self::Busy { .. } => "backend_busy",
            Self::Refused => "token_refused",
            Self::NotFound => "not_found",
            Self::Changed => "changed",
            Self::Conflict(_) => "conflict",
            Self::Invalid(_) => "invalid",
            Self::Unexpected { .. } => "backend_unexpected",
        }
    }

    /// Whether somebody who runs the system should know.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unexpected { .. })
            || matches!(self, Self::Busy { status, .. } if *status != StatusCode::TOO_MANY_REQUESTS)
    }
}
