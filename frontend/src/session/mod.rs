//! Signing up, logging in and out, the account page, and `User`: the proof that a request comes with a session.
//! Absent on purpose: checking tokens. The backend does that with every call, and a refused one ends the session here.

mod account;
mod routes;
mod view;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::{Method, request::Parts};
use axum::response::Response;

use crate::api::{ApiError, Caller};
use crate::app::App;
use crate::cookies::Cookies;
use crate::local_path::LocalPath;
use crate::notice::Notice;
use crate::pages::{Failure, Subject, log_in_again};
use crate::visit::Visit;

/// The routes of this feature.
pub fn router() -> Router<App> {
    routes::router().merge(account::router())
}

/// Somebody with a session. Without one the request ends at the log-in page, which leads back.
pub struct User {
    /// The request.
    pub visit: Visit,
    cookies: Cookies,
}

impl User {
    /// On whose behalf the backend is asked.
    pub fn caller(&self) -> &Caller {
        &self.visit.caller
    }

    /// The answer when a call to the backend failed.
    pub fn failure(&self, error: ApiError) -> Failure {
        let (visit, cookies, back) = (self.visit.clone(), self.cookies, self.visit.here.clone());
        Failure { visit, cookies, error, subject: Subject::Task, back, retry: None }
    }
}

impl FromRequestParts<App> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visit = Visit::of(app.cookies, &parts.uri, &parts.headers, &parts.extensions);
        if visit.caller.token.is_some() {
            return Ok(Self { visit, cookies: app.cookies });
        }
        // Only a page can be come back to; a form cannot.
        let back = if parts.method == Method::GET { visit.here.clone() } else { LocalPath::board() };
        // Whoever just comes to the site needs no explanation.
        let notice = (back != LocalPath::board()).then_some(Notice::LogInFirst);
        Err(log_in_again(&visit, app.cookies, &back, notice))
    }
}
