//! The HTTP of conversations: listing, reading and deleting them. Absent on purpose: saying something (chat).

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    model::{Conversation, Message},
    store::{self, Place},
};
use crate::{
    accounts::CurrentUser,
    app::AppState,
    assistant::tools::{self, Confirmation},
    database::Database,
    problem::{Body, FieldError, Json, Kind, Path, Problem, Query},
    tasks::list::{DEFAULT_LIMIT, parse_limit},
    timestamp::Timestamp,
};

pub(in crate::assistant) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(messages)).routes(routes!(remove))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageParams {
    /// Most items in the answer, 1 to 100.
    #[param(default = 50, minimum = 1, maximum = 100, value_type = Option<u8>)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageParams {
    fn read(self) -> Result<(u8, Option<Place>), Problem> {
        let refused = |field: &'static str, message: String| {
            Problem::validation(vec![FieldError { field: field.into(), message }])
        };
        let limit = match self.limit.filter(|limit| !limit.is_empty()) {
            None => DEFAULT_LIMIT,
            Some(limit) => parse_limit(&limit).map_err(|refusal| refused("limit", refusal.to_string()))?,
        };
        let place = match self.cursor.filter(|cursor| !cursor.is_empty()) {
            None => None,
            Some(cursor) => Some(
                read_place(&cursor)
                    .ok_or_else(|| refused("cursor", "is not a cursor of this list; begin again without one".into()))?,
            ),
        };
        Ok((limit, place))
    }
}

/// A cursor names a row's moment and id, which its owner has seen already.
fn read_place(cursor: &str) -> Option<Place> {
    let (at, id) = cursor.split_once('-')?;
    let at = at.parse().ok().and_then(Timestamp::from_microseconds)?;
    Some(Place { at, id: Uuid::try_parse(id).ok()? })
}

fn write_place(place: Place) -> String {
    format!("{}-{}", place.at.microseconds(), place.id.simple())
}

/// Leaves a page of what was read, which is one more than the page when there are more; the cursor leads to those.
fn cut<T>(items: &mut Vec<T>, limit: u8, place: impl FnOnce(&T) -> Place) -> Option<String> {
    let has_more = items.len() > usize::from(limit);
    items.truncate(usize::from(limit));
    items.last().filter(|_| has_more).map(|last| write_place(place(last)))
}

/// A page of conversations.
#[derive(Serialize, ToSchema)]
struct ConversationList {
    items: Vec<Conversation>,
    /// Continues the list as `cursor`; null on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
    has_more: bool,
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
struct MessageList {
    /// Oldest first.
    items: Vec<Message>,
    /// Leads to older messages as `cursor`; null when there are none.
    #[schema(required = true)]
    next_cursor: Option<String>,
    has_more: bool,
    /// What the conversation waits for a yes or no to; null when nothing waits.
    #[schema(required = true, value_type = Option<Object>)]
    confirmation: Option<Confirmation>,
}

/// One's own conversations, newest first.
#[utoipa::path(get, path = "/api/conversations", tag = "assistant", params(PageParams), responses(
    (status = 200, body = ConversationList),
    (status = 401, body = Body, content_type = "application/problem+json"),
    (status = 422, body = Body, content_type = "application/problem+json"),
))]
async fn list(
    user: CurrentUser,
    State(database): State<Database>,
    Query(params): Query<PageParams>,
) -> Result<Json<ConversationList>, Problem> {
    let (limit, before) = params.read()?;
    let mut items = store::list(&database, user.id, before, limit).await?;
    let next_cursor = cut(&mut items, limit, |last| Place { at: last.updated_at, id: last.id });
    Ok(Json(ConversationList { items, has_more: next_cursor.is_some(), next_cursor }))
}

/// The messages of a conversation: the newest page first, oldest message first within a page.
#[utoipa::path(get, path = "/api/conversations/{id}/messages", tag = "assistant",
    params(("id" = Uuid, Path), PageParams), responses(
    (status = 200, body = MessageList),
    (status = 401, body = Body, content_type = "application/problem+json"),
    (status = 404, description = "no such conversation, or somebody else's", body = Body, content_type = "application/problem+json"),
    (status = 422, body = Body, content_type = "application/problem+json"),
))]
async fn messages(
    user: CurrentUser,
    State(database): State<Database>,
    Path(id): Path<String>,
    Query(params): Query<PageParams>,
) -> Result<Json<MessageList>, Problem> {
    let (id, (limit, before)) = (parse(&id)?, params.read()?);
    store::find(&database, user.id, id).await?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let mut items = store::messages(&database, user.id, id, before, limit).await?;
    let next_cursor = cut(&mut items, limit, |last| Place { at: last.created_at, id: last.id });
    items.reverse();
    let confirmation = tools::store::open(&database, user.id, id, Timestamp::now()).await?;
    Ok(Json(MessageList { items, has_more: next_cursor.is_some(), next_cursor, confirmation }))
}

/// Deletes a conversation with everything in it.
#[utoipa::path(delete, path = "/api/conversations/{id}", tag = "assistant", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = Body, content_type = "application/problem+json"),
    (status = 404, description = "no such conversation, or somebody else's", body = Body, content_type = "application/problem+json"),
))]
async fn remove(
    user: CurrentUser,
    State(database): State<Database>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if store::delete(&database, user.id, parse(&id)?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Kind::NotFound))
    }
}

/// What cannot be an id names nothing.
fn parse(id: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(id).map_err(|_| Problem::new(Kind::NotFound))
}
