//! What the assistant does, in words. The script finds the same words in the page, so they stand here alone.

use crate::api::{Assistant, Engine, Message, ToolCall};

/// A tool and the words on its badge.
pub(super) struct Tool {
    /// Its name; empty for one that this page does not know.
    pub(super) name: &'static str,
    /// While it runs.
    pub(super) executing: &'static str,
    /// When it has run.
    pub(super) completed: &'static str,
    /// When it could not.
    pub(super) failed: &'static str,
    /// Whether the list may look different afterwards.
    pub(super) changes: bool,
}

const fn tool(
    name: &'static str,
    changes: bool,
    executing: &'static str,
    completed: &'static str,
    failed: &'static str,
) -> Tool {
    Tool { name, executing, completed, failed, changes }
}

/// All of them; the last one stands for those that this page does not know, which may do anything.
pub(super) const TOOLS: [Tool; 8] = [
    tool("list_tasks", false, "Reading your tasks…", "Tasks read", "Tasks not read"),
    tool("add_task", true, "Creating task…", "Task created", "Task not created"),
    tool("update_task", true, "Changing task…", "Task changed", "Task not changed"),
    tool("complete_task", true, "Updating status…", "Status updated", "Status not updated"),
    tool("delete_task", true, "Deleting…", "Deleted", "Not deleted"),
    tool("search_tasks", false, "Searching…", "Tasks searched", "Search failed"),
    tool("get_task_statistics", false, "Counting…", "Tasks counted", "Tasks not counted"),
    tool("", true, "Working…", "Done", "Not done"),
];

/// The words of a tool that did nothing yet but asked back.
pub(super) const ASKED: &str = "Waits for your answer";

/// A badge beside an answer.
pub(super) struct Badge {
    /// How it looks: `completed`, `failed` or `asked`.
    pub(super) state: &'static str,
    /// What it says.
    pub(super) words: &'static str,
}

impl Badge {
    /// The badge of a call that is over.
    pub(super) fn of(call: &ToolCall) -> Self {
        let [.., unknown] = &TOOLS;
        let tool = TOOLS.iter().find(|tool| tool.name == call.tool).unwrap_or(unknown);
        let asked = !call.result["data"]["confirmation"].is_null();
        let (state, words) = match call.status.as_str() {
            "completed" if asked => ("asked", ASKED),
            "completed" => ("completed", tool.completed),
            _ => ("failed", tool.failed),
        };
        Self { state, words }
    }
}

/// Who answered this, as a reader wants to know it.
pub(super) fn answered_by(message: &Message) -> &'static str {
    match (message.engine, message.fallback) {
        (Some(Engine::Model), _) => BY_MODEL,
        (Some(Engine::Rules), false) => BY_RULES,
        (Some(Engine::Rules), true) => BY_RULES_INSTEAD,
        (None, _) => "",
    }
}

pub(super) const BY_MODEL: &str = "AI model";
pub(super) const BY_RULES: &str = "Built-in rules";
pub(super) const BY_RULES_INSTEAD: &str = "Built-in rules, because the AI model did not answer";

/// Who answers here.
pub(super) fn who_answers(assistant: &Assistant) -> String {
    match (assistant.engine, &assistant.model) {
        (Engine::Rules, _) => "Built-in rules answer here. No AI model is connected.".to_owned(),
        (Engine::Model, Some(name)) => format!("The AI model {name} answers here. It can be wrong."),
        (Engine::Model, None) => "An AI model answers here. It can be wrong.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Badge, TOOLS};

    fn badge(call: serde_json::Value) -> (&'static str, &'static str) {
        let badge = Badge::of(&serde_json::from_value(call).unwrap());
        (badge.state, badge.words)
    }

    #[test]
    fn a_badge_says_what_came_of_a_call() {
        assert_eq!(badge(json!({"tool": "add_task", "status": "completed"})), ("completed", "Task created"));
        assert_eq!(badge(json!({"tool": "add_task", "status": "failed"})), ("failed", "Task not created"));
        assert_eq!(badge(json!({"tool": "brew_tea", "status": "completed", "result": 7})), ("completed", "Done"));
        let asked = json!({"success": true, "data": {"confirmation": {"count": 2}}});
        let call = json!({"tool": "delete_task", "status": "completed", "result": asked});
        assert_eq!(badge(call), ("asked", "Waits for your answer"));
    }

    #[test]
    fn only_the_last_tool_has_no_name() {
        assert!(TOOLS.iter().rposition(|tool| tool.name.is_empty()) == Some(TOOLS.len() - 1));
        assert_eq!(TOOLS.iter().filter(|tool| tool.name.is_empty()).count(), 1);
    }
}
