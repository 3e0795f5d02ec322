//! The HTTP of chat. Absent on purpose: what an answer says. The owner always comes from the token.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc::Receiver;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    answers,
    body::{self, MessageBody, Said},
    event::{Event, Failed, Listener, Reply, channel},
    stream,
    turn::{DEADLINE, Turn},
};
use crate::{
    accounts::{CurrentUser, UserId},
    app::AppState,
    assistant::{
        Assistant,
        conversations::{
            model::{Engine, Message, Remembered, title},
            store::{self, Answered, Asked, Earlier, Taken},
        },
        tools,
    },
    database::Database,
    idempotency::{Fingerprint, IdempotencyKey},
    problem::{Body, Json, Kind, Problem},
    timestamp::Timestamp,
};

/// When it is worth asking again after all places for turns were taken.
const BUSY_FOR: Duration = Duration::from_secs(2);

pub(in crate::assistant) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(chat)).routes(routes!(who))
}

/// Who answers here.
#[derive(Serialize, ToSchema)]
struct AssistantInfo {
    /// `model` when a language model is set, which the rules stand in for when it fails; else `rules`.
    engine: Engine,
    /// The model's name; null without one.
    #[schema(required = true)]
    model: Option<String>,
}

/// Which engine answers: a language model, or the built-in rules.
#[utoipa::path(get, path = "/api/assistant", tag = "assistant", responses(
    (status = 200, body = AssistantInfo),
    (status = 401, body = Body, content_type = "application/problem+json"),
))]
async fn who(_user: CurrentUser, State(assistant): State<Assistant>) -> Json<AssistantInfo> {
    let model = assistant.model.as_ref().map(|model| model.name().to_owned());
    Json(AssistantInfo { engine: assistant.engine(), model })
}

/// Says something to the assistant. With `Accept: text/event-stream` the answer comes as events while it is made: `token`,
/// `tool_call`, and at the end `done` or `error`.
#[utoipa::path(post, path = "/api/chat", tag = "assistant", request_body = MessageBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: makes a retry \
        safe for 24 hours. The same request again gets the same answer and runs no tool twice")),
    responses(
        (status = 200, body = Reply, description = "the answer, or its events as text/event-stream"),
        (status = 400, description = "unreadable JSON or header", body = Body, content_type = "application/problem+json"),
        (status = 401, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "no such conversation, or somebody else's", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "the same request is still being answered", body = Body, content_type = "application/problem+json"),
        (status = 422, description = "a field, or a key that belongs to another request", body = Body, content_type = "application/problem+json"),
        (status = 429, description = "too many messages", body = Body, content_type = "application/problem+json"),
        (status = 503, description = "too many messages are being answered, or the database is away", body = Body, content_type = "application/problem+json"),
))]
async fn chat(
    user: CurrentUser,
    State(state): State<AppState>,
    key: Option<IdempotencyKey>,
    headers: HeaderMap,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let said = body::read(&body)?;
    let streamed = wants_events(&headers);
    let key = key.map(|key| (key, Fingerprint::of_json(&body)));
    if let Some(earlier) = earlier(&state.database, user.id, key.as_ref()).await? {
        return Ok(if streamed { replayed(earlier) } else { Json(earlier).into_response() });
    }
    let place = state.assistant.place();
    let place = place.ok_or_else(|| Problem::new(Kind::Overloaded).retry_after(BUSY_FOR))?;
    // Only what will be answered counts: a retry of something answered is free.
    state.limits.message_of(user.id)?;
    let turn = begin(&state, user.id, said, key.as_ref()).await?;
    let (listener, events) = channel();
    let turn = async move {
        turn.run(listener).await;
        drop(place);
    };
    tokio::spawn(telemetry::http::in_this_request(turn));
    if streamed { Ok(stream::response(events)) } else { whole(events).await }
}

/// Whether the client takes events and likes them better than JSON.
fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds =
        accepted.flat_map(|value| value.split(',')).filter_map(|kind| kind.split(';').next()).map(str::trim);
    kinds.find(|kind| ["text/event-stream", "application/json"].contains(kind)) == Some("text/event-stream")
}

