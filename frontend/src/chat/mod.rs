//! The assistant: a conversation, beside the list or on a page of its own, and the history. Every form works as a form; a
//! script sends the same form and reads the answer as it comes. Absent on purpose: what the assistant can do, and any
//! state of a conversation; the backend has both.

mod history;
mod markdown;
mod routes;
mod turn;
mod view;
mod words;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::{StatusCode, request::Parts};
use uuid::Uuid;

use crate::app::App;
use crate::local_path::LocalPath;

pub use view::Chat;

/// The pages of this feature.
pub fn router() -> Router<App> {
    routes::router().merge(history::router())
}

/// Saying something, which takes longer than any page.
pub fn turns() -> Router<App> {
    turn::router()
}

/// The conversation in the address. An id that cannot exist is one that does not exist.
struct ConversationId(Uuid);

impl FromRequestParts<App> for ConversationId {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, StatusCode> {
        let Path(id) = Path::<Uuid>::from_request_parts(parts, app).await.map_err(|_| StatusCode::NOT_FOUND)?;
        Ok(Self(id))
    }
}

/// The address of a conversation; without one that of the newest.
fn path(conversation: Option<Uuid>) -> LocalPath {
    let text = conversation.map_or("/chat".to_owned(), |id| format!("/chat/{id}"));
    LocalPath::parse(&text).unwrap_or_else(LocalPath::board)
}
