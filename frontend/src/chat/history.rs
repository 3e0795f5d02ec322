//! The history: conversations, newest first, and deleting one after a question.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;

use super::ConversationId;
use super::routes::failure;
use super::view::{DeleteConversation, Entry, History};
use crate::api::ApiError;
use crate::app::App;
use crate::html::Html;
use crate::local_path::LocalPath;
use crate::notice::Notice;
use crate::pages::{Failure, Kept, Retry, see_other};
use crate::session::User;

pub(super) fn router() -> Router<App> {
    Router::new().route("/chat/history", get(list)).route("/chat/{conversation}/delete", get(ask).post(remove))
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    cursor: String,
}

async fn list(State(app): State<App>, user: User, Query(place): Query<Place>) -> Result<Response, Failure> {
    let part = match app.api.conversations(user.caller(), &place.cursor).await {
        // A place in the history that the backend no longer understands; its start is better than an error.
        Err(ApiError::Invalid(_)) if !place.cursor.is_empty() => return Ok(see_other(&start(), [])),
        part => part.map_err(|error| failure(&user, error))?,
    };
    let (zone, now) = (&user.visit.zone, Timestamp::now());
    let entries = part.items.into_iter().map(|conversation| Entry::new(conversation, zone, now)).collect();
    let more = part.next_cursor.map(|cursor| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("cursor", &cursor).finish();
        format!("/chat/history?{query}")
    });
    Ok(Html(History { page: user.visit.page(), entries, more, at_start: place.cursor.is_empty() }).into_response())
}

async fn ask(user: User, ConversationId(id): ConversationId) -> Response {
    Html(DeleteConversation { page: user.visit.page(), id }).into_response()
}

async fn remove(State(app): State<App>, user: User, ConversationId(id): ConversationId) -> Result<Response, Failure> {
    match app.api.delete_conversation(user.caller(), id).await {
        // Gone is gone, whoever did it.
        Ok(()) | Err(ApiError::NotFound) => Ok(see_other(&start(), [app.cookies.notice(Notice::ConversationDeleted)])),
        Err(error) => {
            let retry = Retry { action: format!("/chat/{id}/delete"), button: "Try again", fields: Vec::<Kept>::new() };
            Err(failure(&user, error).back(start()).retry(retry))
        }
    }
}

fn start() -> LocalPath {
    LocalPath::parse("/chat/history").unwrap_or_else(LocalPath::board)
}
