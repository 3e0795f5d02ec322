//! Conversations as pages: the newest, a new one, one by its address, and older messages of it.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::view::{Chat, ChatPage};
use super::{ConversationId, path};
use crate::api::{ApiError, MessagePage};
use crate::app::App;
use crate::html::Html;
use crate::pages::{Failure, Subject, see_other};
use crate::session::User;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/chat", get(show_newest))
        .route("/chat/new", get(show_new))
        .route("/chat/{conversation}", get(show_one))
}

async fn show_newest(State(app): State<App>, user: User) -> Result<Response, Failure> {
    let newest = app.api.newest_conversation(user.caller()).await.map_err(|error| failure(&user, error))?;
    Ok(page(&user, chat(&app, &user, newest, "").await?))
}

async fn show_new(State(app): State<App>, user: User) -> Result<Response, Failure> {
    Ok(page(&user, chat(&app, &user, None, "").await?))
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    before: String,
}

async fn show_one(
    State(app): State<App>,
    user: User,
    ConversationId(id): ConversationId,
    Query(Place { before }): Query<Place>,
) -> Result<Response, Failure> {
    match chat(&app, &user, Some(id), &before).await {
        Ok(chat) => Ok(page(&user, chat)),
        // A place that the backend no longer understands; the newest messages are better than an error.
        Err(Failure { error: ApiError::Invalid(_), .. }) if !before.is_empty() => Ok(see_other(&path(Some(id)), [])),
        Err(failure) => Err(failure),
    }
}

/// A conversation as it stands; none is a new one.
pub(super) async fn chat(app: &App, user: &User, conversation: Option<Uuid>, before: &str) -> Result<Chat, Failure> {
    let assistant = app.api.assistant(user.caller());
    let messages = async {
        match conversation {
            Some(id) => app.api.messages(user.caller(), id, before).await,
            None => Ok(MessagePage { items: Vec::new(), next_cursor: None, confirmation: None }),
        }
    };
    let (assistant, messages) = tokio::try_join!(assistant, messages).map_err(|error| failure(user, error))?;
    Ok(Chat::of(conversation, messages, assistant, before, &user.visit.zone, Timestamp::now()))
}

pub(super) fn page(user: &User, chat: Chat) -> Response {
    Html(ChatPage { page: user.visit.page(), chat }).into_response()
}

pub(super) fn failure(user: &User, error: ApiError) -> Failure {
    user.failure(error).about(Subject::Conversation)
}
