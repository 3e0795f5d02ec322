//! Deleting one task, after a question. The answer names the version that the reader saw, so nobody deletes unseen changes.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::view::Delete;
use super::{Back, TaskId};
use crate::api::{ApiError, Task};
use crate::app::App;
use crate::html::Html;
use crate::notice::Notice;
use crate::pages::{Failure, Kept, Retry, see_other};
use crate::session::User;

pub(super) fn router() -> Router<App> {
    Router::new().route("/tasks/{id}/delete", get(ask).post(remove))
}

async fn ask(
    State(app): State<App>,
    user: User,
    TaskId(id): TaskId,
    Query(back): Query<Back>,
) -> Result<Response, Failure> {
    let task = app.api.task(user.caller(), id).await.map_err(|error| user.failure(error))?;
    Ok(question(&user, task, &back, false))
}

#[derive(Deserialize)]
struct Confirmed {
    version: u64,
    #[serde(default)]
    back: String,
}

async fn remove(
    State(app): State<App>,
    user: User,
    TaskId(id): TaskId,
    Form(form): Form<Confirmed>,
) -> Result<Response, Failure> {
    let back = Back { back: form.back };
    let notice = match app.api.delete(user.caller(), id, form.version).await {
        Ok(()) => Notice::Deleted,
        Err(ApiError::NotFound) => Notice::AlreadyGone,
        Err(ApiError::Changed) => {
            let task = app.api.task(user.caller(), id).await.map_err(|error| user.failure(error).back(back.path()))?;
            return Ok((StatusCode::CONFLICT, question(&user, task, &back, true)).into_response());
        }
        Err(error) => {
            let fields = [("version", form.version.to_string()), ("back", back.back.clone())];
            let fields = fields.into_iter().map(|(name, value)| Kept { name, value, label: None }).collect();
            let retry = Retry { action: format!("/tasks/{id}/delete"), button: "Try again", fields };
            return Err(user.failure(error).back(back.path()).retry(retry));
        }
    };
    Ok(see_other(&back.path(), [app.cookies.notice(notice)]))
}

fn question(user: &User, task: Task, back: &Back, changed: bool) -> Response {
    let (page, back) = (user.visit.page(), back.path().to_string());
    Html(Delete { page, id: task.id, title: task.title, version: task.version, back, changed }).into_response()
}
