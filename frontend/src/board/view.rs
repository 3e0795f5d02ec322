//! The pages of this feature.

use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::due::Due;
use super::filter::{Filter, Sort, Status};
use super::form::FormFields;
use crate::api::{Priority, Task};
use crate::chat::Chat;
use crate::visit::Page;
use crate::zone::Zone;

/// The list with its forms.
#[derive(Template)]
#[template(path = "board.html")]
pub(super) struct Board {
    /// Around the content.
    pub page: Page,
    /// Which part of the list this is.
    pub filter: Filter,
    /// The form for a new task.
    pub add: FormFields,
    /// The tasks.
    pub rows: Vec<Row>,
    /// The address of the next part.
    pub more: Option<String>,
    /// The address of this very view, for the way back.
    pub back: String,
    /// The assistant beside the list, until its script has found the newest conversation.
    pub chat: Chat,
}

/// One task in the list.
pub(super) struct Row {
    /// Its identity.
    pub id: Uuid,
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub description: String,
    /// How much it matters.
    pub priority: Priority,
    /// When it should be done.
    pub due: Option<Due>,
    /// Whether it is done.
    pub completed: bool,
}

impl Row {
    /// A task as its reader sees it now.
    pub(super) fn new(task: Task, zone: &Zone, now: Timestamp) -> Self {
        let due = task.due_at.map(|due| Due::new(due, task.completed, zone, now));
        let description = task.description.unwrap_or_default();
        Self { id: task.id, title: task.title, description, priority: task.priority, due, completed: task.completed }
    }
}

/// The editing form, also after a conflict.
#[derive(Template)]
#[template(path = "edit.html")]
pub(super) struct Edit {
    /// Around the content.
    pub page: Page,
    /// The task.
    pub id: Uuid,
    /// The form.
    pub fields: FormFields,
    /// What is saved by now and differs, when somebody else was faster.
    pub conflict: Option<Vec<Difference>>,
}

/// One field that two people have given different values.
pub(super) struct Difference {
    /// Its name on the page.
    pub name: &'static str,
    /// What is saved.
    pub saved: String,
    /// What the form holds.
    pub yours: String,
}

/// The question before deleting.
#[derive(Template)]
#[template(path = "delete.html")]
pub(super) struct Delete {
    /// Around the content.
    pub page: Page,
    /// The task.
    pub id: Uuid,
    /// One line.
    pub title: String,
    /// The version that the reader saw.
    pub version: u64,
    /// The way back.
    pub back: String,
    /// Whether it changed after the reader had been asked once.
    pub changed: bool,
}
