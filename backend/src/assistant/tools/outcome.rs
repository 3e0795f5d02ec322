//! What a tool answers, the same to every caller.

use serde_json::{Value, json};

use super::Confirmation;
use crate::assistant::rules::Known;
use crate::tasks::model::{Statistics, Task, TaskError};

/// A tool did what it was asked, or asks back before it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// One sentence for people.
    pub(crate) message: String,
    /// How many tasks were changed.
    pub(crate) affected: usize,
    pub(crate) data: Data,
}

/// What there is to look at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    /// The task that was added or changed.
    Task(Box<Task>),
    /// Tasks that were found, completed or deleted.
    Tasks {
        tasks: Vec<Task>,
        /// Whether there are more than these.
        has_more: bool,
    },
    Statistics(Statistics),
    /// Nothing has been done: this has to be confirmed first.
    Confirmation(Confirmation),
}

impl Outcome {
    /// As callers read it.
    pub(crate) fn json(&self) -> Value {
        let data = match &self.data {
            Data::Task(task) => json!({"task": task}),
            Data::Tasks { tasks, has_more } => json!({"tasks": tasks, "has_more": has_more}),
            Data::Statistics(statistics) => json!({"statistics": statistics}),
            Data::Confirmation(confirmation) => json!({"confirmation": confirmation}),
        };
        json!({"success": true, "message": self.message, "affected_count": self.affected, "data": data})
    }

    /// The tasks that it shows, changed or asks about, as they can be referred to.
    pub(crate) fn known(&self) -> Vec<Known> {
        match &self.data {
            Data::Confirmation(confirmation) => confirmation.tasks().cloned().collect(),
            _ => self.tasks().iter().map(|task| Known { id: task.id.0, title: task.title.clone() }).collect(),
        }
    }

    /// The tasks that it is about.
    pub(crate) fn tasks(&self) -> &[Task] {
        match &self.data {
            Data::Task(task) => std::slice::from_ref(task),
            Data::Tasks { tasks, .. } => tasks,
            Data::Statistics(_) | Data::Confirmation(_) => &[],
        }
    }
}

/// Why a tool did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    MissingTitle,
    ValidationError,
    TaskNotFound,
    ParseError,
    DatabaseError,
    UnknownTool,
    ExecutionError,
}

impl Code {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::MissingTitle => "MISSING_TITLE",
            Self::ValidationError => "VALIDATION_ERROR",
            Self::TaskNotFound => "TASK_NOT_FOUND",
            Self::ParseError => "PARSE_ERROR",
            Self::DatabaseError => "DATABASE_ERROR",
            Self::UnknownTool => "UNKNOWN_TOOL",
            Self::ExecutionError => "EXECUTION_ERROR",
        }
    }
}

/// A tool's refusal: a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolError {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl ToolError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn json(&self) -> Value {
        json!({"success": false, "error_code": self.code.word(), "message": self.message})
    }
}

impl From<TaskError> for ToolError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::NotFound | TaskError::NoAccount => Self::new(Code::TaskNotFound, "There is no such task."),
            TaskError::VersionMismatch | TaskError::Claim(_) => {
                Self::new(Code::ExecutionError, "The task was changed meanwhile. Please try again.")
            }
            TaskError::Store(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for ToolError {
    fn from(error: sqlx::Error) -> Self {
        tracing::warn!(error.message = telemetry::chain(&error), "a tool could not reach the database");
        Self::new(Code::DatabaseError, "The tasks cannot be reached at the moment. Please try again.")
    }
}