/// Stores the message and everything that answering it needs.
async fn begin(
    state: &AppState,
    owner: UserId,
    said: Said,
    key: Option<&(IdempotencyKey, Fingerprint)>,
) -> Result<Turn, Problem> {
    let (conversation, remembered) = match said.conversation {
        Some(id) => {
            let remembered = store::find(&state.database, owner, id).await?;
            (id, remembered.ok_or_else(|| Problem::new(Kind::NotFound))?)
        }
        None => (Uuid::now_v7(), Remembered::default()),
    };
    let begins = said.conversation.is_none().then(|| title(&said.message));
    let question = Uuid::now_v7();
    let asked = Asked {
        id: question,
        content: &said.message,
        key: key.map(|(key, fingerprint)| (key, *fingerprint)),
        at: Timestamp::now(),
    };
    match store::ask(&state.database, owner, conversation, begins.as_deref(), &asked).await? {
        Taken::Kept => {}
        Taken::Gone => return Err(Problem::new(Kind::NotFound)),
        Taken::Twin => return Err(in_progress()),
    }
    Ok(Turn {
        assistant: state.assistant.clone(),
        database: state.database.clone(),
        owner,
        conversation,
        question,
        message: said.message,
        confirmation: said.confirmation,
        zone: said.zone,
        remembered,
    })
}

/// The answer that the same request was given before. A turn that was interrupted, by the end of its process, is closed
/// here: nobody knows which of its tools have run, so none may run again.
async fn earlier(
    database: &Database,
    owner: UserId,
    key: Option<&(IdempotencyKey, Fingerprint)>,
) -> Result<Option<Reply>, Problem> {
    let Some((key, fingerprint)) = key else { return Ok(None) };
    let now = Timestamp::now();
    match store::earlier(database, owner, key, *fingerprint, now).await? {
        None => Ok(None),
        Some(Earlier::OtherRequest) => Err(Problem::new(Kind::KeyReused)),
        Some(Earlier::Answered(conversation, message)) => {
            Ok(Some(reply(database, owner, conversation, message, now).await?))
        }
        Some(Earlier::Unanswered { since, .. }) if now - 2 * DEADLINE < since => Err(in_progress()),
        Some(Earlier::Unanswered { conversation, question, .. }) => {
            let id = Uuid::now_v7();
            let remembered = store::find(database, owner, conversation).await?.unwrap_or_default();
            let answered = Answered {
                id,
                reply_to: question,
                content: answers::INTERRUPTED,
                tool_calls: &[],
                engine: Engine::Rules,
                fallback: false,
                frees_key: false,
                at: now,
            };
            if !store::answer(database, owner, conversation, &answered, &remembered).await? {
                return Err(in_progress());
            }
            let (response, tool_calls) = (answers::INTERRUPTED.to_owned(), Vec::new());
            let (engine, fallback, confirmation) = (Engine::Rules, false, None);
            let conversation_id = conversation;
            Ok(Some(Reply { conversation_id, message_id: id, response, tool_calls, engine, fallback, confirmation }))
        }
    }
}

async fn reply(
    database: &Database,
    owner: UserId,
    conversation_id: Uuid,
    message: Message,
    now: Timestamp,
) -> Result<Reply, Problem> {
    Ok(Reply {
        conversation_id,
        message_id: message.id,
        response: message.content,
        tool_calls: message.tool_calls,
        engine: message.engine.unwrap_or(Engine::Rules),
        fallback: message.fallback,
        confirmation: tools::store::open(database, owner, conversation_id, now).await?,
    })
}

fn in_progress() -> Problem {
    Problem::new(Kind::InProgress).retry_after(Duration::from_secs(1))
}

fn replayed(reply: Reply) -> Response {
    let (listener, events) = channel();
    // The channel has room for these two.
    _ = listener.try_tell(Event::Token(reply.response.clone()));
    _ = listener.try_tell(Event::Done(Box::new(reply)));
    drop::<Listener>(listener);
    stream::response(events)
}

/// The end of the turn as JSON.
async fn whole(mut events: Receiver<Event>) -> Result<Response, Problem> {
    while let Some(event) = events.recv().await {
        match event {
            Event::Done(reply) => return Ok(Json(*reply).into_response()),
            Event::Failed(Failed::Gone) => return Err(Problem::new(Kind::NotFound)),
            Event::Failed(Failed::Unavailable) => {
                return Err(Problem::new(Kind::Unavailable).retry_after(crate::database::RETRY_AFTER));
            }
            Event::Failed(Failed::Internal) => break,
            Event::Token(_) | Event::ToolCall(_) => {}
        }
    }
    // A turn that panicked; telemetry has logged it.
    Err(Problem::new(Kind::Internal))
}
