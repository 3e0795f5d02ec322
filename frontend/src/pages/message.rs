//! The page with one message: what went wrong, what it means for the reader, and what to do next. A script that waits for
//! events gets the same words as a problem.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Retry;
use crate::html::Html;
use crate::visit::{Page, Visit};

/// The content type of a problem, RFC 9457.
pub const PROBLEM: &str = "application/problem+json";

/// A message and the ways on.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message {
    pub(super) page: Page,
    /// Whether a script asked, which gets the same words as a problem.
    pub(super) script: bool,
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) text: String,
    /// Sends the same form again.
    pub(super) retry: Option<Retry>,
    /// Asks for the same page again.
    pub(super) again: Option<String>,
    /// Finds the request in the logs; shown where somebody may have to look.
    pub(super) request_id: Option<String>,
}

impl Message {
    /// The page for an error that the framework or a middleware made.
    pub fn of_status(status: StatusCode, visit: &Visit) -> Self {
        let (title, text) = match status {
            StatusCode::UNAUTHORIZED => ("Please log in", "Your session has ended."),
            StatusCode::FORBIDDEN => (
                "This request came from somewhere else",
                "The form was not sent from a page of this site, so nothing was changed. Open the page here and try again.",
            ),
            StatusCode::NOT_FOUND => ("There is nothing here", "The address may be mistyped, or the page has gone."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("That does not work here", "This address exists, but it cannot be used in this way.")
            }
            StatusCode::REQUEST_TIMEOUT => {
                ("That took too long", "The form did not arrive completely. Please go back and send it again.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => (
                "That is too much at once",
                "The form is larger than this page accepts. Please go back and shorten it.",
            ),
            other if other.is_client_error() => {
                ("That could not be read", "What was sent is not what this page expects, so nothing was changed.")
            }
            _ => ("Something went wrong", "This is our mistake, not yours. Please try again in a moment."),
        };
        let request_id = status.is_server_error().then(|| visit.request_id.clone()).flatten();
        let (page, script, text) = (visit.page(), visit.script, text.to_owned());
        Self { page, script, status, title, text, retry: None, again: None, request_id }
    }
}

impl IntoResponse for Message {
    fn into_response(self) -> Response {
        if self.script {
            let body = json!({ "status": self.status.as_u16(), "title": self.title, "detail": self.text });
            return (self.status, [(header::CONTENT_TYPE, PROBLEM)], body.to_string()).into_response();
        }
        (self.status, Html(self)).into_response()
    }
}
