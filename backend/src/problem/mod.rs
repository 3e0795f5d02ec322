//! The only shape of an error answer (RFC 9457 problem+json) and the only place that picks an error status. Features
//! say what kind of problem they have; `render.rs` writes it and logs the cause; `extract.rs` holds the extractors whose
//! refusals are problems.

mod extract;
mod kind;
mod render;

use std::{borrow::Cow, error::Error, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

pub use extract::{Json, Path, Query};
pub use kind::Kind;
pub use render::{Body, OwnBody, render};

/// A request can repeat a mistake thousands of times; its answer must not grow with it.
const MOST_FIELD_ERRORS: usize = 20;

/// What went wrong, in two texts: `kind` and `detail` for the caller, `cause` for the log and for nobody else. One
/// pointer wide, because every handler's result carries one.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    headers: HeaderMap,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// One field of a body or query that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The field's name on the wire.
    #[schema(value_type = String)]
    pub field: Cow<'static, str>,
    /// The rule, as a sentence for people.
    pub message: String,
}

impl Problem {
    /// A problem of this kind, with the kind's own title and nothing else.
    pub fn new(kind: Kind) -> Self {
        let (errors, headers) = (Vec::new(), HeaderMap::new());
        Self(Box::new(Parts { kind, detail: None, errors, headers, cause: None }))
    }

    /// 422: the request is readable, but these fields break rules. The first [`MOST_FIELD_ERRORS`] are told.
    pub fn validation(mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MOST_FIELD_ERRORS);
        let mut problem = Self::new(Kind::Validation);
        problem.0.errors = errors;
        problem
    }

    /// The fields that break rules.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Says more to the caller. Never called for a 5xx with anything internal.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Tells the caller when another try makes sense, in whole seconds and at least one.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Keeps the error that led here for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Arc::new(cause));
        self
    }
}

/// For `?` in routes. A constraint that a feature expects (a unique e-mail) is recognised in its store, not here.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if crate::database::is_passing(&error) {
            Self::new(Kind::Unavailable).retry_after(crate::database::RETRY_AFTER).caused_by(error)
        } else {
            Self::new(Kind::Internal).caused_by(error)
        }
    }
}

/// The body is written by `render`, which also knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status().into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}
