//! Every tool: its name, what it says about itself to models and to MCP clients, and the schema of its arguments and results.

use serde_json::{Value, json};

/// Most tasks that one call lists or changes.
pub(crate) const MOST_LISTED: usize = 100;

/// What the assistant can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tool {
    ListTasks,
    AddTask,
    UpdateTask,
    CompleteTask,
    DeleteTask,
    SearchTasks,
    GetTaskStatistics,
}

impl Tool {
    pub(crate) const ALL: [Self; 7] = [
        Self::ListTasks,
        Self::AddTask,
        Self::UpdateTask,
        Self::CompleteTask,
        Self::DeleteTask,
        Self::SearchTasks,
        Self::GetTaskStatistics,
    ];

    /// The tool of that name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ListTasks => "list_tasks",
            Self::AddTask => "add_task",
            Self::UpdateTask => "update_task",
            Self::CompleteTask => "complete_task",
            Self::DeleteTask => "delete_task",
            Self::SearchTasks => "search_tasks",
            Self::GetTaskStatistics => "get_task_statistics",
        }
    }

    /// For people who look at a list of tools.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::ListTasks => "List tasks",
            Self::AddTask => "Add a task",
            Self::UpdateTask => "Change a task",
            Self::CompleteTask => "Complete or reopen tasks",
            Self::DeleteTask => "Delete tasks",
            Self::SearchTasks => "Search tasks",
            Self::GetTaskStatistics => "Task statistics",
        }
    }

    /// What a model reads to choose.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::ListTasks => {
                "Lists the user's tasks, newest first. Use the filters to answer questions about what is open, done, \
                 important, due or overdue."
            }
            Self::AddTask => "Adds one task. Needs a title; a date belongs into due_at and not into the title.",
            Self::UpdateTask => {
                "Changes the title, description, priority or due date of one task. Only what is given changes; null for due_at \
                 takes the date away."
            }
            Self::CompleteTask => {
                "Marks tasks as done, or as open again with completed: false. Two or more tasks at once are asked about first."
            }
            Self::DeleteTask => {
                "Deletes tasks for good. What needs a confirmation is not deleted yet: tell the user the question."
            }
            Self::SearchTasks => "Finds tasks by words in their title or description, also misspelt ones.",
            Self::GetTaskStatistics => "Counts the user's tasks: all, done, open, overdue, and open by priority.",
        }
    }

    /// Changes nothing.
    pub(crate) fn is_read_only(self) -> bool {
        matches!(self, Self::ListTasks | Self::SearchTasks | Self::GetTaskStatistics)
    }

    /// May take something away that was there before.
    pub(crate) fn is_destructive(self) -> bool {
        matches!(self, Self::UpdateTask | Self::DeleteTask)
    }

    /// Done twice is the same as done once.
    pub(crate) fn is_idempotent(self) -> bool {
        self != Self::AddTask
    }

    /// JSON Schema of the arguments. What the schema says is checked again by the rules of tasks.
    pub(crate) fn parameters(self) -> Value {
        let ids = json!({
            "type": "array", "minItems": 1, "maxItems": MOST_LISTED, "uniqueItems": true,
            "items": {"type": "string", "format": "uuid"},
            "description": "Ids of tasks, as other tools give them."
        });
        match self {
            Self::ListTasks => object(
                json!({
                    "status": {"type": "string", "enum": ["open", "completed", "all"], "default": "all"},
                    "priority": priority(),
                    "due_before": moment("Only tasks due before this moment."),
                    "due_after": moment("Only tasks due at this moment or later."),
                    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": 50}
                }),
                &[],
            ),
            Self::AddTask => object(
                json!({
                    "title": title(), "description": description(), "priority": priority(),
                    "due_at": moment("When it should be done.")
                }),
                &["title"],
            ),
            Self::UpdateTask => object(
                json!({
                    "id": {"type": "string", "format": "uuid"},
                    "title": title(), "description": description(), "priority": priority(),
                    "due_at": {"type": ["string", "null"], "format": "date-time", "description": "When it should be done; null for no date."}
                }),
                &["id"],
            ),
            Self::CompleteTask => object(
                json!({"ids": ids, "completed": {"type": "boolean", "default": true, "description": "false opens them again."}}),
                &["ids"],
            ),
            Self::DeleteTask => object(json!({"ids": ids}), &["ids"]),
            Self::SearchTasks => object(
                json!({
                    "query": {"type": "string", "minLength": 1, "maxLength": 200},
                    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": 20}
                }),
                &["query"],
            ),
            Self::GetTaskStatistics => object(json!({}), &[]),
        }
    }

    /// JSON Schema of a result.
    pub(crate) fn result(self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "success": {"type": "boolean"},
                "message": {"type": "string"},
                "affected_count": {"type": "integer", "minimum": 0},
                "data": {"type": "object"},
                "error_code": {"type": "string"}
            },
            "required": ["success", "message"]
        })
    }
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn title() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 200, "description": "What is to be done, one line."})
}

fn description() -> Value {
    json!({"type": "string", "maxLength": 2000, "description": "Everything else about it."})
}

fn priority() -> Value {
    json!({"type": "string", "enum": ["low", "medium", "high"]})
}

fn moment(what: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": format!("{what} RFC 3339 with an offset.")})
}
