//! The HTTP of tasks. Absent on purpose: rules and SQL. The owner always comes from the token.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    body::{self, NewTaskBody, TaskChangeBody},
    cursor::Cursor,
    etag,
    list::Page,
    model::{Task, TaskError, TaskId},
    params::ListParams,
    store,
};
use crate::{
    accounts::CurrentUser,
    app::AppState,
    audit,
    database::Database,
    idempotency::{Answer, Claim, Fingerprint, IdempotencyKey},
    problem::{Body, FieldError, Json, Kind, Path, Problem, Query},
    timestamp::Timestamp,
};

/// Caches may keep an answer for its reader alone, and must ask each time whether it still holds.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The routes of this feature.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, remove))
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
struct TaskList {
    items: Vec<Task>,
    /// Continues the list as `cursor`; null on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// One's own tasks, page by page. No task is lost or doubled between pages while others come and go.
#[utoipa::path(get, path = "/api/tasks", tag = "tasks",
    params(ListParams, ("If-None-Match" = Option<String>, Header, description = "the ETag of an earlier answer to the same query")),
    responses(
        (status = 200, body = TaskList, headers(("ETag" = String, description = "changes with every change of one's tasks"))),
        (status = 304, description = "nothing has changed since"),
        (status = 401, body = Body, content_type = "application/problem+json"),
        (status = 422, description = "a parameter, or a cursor of another list", body = Body, content_type = "application/problem+json"),
))]
async fn list(
    user: CurrentUser,
    State(database): State<Database>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = ListParams::take(pairs).and_then(ListParams::read).map_err(Problem::validation)?;
    // The revision was read before the list will be: the tag may be older than what it stands for, never newer.
    let tag = etag::of_list(user, &query);
    let caching = [(header::ETAG, etag::header(&tag)?), (header::CACHE_CONTROL, ASK_AGAIN)];
    let after = match &query.cursor {
        Some(text) => Some(Cursor::read(text, user.id, &query.selection).ok_or_else(foreign_cursor)?),
        None => None,
    };
    if etag::is_held(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let Page { items, next } = store::list(&database, user.id, &query.selection, after.as_ref(), query.limit).await?;
    let next_cursor = next.map(|next| next.write(user.id, &query.selection));
    Ok((caching, Json(TaskList { items, next_cursor })).into_response())
}

fn foreign_cursor() -> Problem {
    let message = "is not a cursor of this list; begin again without one".to_owned();
    Problem::validation(vec![FieldError { field: "cursor".into(), message }])
}

/// Creates a task.
#[utoipa::path(post, path = "/api/tasks", tag = "tasks", request_body = NewTaskBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: makes a retry \
        safe for 24 hours. The same request again gets the same answer, with `idempotency-replayed: true`")),
    responses(
        (status = 201, body = Task, headers(
            ("Location" = String, description = "the task's address"),
            ("ETag" = String, description = "the task's version"),
        )),
        (status = 400, description = "unreadable JSON or header", body = Body, content_type = "application/problem+json"),
        (status = 401, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "the same request is still being handled", body = Body, content_type = "application/problem+json"),
        (status = 422, description = "a field, or a key that belongs to another request", body = Body, content_type = "application/problem+json"),
))]
async fn create(
    user: CurrentUser,
    State(database): State<Database>,
    key: Option<IdempotencyKey>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let fingerprint = Fingerprint::of_json(&body);
    let now = Timestamp::now();
    let task = body::new_task(body)?.into_task(TaskId::new(), now);
    let answer = created(&task)?;
    let scope = format!("{} POST /api/tasks", user.id);
    let claim = key.as_ref().map(|key| Claim { scope: &scope, key, owner: user.id, fingerprint, answer: &answer, now });
    match store::insert(&database, user.id, &task, claim).await? {
        Some(earlier) => Ok(earlier.replayed()),
        None => Ok(answer.into_response()),
    }
}

