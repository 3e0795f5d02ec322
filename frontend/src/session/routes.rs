//! Log-in, sign-up and log-out.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use super::view::{LogIn, SignUp};
use crate::api::{ApiError, Credentials, Problem, SignedIn};
use crate::app::App;
use crate::field_errors::FieldErrors;
use crate::html::Html;
use crate::idempotency;
use crate::local_path::LocalPath;
use crate::notice::Notice;
use crate::pages::{RETRY_AFTER, see_other, wait};
use crate::visit::Visit;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/login", get(log_in_form).post(log_in))
        .route("/signup", get(sign_up_form).post(sign_up))
        .route("/logout", post(log_out))
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Entered {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    key: String,
}

async fn log_in_form(visit: Visit, Query(Next { next }): Query<Next>) -> Response {
    if visit.caller.token.is_some() {
        return see_other(&local(&next), []);
    }
    Html(LogIn { page: visit.page(), email: String::new(), next, errors: FieldErrors::default() }).into_response()
}

async fn sign_up_form(visit: Visit, Query(Next { next }): Query<Next>) -> Response {
    if visit.caller.token.is_some() {
        return see_other(&local(&next), []);
    }
    let (page, key, errors) = (visit.page(), idempotency::new_key(), FieldErrors::default());
    Html(SignUp { page, email: String::new(), next, key, errors }).into_response()
}

async fn log_in(State(app): State<App>, visit: Visit, Form(entered): Form<Entered>) -> Response {
    let who = Credentials { email: entered.email.trim(), password: &entered.password };
    match app.api.log_in(&visit.caller, &who).await {
        Ok(signed_in) => enter(&app, &signed_in, &entered.next),
        Err(error) => {
            let (status, retry_after, errors) = explain(error);
            let page = LogIn { page: visit.page(), email: entered.email, next: entered.next, errors };
            (status, retry_after, Html(page)).into_response()
        }
    }
}

async fn sign_up(State(app): State<App>, visit: Visit, Form(entered): Form<Entered>) -> Response {
    let who = Credentials { email: entered.email.trim(), password: &entered.password };
    let key = idempotency::key_or_new(&entered.key);
    match app.api.sign_up(&visit.caller, &key, &who).await {
        Ok(signed_in) => enter(&app, &signed_in, &entered.next),
        Err(error) => {
            // While it is not known whether the account was made, the same key must come again.
            let in_progress = matches!(&error, ApiError::Conflict(problem) if problem.kind == Problem::IN_PROGRESS);
            let key = if in_progress || error.is_outage() { key } else { idempotency::new_key() };
            let (status, retry_after, errors) = explain(error);
            let page = SignUp { page: visit.page(), email: entered.email, next: entered.next, key, errors };
            (status, retry_after, Html(page)).into_response()
        }
    }
}

async fn log_out(State(app): State<App>) -> Response {
    let login = LocalPath::board().log_in_first();
    see_other(&login, [app.cookies.end_session(), app.cookies.notice(Notice::LoggedOut)])
}

fn enter(app: &App, signed_in: &SignedIn, next: &str) -> Response {
    see_other(&local(next), [app.cookies.session(signed_in, Timestamp::now()), app.cookies.end_notice()])
}

fn local(next: &str) -> LocalPath {
    LocalPath::parse(next).unwrap_or_else(LocalPath::board)
}

/// The status and the words for a form that was not accepted. The form itself comes back, so nobody types it twice.
fn explain(error: ApiError) -> (StatusCode, Option<[(HeaderName, HeaderValue); 1]>, FieldErrors) {
    let later = |seconds: u32| Some([(header::RETRY_AFTER, HeaderValue::from(seconds))]);
    let (status, retry_after, field, text) = match error {
        ApiError::Refused => {
            let text = "E-mail address or password is wrong.".to_owned();
            (StatusCode::UNPROCESSABLE_ENTITY, None, "", text)
        }
        ApiError::Invalid(problem) => return (StatusCode::UNPROCESSABLE_ENTITY, None, FieldErrors::of(problem)),
        ApiError::Conflict(problem) if problem.kind != Problem::IN_PROGRESS => {
            let text = "This e-mail address already has an account. Log in instead, or use another address.".to_owned();
            (StatusCode::CONFLICT, None, "email", text)
        }
        ApiError::Busy { status: StatusCode::TOO_MANY_REQUESTS, retry_after } => {
            let seconds = retry_after.unwrap_or(RETRY_AFTER);
            let text = format!("There were too many attempts. Please wait {} and try again.", wait(seconds));
            (StatusCode::TOO_MANY_REQUESTS, later(seconds), "", text)
        }
        _ => {
            let text = "The service behind this page does not answer. Please try again in a moment.".to_owned();
            (StatusCode::SERVICE_UNAVAILABLE, later(RETRY_AFTER), "", text)
        }
    };
    (status, retry_after, FieldErrors::one(field, &text))
}
