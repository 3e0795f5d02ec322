//! What a turn tells while it goes on. Absent on purpose: how that is written (stream.rs).

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::assistant::{conversations::model::Engine, tools::Confirmation};

/// As many events may wait for a client that reads slowly; then the turn waits, too.
const MOST_WAITING: usize = 64;

/// Something that happened in a turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// A piece of the answer.
    Token(String),
    /// A tool begins or has ended.
    ToolCall(Value),
    /// The end of a good turn.
    Done(Box<Reply>),
    /// The end of a failed one.
    Failed(Failed),
}

/// The whole answer to a message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ChatReply)]
pub(super) struct Reply {
    /// The conversation, which the next message names to go on.
    pub(super) conversation_id: Uuid,
    /// The answer's own id.
    pub(super) message_id: Uuid,
    /// Short Markdown.
    pub(super) response: String,
    /// The tools that were used: `tool`, `status` (completed or failed), and `result` or `error`.
    #[schema(value_type = Vec<Object>)]
    pub(super) tool_calls: Vec<Value>,
    /// Who found the answer.
    pub(super) engine: Engine,
    /// The rules answered because the model could not.
    pub(super) fallback: bool,
    /// What waits for a yes or no as the next message: `id`, `tool`, `count`, `titles`, `expires_at`.
    #[schema(required = true, value_type = Option<Object>)]
    pub(super) confirmation: Option<Confirmation>,
}

/// Why a turn has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// The conversation or the account was deleted meanwhile.
    Gone,
    /// The database is away.
    Unavailable,
    /// A defect of ours.
    Internal,
}

impl Failed {
    /// For programs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Gone => "not_found",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// For people.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Gone => "This conversation does not exist any more.",
            Self::Unavailable | Self::Internal => {
                "The answer could not be kept. Please look at your tasks before you try again."
            }
        }
    }
}

/// Where a turn tells its events.
#[derive(Clone, Debug)]
pub(super) struct Listener(mpsc::Sender<Event>);

/// A turn's events, and the place to read them.
pub(super) fn channel() -> (Listener, mpsc::Receiver<Event>) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    (Listener(sender), receiver)
}

impl Listener {
    /// Nobody listening is no reason to stop here: who ends the turn watches [`Listener::left`].
    pub(super) async fn tell(&self, event: Event) {
        _ = self.0.send(event).await;
    }

    /// Tells a piece of text at once if there is room, for callers that cannot wait.
    ///
    /// # Errors
    /// The event, when it has to be told later.
    pub(super) fn try_tell(&self, event: Event) -> Result<(), Event> {
        self.0.try_send(event).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// Ends when nobody listens any more.
    pub(super) async fn left(&self) {
        self.0.closed().await;
    }
}
