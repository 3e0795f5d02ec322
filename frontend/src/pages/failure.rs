//! `Failure`: the answer when the backend brought no result. Picks the status and the words, and keeps what the reader
//! had entered, with the same idempotency key, so that sending it again is safe.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Message, see_other};
use crate::api::{ApiError, Problem};
use crate::cookies::Cookies;
use crate::field_errors::FieldErrors;
use crate::local_path::LocalPath;
use crate::notice::Notice;
use crate::visit::Visit;

/// Seconds after which trying again makes sense when the backend did not say so.
pub const RETRY_AFTER: u32 = 5;

/// A failed request to the backend on its way to becoming a page.
pub struct Failure {
    /// The request.
    pub visit: Visit,
    /// How cookies are made.
    pub cookies: Cookies,
    /// What went wrong.
    pub error: ApiError,
    /// What it was about.
    pub subject: Subject,
    /// Where logging in leads back to.
    pub back: LocalPath,
    /// Sends what was entered once more.
    pub retry: Option<Retry>,
}

/// What a request was about, for the words of its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The list, or a task in it.
    Task,
    /// The assistant, or a conversation with it.
    Conversation,
}

impl Subject {
    fn unknown(self) -> &'static str {
        match self {
            Self::Task => "This task does not exist",
            Self::Conversation => "This conversation does not exist",
        }
    }

    fn out_of_reach(self) -> &'static str {
        match self {
            Self::Task => "Your tasks are out of reach",
            Self::Conversation => "The assistant is out of reach",
        }
    }
}

/// A form that can be sent again as it was.
pub struct Retry {
    /// Where it goes.
    pub action: String,
    /// The words on its button.
    pub button: &'static str,
    /// What it sends.
    pub fields: Vec<Kept>,
}

/// One field of a form that was not lost.
pub struct Kept {
    /// Its name in the form.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Its name for the reader; what has none is not shown.
    pub label: Option<&'static str>,
}

impl Retry {
    /// What the reader sees of it: fields with a name and a value.
    pub fn shown(&self) -> Vec<(&'static str, &str)> {
        let shown = self.fields.iter().filter(|field| !field.value.is_empty());
        shown.filter_map(|field| Some((field.label?, field.value.as_str()))).collect()
    }
}

impl Failure {
    /// Offers to send the form again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Says what it was about.
    pub fn about(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// Leads back to another page than the one asked for.
    pub fn back(mut self, back: LocalPath) -> Self {
        self.back = back;
        self
    }

    fn message(self, status: StatusCode, title: &'static str, text: impl Into<String>) -> Message {
        let trouble = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let again = (trouble && self.retry.is_none()).then(|| self.back.to_string());
        let request_id = if status.is_server_error() { self.visit.request_id.clone() } else { None };
        let (script, text) = (self.visit.script, text.into());
        Message { page: self.visit.page(), script, status, title, text, retry: self.retry, again, request_id }
    }

    fn unavailable(self, retry_after: Option<u32>, text: &'static str) -> Response {
        let seconds = retry_after.unwrap_or(RETRY_AFTER);
        let title = self.subject.out_of_reach();
        let message = self.message(StatusCode::SERVICE_UNAVAILABLE, title, text);
        ([(header::RETRY_AFTER, HeaderValue::from(seconds))], message).into_response()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match &self.error {
            ApiError::Refused => log_in_again(&self.visit, self.cookies, &self.back, Some(Notice::SessionEnded)),
            ApiError::NotFound => {
                let text = match self.retry {
                    Some(_) => "It was deleted in the meantime, perhaps in another tab. What you wrote is still here.",
                    None => "It may have been deleted, perhaps in another tab.",
                };
                let title = self.subject.unknown();
                self.message(StatusCode::NOT_FOUND, title, text).into_response()
            }
            ApiError::Busy { status: StatusCode::TOO_MANY_REQUESTS, retry_after } => {
                let seconds = retry_after.unwrap_or(RETRY_AFTER);
                let text = format!("That was a lot in a short time. Please wait {} and try again.", wait(seconds));
                let message = self.message(StatusCode::TOO_MANY_REQUESTS, "A moment, please", text);
                ([(header::RETRY_AFTER, HeaderValue::from(seconds))], message).into_response()
            }
            ApiError::Busy { retry_after, .. } => {
                let retry_after = *retry_after;
                self.unavailable(retry_after, "The service is busy or being restarted. It is usually back in a moment.")
            }
            ApiError::Unreachable(_) => {
                self.unavailable(None, "The service behind this page does not answer. It is usually back in a moment.")
            }
            ApiError::Conflict(problem) if problem.kind == Problem::IN_PROGRESS => {
                self.unavailable(Some(1), "The same request is still being worked on. Please try again in a moment.")
            }
            ApiError::Conflict(_) | ApiError::Changed => {
                let text = "It was changed in the meantime, perhaps in another tab. Please look at it again.";
                self.message(StatusCode::CONFLICT, "Somebody was faster", text).into_response()
            }
            ApiError::Invalid(problem) => {
                let text = FieldErrors::of(problem.clone()).beside(&[]).join(" ");
                self.message(StatusCode::UNPROCESSABLE_ENTITY, "This was not accepted", text).into_response()
            }
            ApiError::Unexpected { .. } => {
                let text =
                    "The service gave an answer that this page does not understand. Please try again in a moment.";
                self.message(StatusCode::BAD_GATEWAY, "Something went wrong", text).into_response()
            }
        }
    }
}

/// To the log-in page and back. htmx and scripts follow redirects without showing them, so they are told to go there
/// themselves.
pub fn log_in_again(visit: &Visit, cookies: Cookies, back: &LocalPath, notice: Option<Notice>) -> Response {
    let to = back.log_in_first();
    let mut response = see_other(&to, [cookies.end_session(), notice.and_then(|notice| cookies.notice(notice))]);
    if visit.htmx || visit.script {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        if let Some(location) = response.headers_mut().remove(header::LOCATION) {
            response.headers_mut().insert("hx-redirect", location);
        }
    }
    response
}

/// "12 seconds", "2 minutes".
pub fn wait(seconds: u32) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