/// The whole answer, known before anything is written, so that it can be stored together with the task.
fn created(task: &Task) -> Result<Answer, Problem> {
    let broken = |cause| Problem::new(Kind::Internal).caused_by(cause);
    let location = HeaderValue::try_from(format!("/api/tasks/{}", task.id));
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(location.map_err(|error| Problem::new(Kind::Internal).caused_by(error))?),
        etag: Some(etag::header(&etag::of_task(task))?),
        body: serde_json::to_vec(task).map_err(broken)?,
    })
}

/// One task.
#[utoipa::path(get, path = "/api/tasks/{id}", tag = "tasks",
    params(("id" = TaskId, Path), ("If-None-Match" = Option<String>, Header, description = "the ETag of an earlier answer")),
    responses(
        (status = 200, body = Task, headers(("ETag" = String, description = "the task's version"))),
        (status = 304, description = "the task has not changed since"),
        (status = 401, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "no such task, or somebody else's", body = Body, content_type = "application/problem+json"),
))]
async fn show(
    user: CurrentUser,
    State(database): State<Database>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let task = store::find(&database, user.id, parse(&id)?).await?;
    let tag = etag::of_task(&task);
    if etag::is_held(&headers, &tag) {
        let caching = [(header::ETAG, etag::header(&tag)?), (header::CACHE_CONTROL, ASK_AGAIN)];
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    shown(task)
}

/// Changes the fields that are given.
#[utoipa::path(patch, path = "/api/tasks/{id}", tag = "tasks", request_body = TaskChangeBody,
    params(("id" = TaskId, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the task must still have, or *")),
    responses(
        (status = 200, body = Task, headers(("ETag" = String, description = "the task's new version"))),
        (status = 400, description = "unreadable JSON or If-Match", body = Body, content_type = "application/problem+json"),
        (status = 401, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "no such task, or somebody else's", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "somebody else was faster", body = Body, content_type = "application/problem+json"),
        (status = 422, body = Body, content_type = "application/problem+json"),
))]
async fn update(
    user: CurrentUser,
    State(database): State<Database>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let expected = etag::expected(&headers)?;
    let change = body::task_change(body)?;
    shown(store::update(&database, user.id, id, expected, &change, Timestamp::now()).await?)
}

/// Deletes a task.
#[utoipa::path(delete, path = "/api/tasks/{id}", tag = "tasks",
    params(("id" = TaskId, Path), ("If-Match" = Option<String>, Header, description = "the ETag that the task must still have, or *")),
    responses(
        (status = 204),
        (status = 400, description = "unreadable If-Match", body = Body, content_type = "application/problem+json"),
        (status = 401, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "no such task, or somebody else's", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "somebody else was faster", body = Body, content_type = "application/problem+json"),
))]
async fn remove(
    user: CurrentUser,
    State(database): State<Database>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let id = parse(&id)?;
    store::delete(&database, user.id, id, etag::expected(&headers)?, Timestamp::now()).await?;
    audit::task_deleted(user.id, id);
    Ok(StatusCode::NO_CONTENT)
}

/// What cannot be an id names nothing, like an id that nobody has.
fn parse(id: &str) -> Result<TaskId, Problem> {
    TaskId::parse(id).ok_or(TaskError::NotFound).map_err(Problem::from)
}

fn shown(task: Task) -> Result<Response, Problem> {
    let caching = [(header::ETAG, etag::header(&etag::of_task(&task))?), (header::CACHE_CONTROL, ASK_AGAIN)];
    Ok((caching, Json(task)).into_response())
}

impl From<TaskError> for Problem {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::NotFound => Self::new(Kind::NotFound),
            TaskError::VersionMismatch => Self::new(Kind::PreconditionFailed),
            TaskError::NoAccount => Self::new(Kind::Unauthorized),
            TaskError::Claim(error) => error.into(),
            TaskError::Store(error) => error.into(),
        }
    }
}
