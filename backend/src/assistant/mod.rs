//! The assistant: people say in their own words what is to be done, in a chat or through an MCP client of theirs. One tool
//! layer (`tools`) does it, whoever asks: the built-in rules engine (`rules`), a language model (`model`), or a client
//! (`mcp`). Absent on purpose: state in the process; what is said and what waits for a yes are rows.

mod chat;
pub mod conversations;
mod markdown;
pub mod mcp;
pub mod model;
pub mod rules;
mod signals;
pub(crate) mod tools;

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::{app::AppState, database::Database, timestamp::Timestamp};
use conversations::model::Engine;
use model::{Model, ModelError, ModelSettings};

/// Where messages are sent to.
pub const CHAT_PATH: &str = "/api/chat";

/// Turns under way at the same time in this process. Each may wait a minute for a model, so without a bound of their own they would
/// take all places that requests have (256 unless set otherwise), and the list would stand still for the sake of the chat.
const MOST_TURNS: u32 = 64;

/// How the assistant is set.
#[derive(Clone)]
pub struct AssistantSettings {
    /// The model; without one the rules answer.
    pub model: Option<ModelSettings>,
    /// Messages of a conversation that the model gets to read.
    pub max_history: u8,
    /// How MCP clients may connect.
    pub mcp: mcp::McpSettings,
}

/// The assistant at work. Cheap to clone.
#[derive(Clone)]
pub struct Assistant {
    model: Option<Model>,
    max_history: u8,
    /// A place for each turn that is under way.
    turns: Arc<Semaphore>,
    /// Ends turns that are still under way when the server has to go.
    stopping: CancellationToken,
}

impl Assistant {
    /// Connects to nothing yet.
    pub(crate) fn new(settings: &AssistantSettings) -> Result<Self, ModelError> {
        let model = settings.model.clone().map(Model::new).transpose()?;
        signals::create(model.as_ref().map(Model::name));
        let turns = Arc::new(Semaphore::new(MOST_TURNS as usize));
        Ok(Self { model, max_history: settings.max_history, turns, stopping: CancellationToken::new() })
    }

    /// Who answers: the model where there is one, which the rules stand in for when it fails.
    fn engine(&self) -> Engine {
        if self.model.is_some() { Engine::Model } else { Engine::Rules }
    }

    /// A place for one more turn, unless too many are under way.
    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    /// Waits until no turn is under way, also none whose client has left, or until `patience` is over.
    pub(crate) async fn ended(&self, patience: Duration) {
        if tokio::time::timeout(patience, self.turns.acquire_many(MOST_TURNS)).await.is_err() {
            tracing::warn!("some of the assistant's turns did not end in time");
        }
    }

    /// Cancelled a little before the drain's end, so that turns which are still under way have time to keep what was said.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }
}

/// The routes of this feature.
pub fn router() -> OpenApiRouter<AppState> {
    chat::router().merge(conversations::router())
}

/// Removes the questions and the keys of messages that have expired by `now`; tells how many.
pub async fn purge(database: &Database, now: Timestamp) -> Result<u64, sqlx::Error> {
    Ok(tools::store::purge(database, now).await? + conversations::store::purge_keys(database, now).await?)
}
