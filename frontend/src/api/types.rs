//! The backend's JSON as this program reads and writes it. Absent on purpose: rules such as lengths, which the
//! backend alone decides and explains in its problem answers.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How much a task matters.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual.
    Medium,
    /// Before anything else.
    High,
}

impl Priority {
    /// All of them, in the order of the forms.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The word on the page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    /// The priority of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.word() == word)
    }
}

/// One task.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Task {
    /// Its identity.
    pub id: Uuid,
    /// One line.
    pub title: String,
    /// Any number of lines, often none.
    #[serde(default)]
    pub description: Option<String>,
    /// How much it matters.
    pub priority: Priority,
    /// When it should be done.
    pub due_at: Option<Timestamp>,
    /// Whether it is done.
    pub completed: bool,
    /// When it was done.
    pub completed_at: Option<Timestamp>,
    /// Grows with every change; `If-Match` wants to see it.
    pub version: u64,
}

impl Task {
    /// Its editable part, as a form would send it.
    pub fn fields(&self) -> TaskFields {
        TaskFields {
            title: self.title.clone(),
            description: self.description.clone().unwrap_or_default(),
            priority: self.priority.word().to_owned(),
            due_at: self.due_at,
        }
    }
}

/// A part of the list and the way to the next part.
#[derive(Debug, Deserialize)]
pub struct TaskPage {
    /// The tasks, in the order asked for.
    pub items: Vec<Task>,
    /// Opaque; absent on the last page.
    pub next_cursor: Option<String>,
}

/// What a creating or editing form sends. Words, not types, where the backend is the judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskFields {
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub description: String,
    /// As typed; the backend refuses an unknown one.
    pub priority: String,
    /// When it is due; null is never.
    pub due_at: Option<Timestamp>,
}

/// What the log-in and sign-up forms send.
#[derive(Serialize)]
pub struct Credentials<'a> {
    /// The name of the account.
    pub email: &'a str,
    /// In the clear only here and on the wire.
    pub password: &'a str,
}

/// A fresh session.
#[derive(Debug, Deserialize)]
pub struct SignedIn {
    /// The bearer token.
    pub token: SecretString,
    /// The instant from which the backend refuses it.
    pub expires_at: Timestamp,
}

/// One's own account.
#[derive(Debug, Deserialize)]
pub struct Account {
    /// The name one logs in with.
    pub email: String,
}

/// An RFC 9457 problem, as far as pages show it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Problem {
    /// A stable word for programs.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// A sentence for people.
    #[serde(default)]
    pub detail: Option<String>,
    /// What is wrong with which field.
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// The type of a twin that is still being handled.
    pub const IN_PROGRESS: &str = "/problems/in-progress";
    /// The type of an idempotency key that came back with other content.
    pub const KEY_REUSED: &str = "/problems/idempotency-key-reused";
}

/// A finding about one field of a form.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct FieldError {
    /// The name in the JSON body.
    pub field: String,
    /// A sentence for people.
    pub message: String,
}
