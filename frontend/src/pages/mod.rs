//! Answers that belong to no feature: redirects, error pages, and the middleware that turns every bare error into a page.

mod failure;
mod message;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::local_path::LocalPath;
use crate::visit::Visit;

pub use failure::{Failure, Kept, RETRY_AFTER, Retry, Subject, log_in_again, wait};
pub use message::{Message, PROBLEM};

/// A redirect after a form was handled, so that reloading the next page repeats nothing.
pub fn see_other<const N: usize>(to: &LocalPath, cookies: [Option<HeaderValue>; N]) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    // A `LocalPath` is normalised, so it is always a valid header value.
    if let Ok(location) = HeaderValue::try_from(to.as_str()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Middleware around all pages: an error answer that is not a page yet (unknown address, wrong method, oversize or
/// unreadable form, refused origin, panic) becomes one, or a problem for a script, and a notice that was shown is taken back.
pub async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let visit = Visit::of(app.cookies, request.uri(), request.headers(), request.extensions());
    let response = next.run(request).await;
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let mut response =
        if failed && !is_page(&response) && !is_problem(&response) { replace(response, &visit) } else { response };
    if visit.notice.is_some() && is_page(&response) {
        let cookies = response.headers().get_all(header::SET_COOKIE);
        let set_again = cookies.iter().any(|cookie| cookie.as_bytes().starts_with(b"notice="));
        if let (false, Some(cookie)) = (set_again, app.cookies.end_notice()) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// The headers stay (`allow`, `retry-after`, cookies); the body and what describes it are new.
fn replace(response: Response, visit: &Visit) -> Response {
    let (mut parts, _) = response.into_parts();
    let (page, body) = Message::of_status(parts.status, visit).into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in page.headers {
        if let Some(name) = name {
            parts.headers.insert(name, value);
        }
    }
    Response::from_parts(parts, body)
}

fn is_page(response: &Response) -> bool {
    has_type(response, "text/html")
}

fn is_problem(response: &Response) -> bool {
    has_type(response, PROBLEM)
}

fn has_type(response: &Response, wanted: &str) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(wanted.as_bytes()))
}
