//! What a task is, what may be asked of it, and what can go wrong. Absent on purpose: the rules for single values
//! (values.rs) and for lists (list.rs), HTTP and JSON bodies (routes.rs, body.rs), SQL (store/).

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::values::{Description, Priority, Title};
use crate::{idempotency::ClaimError, timestamp::Timestamp};

/// Names one task. UUID v7, so that new rows stand side by side in every index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
pub struct TaskId(pub Uuid);

impl TaskId {
    /// A new name.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// Reads the hyphenated form only, so that every task has one address; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == uuid::fmt::Hyphenated::LENGTH { Uuid::try_parse(text).ok().map(Self) } else { None }
    }
}

impl Default for TaskId {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a caller gives to create a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// What is to be done.
    pub title: Title,
    /// Everything else about it.
    pub description: Description,
    /// How much it matters.
    pub priority: Priority,
    /// When it should be done.
    pub due_at: Option<Timestamp>,
}

impl NewTask {
    /// The task as it will be stored and answered, so that the answer is known before anything is written.
    pub fn into_task(self, id: TaskId, now: Timestamp) -> Task {
        Task {
            id,
            title: self.title.into_string(),
            description: self.description.into_string(),
            priority: self.priority,
            due_at: self.due_at,
            completed: false,
            completed_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

/// What a caller wants to change; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskChange {
    /// A new title.
    pub title: Option<Title>,
    /// A new description.
    pub description: Option<Description>,
    /// A new priority.
    pub priority: Option<Priority>,
    /// A new due date, or none from now on.
    pub due_at: Option<Option<Timestamp>>,
    /// Done, or to be done again.
    pub completed: Option<bool>,
}

/// Which state of a task a change is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is now.
    Any,
    /// Exactly this version; anything newer means that somebody else was faster.
    Version(i64),
}

/// Why a task could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// No such task, or somebody else's: nobody learns which.
    #[error("no such task")]
    NotFound,
    /// Somebody else was faster.
    #[error("the task has another version")]
    VersionMismatch,
    /// The account was deleted while the request was on its way.
    #[error("the account is gone")]
    NoAccount,
    /// The request's key cannot be used.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// A task as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Task {
    /// Names the task for ever.
    pub id: TaskId,
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Buy milk")]
    pub title: String,
    /// Up to 2000 characters, empty when there is nothing to say.
    #[schema(max_length = 2000)]
    pub description: String,
    /// How much it matters.
    pub priority: Priority,
    /// When it should be done, in UTC.
    #[schema(required = true)]
    pub due_at: Option<Timestamp>,
    /// Whether it is done.
    pub completed: bool,
    /// Since when it is done.
    #[schema(required = true)]
    pub completed_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with every change; `If-Match: "<version>"` makes a change fail when somebody else was faster.
    #[schema(minimum = 1, example = 1)]
    pub version: i64,
}

/// How a user's tasks stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistics {
    /// All of them.
    pub total: i64,
    /// Those that are done.
    pub completed: i64,
    /// Those that are not.
    pub open: i64,
    /// Open ones whose due date has passed.
    pub overdue: i64,
    /// Open ones by priority.
    pub open_by_priority: ByPriority,
}

/// A number for each priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByPriority {
    /// Of low priority.
    pub low: i64,
    /// Of medium priority.
    pub medium: i64,
    /// Of high priority.
    pub high: i64,
}

#[cfg(test)]
mod tests {
    use super::TaskId;

    #[test]
    fn only_the_hyphenated_form_names_a_task() {
        let id = TaskId::new();
        assert_eq!(TaskId::parse(&id.to_string()), Some(id));
        for text in
            ["", "1", "not-a-task", &id.0.simple().to_string(), &id.0.braced().to_string(), &id.0.urn().to_string()]
        {
            assert_eq!(TaskId::parse(text), None, "{text}");
        }
    }
}
