//! Which tasks a list shows and in which order. Absent on purpose: the query string (params.rs), the SQL (store/list.rs)
//! and the cursor's written form (cursor.rs).

use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    cursor::Cursor,
    model::Task,
    values::{Priority, Refusal},
};
use crate::timestamp::Timestamp;

/// Tasks in a page unless the query says otherwise.
pub const DEFAULT_LIMIT: u8 = 50;
/// Most tasks in a page.
pub const MAX_LIMIT: u8 = 100;
/// Most characters in a search text: no title is longer.
const SEARCH_CHARACTERS: usize = 200;

/// Which tasks to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Those still to be done.
    Open,
    /// Those that are done.
    Completed,
    /// Both.
    #[default]
    All,
}

impl Status {
    /// Reads the word used on the wire.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "open" => Ok(Self::Open),
            "completed" => Ok(Self::Completed),
            "all" => Ok(Self::All),
            _ => Err(Refusal("must be open, completed or all")),
        }
    }
}

/// By what a list is sorted. Values that change by themselves, such as the time of the last change, are absent on purpose:
/// a task would jump over the reader between two pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// The moment of creation.
    #[default]
    CreatedAt,
    /// The due date; a task without one counts as later than every date.
    DueAt,
    /// Low, medium, high.
    Priority,
    /// The title without upper and lower case, letter by letter in Unicode's order.
    Title,
}

/// An order; equal tasks follow each other by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What is compared.
    pub by: SortBy,
    /// Largest first. `-x` is exactly the reverse of `x`.
    pub descending: bool,
}

impl Default for Sort {
    /// Newest first.
    fn default() -> Self {
        Self { by: SortBy::CreatedAt, descending: true }
    }
}

impl Sort {
    /// Reads the name of a field, with `-` in front for the reverse.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let by = match name {
            "created_at" => SortBy::CreatedAt,
            "due_at" => SortBy::DueAt,
            "priority" => SortBy::Priority,
            "title" => SortBy::Title,
            _ => {
                return Err(Refusal("must be created_at, due_at, priority or title, or one of them with - in front"));
            }
        };
        Ok(Self { by, descending })
    }
}

/// Which tasks, in which order: everything that a cursor must not outlive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Open, completed or both.
    pub status: Status,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Due before this moment, not at it; a task without a due date never is.
    pub due_before: Option<Timestamp>,
    /// Due at this moment or after it; a task without a due date never is.
    pub due_after: Option<Timestamp>,
    /// Stands in title or description, whatever the case of its letters.
    pub search: Option<String>,
    /// The order.
    pub sort: Sort,
}

/// A list's query, read but for its cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Which tasks, in which order.
    pub selection: Selection,
    /// Most tasks in the answer.
    pub limit: u8,
    /// Where the page before this one ended, still unread.
    pub cursor: Option<String>,
}

/// Some tasks of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the list's order.
    pub items: Vec<Task>,
    /// Behind which place the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// Reads a search text. Only spaces is no search. Control characters cannot stand in a title, and a line end must not reach from one field
/// into the next.
pub fn parse_search(text: &str) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.chars().count() > SEARCH_CHARACTERS {
        return Err(Refusal("must have at most 200 characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal("must not contain control characters"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A page is never empty and never huge.
pub fn parse_limit(text: &str) -> Result<u8, Refusal> {
    match text.parse() {
        Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
        _ => Err(Refusal("must be a number from 1 to 100")),
    }
}
