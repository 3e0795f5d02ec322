//! The list, adding, completing and opening again.

use axum::Router;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use super::TaskId;
use super::filter::Filter;
use super::form::TaskForm;
use super::view::{Board, Row};
use crate::api::ApiError;
use crate::app::App;
use crate::chat::Chat;
use crate::field_errors::FieldErrors;
use crate::html::Html;
use crate::idempotency;
use crate::local_path::LocalPath;
use crate::notice::Notice;
use crate::pages::{Failure, Kept, Retry, see_other};
use crate::session::User;

pub(super) fn router() -> Router<App> {
    Router::new().route("/tasks", get(list).post(add)).route("/tasks/{id}/status", post(set_status))
}

async fn list(State(app): State<App>, user: User, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let filter = Filter::from_query(query.as_deref().unwrap_or_default());
    let start = filter.start().path();
    let has_cursor = !filter.cursor.is_empty();
    match board(&app, &user, filter, TaskForm::default(), FieldErrors::default()).await {
        // A place in a list that the backend no longer understands; its start is better than an error.
        Err(Failure { error: ApiError::Invalid(_), .. }) if has_cursor => Ok(see_other(&start, [])),
        outcome => outcome,
    }
}

async fn add(State(app): State<App>, user: User, Form(mut form): Form<TaskForm>) -> Result<Response, Failure> {
    form.key = idempotency::key_or_new(&form.key);
    let back = back_to(&form.back);
    let refused = match form.for_backend(&user.visit.zone) {
        Ok(fields) => match app.api.create(user.caller(), &form.key, &fields).await {
            Ok(_) => {
                let view = Filter::from_path(&back).with_new_task();
                return Ok(see_other(&view.path(), [app.cookies.notice(Notice::Added)]));
            }
            Err(ApiError::Invalid(problem)) => FieldErrors::of(problem),
            Err(error) => {
                let retry = Retry { action: "/tasks".to_owned(), button: "Try again", fields: form.kept() };
                return Err(user.failure(error).back(back).retry(retry));
            }
        },
        Err(errors) => errors,
    };
    let page = board(&app, &user, Filter::from_path(&back), form, refused).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

#[derive(Deserialize)]
struct StatusForm {
    completed: bool,
    #[serde(default)]
    back: String,
}

async fn set_status(
    State(app): State<App>,
    user: User,
    TaskId(id): TaskId,
    Form(form): Form<StatusForm>,
) -> Result<Response, Failure> {
    let back = back_to(&form.back);
    let notice = match app.api.set_completed(user.caller(), id, form.completed).await {
        Ok(_) if form.completed => Notice::Completed(id),
        Ok(_) => Notice::Reopened(id),
        Err(ApiError::NotFound) => Notice::AlreadyGone,
        Err(error) => {
            let fields = [("completed", form.completed.to_string()), ("back", form.back)];
            let fields = fields.into_iter().map(|(name, value)| Kept { name, value, label: None }).collect();
            let retry = Retry { action: format!("/tasks/{id}/status"), button: "Try again", fields };
            return Err(user.failure(error).back(back).retry(retry));
        }
    };
    Ok(see_other(&back, [app.cookies.notice(notice)]))
}

/// The page of the list. A form that was refused comes with a fresh key, because with other content it is another task.
async fn board(
    app: &App,
    user: &User,
    filter: Filter,
    form: TaskForm,
    errors: FieldErrors,
) -> Result<Response, Failure> {
    let part = app.api.tasks(user.caller(), &filter.for_backend()).await;
    let part = part.map_err(|error| user.failure(error).back(filter.path()))?;
    let now = Timestamp::now();
    let zone = &user.visit.zone;
    let form = TaskForm { key: idempotency::new_key(), ..form };
    let board = Board {
        page: user.visit.page(),
        add: form.on_page("add", errors),
        rows: part.items.into_iter().map(|task| Row::new(task, zone, now)).collect(),
        more: part.next_cursor.map(|cursor| filter.at(cursor).path().to_string()),
        back: filter.path().to_string(),
        chat: Chat::empty(),
        filter,
    };
    Ok(Html(board).into_response())
}

fn back_to(path: &str) -> LocalPath {
    LocalPath::parse(path).unwrap_or_else(LocalPath::board)
}
