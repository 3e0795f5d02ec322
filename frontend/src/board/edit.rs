//! Editing one task. The form remembers the version it was rendered from; when somebody else was faster, the page shows
//! both values of every field that differs, and nothing is lost or overwritten unseen.

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use uuid::Uuid;

use super::form::TaskForm;
use super::view::{Difference, Edit};
use super::{Back, TaskId};
use crate::api::{ApiError, Priority, Task};
use crate::app::App;
use crate::field_errors::FieldErrors;
use crate::html::Html;
use crate::idempotency;
use crate::notice::Notice;
use crate::pages::{Failure, Retry, see_other};
use crate::session::User;

pub(super) fn router() -> Router<App> {
    Router::new().route("/tasks/{id}", get(show).post(save))
}

async fn show(
    State(app): State<App>,
    user: User,
    TaskId(id): TaskId,
    Query(back): Query<Back>,
) -> Result<Response, Failure> {
    let task = app.api.task(user.caller(), id).await.map_err(|error| user.failure(error))?;
    let form = TaskForm::of(&task, &user.visit.zone, back.path().as_str());
    Ok(page(&user, id, form, FieldErrors::default(), None))
}

async fn save(
    State(app): State<App>,
    user: User,
    TaskId(id): TaskId,
    Form(form): Form<TaskForm>,
) -> Result<Response, Failure> {
    let back = Back { back: form.back.clone() }.path();
    let fields = match form.for_backend(&user.visit.zone) {
        Ok(fields) => fields,
        Err(errors) => return Ok(refused(&user, id, form, errors)),
    };
    let saved = || see_other(&back, [app.cookies.notice(Notice::Saved)]);
    match app.api.update(user.caller(), id, form.version, &fields).await {
        Ok(_) => Ok(saved()),
        Err(ApiError::Invalid(problem)) => Ok(refused(&user, id, form, FieldErrors::of(problem))),
        Err(ApiError::Changed) => {
            let current = app.api.task(user.caller(), id).await.map_err(|error| failure(&user, id, &form, error))?;
            // The faster one was this very form, sent twice: what is saved is what was wanted.
            let settled = current.fields() == fields;
            Ok(if settled { saved() } else { conflict(&user, &current, form) })
        }
        Err(error) => Err(failure(&user, id, &form, error)),
    }
}

fn page(user: &User, id: Uuid, form: TaskForm, errors: FieldErrors, conflict: Option<Vec<Difference>>) -> Response {
    Html(Edit { page: user.visit.page(), id, fields: form.on_page("edit", errors), conflict }).into_response()
}

fn refused(user: &User, id: Uuid, form: TaskForm, errors: FieldErrors) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page(user, id, form, errors, None)).into_response()
}

/// The form keeps the reader's values and takes over the version that they have now seen.
fn conflict(user: &User, current: &Task, form: TaskForm) -> Response {
    let theirs = TaskForm::of(current, &user.visit.zone, &form.back);
    let differences = differences(&theirs, &form);
    let form = TaskForm { version: current.version, original_due: theirs.original_due, ..form };
    (StatusCode::CONFLICT, page(user, current.id, form, FieldErrors::default(), Some(differences))).into_response()
}

fn differences(saved: &TaskForm, yours: &TaskForm) -> Vec<Difference> {
    let normal = |text: &str| text.trim().replace("\r\n", "\n");
    let priority = |form: &TaskForm| match Priority::from_word(&form.priority) {
        Some(priority) => priority.label().to_owned(),
        None => form.priority.clone(),
    };
    let due = |form: &TaskForm| format!("{} {}", form.due_date, form.due_time).trim().to_owned();
    let pairs = [
        ("Title", normal(&saved.title), normal(&yours.title)),
        ("Description", normal(&saved.description), normal(&yours.description)),
        ("Priority", priority(saved), priority(yours)),
        ("Due", due(saved), due(yours)),
    ];
    let differing = pairs.into_iter().filter(|(_, saved, yours)| saved != yours);
    differing.map(|(name, saved, yours)| Difference { name, saved, yours }).collect()
}

/// Whatever went wrong, the input is kept: for saving again, or, when the task is gone, for adding it again.
fn failure(user: &User, id: Uuid, form: &TaskForm, error: ApiError) -> Failure {
    let retry = match error {
        ApiError::NotFound => {
            let form = TaskForm { key: idempotency::new_key(), ..form.clone() };
            Retry { action: "/tasks".to_owned(), button: "Add it as a new task", fields: form.kept() }
        }
        _ => Retry { action: format!("/tasks/{id}"), button: "Try again", fields: form.kept() },
    };
    user.failure(error).retry(retry)
}
