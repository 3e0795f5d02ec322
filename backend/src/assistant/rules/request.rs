//! What a sentence asks for, as values. Absent on purpose: whether the tasks exist and how anything is done.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::question::Question;
use crate::tasks::values::Priority;

/// A task that the conversation has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its id.
    pub id: Uuid,
    /// Its title when it was shown.
    pub title: String,
}

/// What the conversation was last about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// The last numbered list, in its order.
    pub list: Vec<Known>,
    /// What "it", "that" and "those" mean.
    pub touched: Vec<Known>,
}

/// Everything that a reading depends on beside the text.
pub struct Context<'a> {
    /// The moment.
    pub now: Timestamp,
    /// The user's zone.
    pub zone: &'a TimeZone,
    /// What "number 3" and "it" mean.
    pub focus: &'a Focus,
    /// Whether a question is open that is answered by yes or no.
    pub pending: bool,
    /// The question that the last answer was, if it was one: a bare "the second one" or "Buy milk" answers it.
    pub asked: Option<&'a Question>,
}

/// One thing that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// A new task.
    Create {
        /// One line of at most 200 characters.
        title: String,
        /// More about it.
        description: Option<String>,
        /// How much it matters, if said.
        priority: Option<Priority>,
        /// When it is due, if said.
        due_at: Option<Timestamp>,
    },
    /// Show these tasks.
    List(Filter),
    /// Show the tasks with these words.
    Search {
        /// The words.
        query: String,
    },
    /// How many tasks there are, and of which kind.
    Statistics,
    /// What can be asked.
    Help,
    /// Change tasks.
    Update {
        /// Which tasks.
        which: Which,
        /// What becomes of them.
        change: Change,
    },
    /// Tick off or reopen tasks.
    Complete {
        /// Which tasks.
        which: Which,
        /// Done, or to be done again.
        completed: bool,
    },
    /// Delete tasks.
    Delete {
        /// Which tasks.
        which: Which,
    },
    /// An explicit yes to the open question.
    Confirm,
    /// A no to the open question, of whichever kind it is.
    Decline,
    /// A question back.
    Clarify(Question),
}

impl Request {
    /// Which tasks it is about.
    pub fn which(&self) -> Option<&Which> {
        match self {
            Self::Update { which, .. } | Self::Complete { which, .. } | Self::Delete { which } => Some(which),
            _ => None,
        }
    }

    /// The same for other tasks.
    #[must_use]
    pub fn about(self, which: Which) -> Self {
        match self {
            Self::Update { change, .. } => Self::Update { which, change },
            Self::Complete { completed, .. } => Self::Complete { which, completed },
            Self::Delete { .. } => Self::Delete { which },
            other => other,
        }
    }
}

/// What becomes of a task; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// A new title.
    pub title: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new priority.
    pub priority: Option<Priority>,
    /// A new due date, or none any more.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "due")]
    pub due_at: Option<Option<Timestamp>>,
}

impl Change {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes over what another change says.
    pub(super) fn add(&mut self, other: Self) {
        self.title = other.title.or_else(|| self.title.take());
        self.description = other.description.or_else(|| self.description.take());
        self.priority = other.priority.or(self.priority);
        self.due_at = other.due_at.or(self.due_at);
    }
}

/// A due date that is left out stays, one that is null goes.
mod due {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(due: &Option<Option<Timestamp>>, serializer: S) -> Result<S::Ok, S::Error> {
        due.flatten().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<Timestamp>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// Which tasks a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Open or completed ones; `None` is both.
    pub status: Option<Status>,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Due before this moment, not at it.
    pub due_before: Option<Timestamp>,
    /// Due at this moment or after it.
    pub due_after: Option<Timestamp>,
}

/// Whether a task is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Still to be done.
    Open,
    /// Done.
    Completed,
}

/// Which tasks a request is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// By number, by ordinal or by "it": tasks that the conversation has shown, at least one.
    Tasks(Vec<Known>),
    /// All that the filter lets through.
    All(Filter),
    /// By words of the title, still to be looked up with [`super::pick`].
    Title(String),
    /// By id.
    Id(Uuid),
}
