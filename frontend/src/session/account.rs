//! The account page: whose it is, and deleting it.

use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::User;
use super::view::AccountPage;
use crate::app::App;
use crate::field_errors::FieldErrors;
use crate::html::Html;
use crate::local_path::LocalPath;
use crate::notice::Notice;
use crate::pages::{Failure, see_other};

pub(super) fn router() -> Router<App> {
    Router::new().route("/account", get(show).post(delete))
}

#[derive(Deserialize)]
struct Confirmation {
    #[serde(default)]
    confirm: String,
}

async fn show(State(app): State<App>, user: User) -> Result<Response, Failure> {
    page(&app, &user, FieldErrors::default()).await
}

async fn delete(State(app): State<App>, user: User, Form(form): Form<Confirmation>) -> Result<Response, Failure> {
    if form.confirm != "yes" {
        let errors = FieldErrors::one("confirm", "Please tick the box if you really want to delete everything.");
        let page = page(&app, &user, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    app.api.delete_account(user.caller()).await.map_err(|error| user.failure(error))?;
    let login = LocalPath::board().log_in_first();
    Ok(see_other(&login, [app.cookies.end_session(), app.cookies.notice(Notice::AccountDeleted)]))
}

async fn page(app: &App, user: &User, errors: FieldErrors) -> Result<Response, Failure> {
    let account = app.api.account(user.caller()).await.map_err(|error| user.failure(error))?;
    Ok(Html(AccountPage { page: user.visit.page(), email: account.email, errors }).into_response())
}
