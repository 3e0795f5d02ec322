//! Saying something. A form gets the conversation with the answer in it; a script gets the answer as it comes, which ends
//! when the browser leaves: dropping the body closes the connection to the backend.

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use uuid::Uuid;

use super::path;
use super::routes::{chat, failure, page};
use crate::api::{ApiError, EVENT_STREAM, Reply, Said, events};
use crate::app::App;
use crate::field_errors::FieldErrors;
use crate::idempotency;
use crate::pages::{Failure, Kept, Retry, see_other};
use crate::session::User;

/// Asks proxies not to collect the events.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

pub(super) fn router() -> Router<App> {
    Router::new().route("/chat/messages", post(say))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    message: String,
    #[serde(default)]
    conversation: String,
    #[serde(default)]
    confirmation: String,
    #[serde(default)]
    key: String,
}

async fn say(State(app): State<App>, user: User, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    let key = idempotency::key_or_new(&typed.key);
    let message = typed.message.replace("\r\n", "\n");
    let conversation = Uuid::try_parse(&typed.conversation).ok();
    let said = Said {
        message: message.trim(),
        conversation_id: conversation,
        confirmation_id: Uuid::try_parse(&typed.confirmation).ok(),
        timezone: user.visit.zone.name(),
    };
    if user.visit.script {
        let reply = app.api.say_streaming(user.caller(), &key, &said).await;
        return reply.map(stream).map_err(|error| failure(&user, error).back(path(conversation)));
    }
    match app.api.say(user.caller(), &key, &said).await {
        Ok(answered) => Ok(see_other(&path(Some(answered.conversation_id)), [])),
        Err(ApiError::Invalid(problem)) => {
            let mut chat = chat(&app, &user, conversation, "").await?;
            chat.refuse(message, &FieldErrors::of(problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&user, chat)).into_response())
        }
        Err(error) => {
            // Where there is no such conversation, a second try begins a new one.
            let conversation = conversation.filter(|_| !matches!(error, ApiError::NotFound));
            let retry = Retry {
                action: "/chat/messages".to_owned(),
                button: "Send again",
                fields: kept(message, conversation, typed.confirmation, key),
            };
            Err(failure(&user, error).back(path(conversation)).retry(retry))
        }
    }
}

fn stream(reply: Reply) -> Response {
    let (content_type, body) = match reply {
        Reply::Stream(response) => (EVENT_STREAM, Body::from_stream(events(response))),
        Reply::Whole(bytes) => ("application/json", Body::from(bytes)),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        UNBUFFERED,
    ];
    (headers, body).into_response()
}

fn kept(message: String, conversation: Option<Uuid>, confirmation: String, key: String) -> Vec<Kept> {
    let conversation = conversation.map(|id| id.to_string()).unwrap_or_default();
    vec![
        Kept { name: "message", value: message, label: Some("Message") },
        Kept { name: "conversation", value: conversation, label: None },
        Kept { name: "confirmation", value: confirmation, label: None },
        Kept { name: "key", value: key, label: None },
    ]
}
