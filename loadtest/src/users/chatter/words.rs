//! What is said to the assistant about a task, and whether an answer is the right one. Absent on purpose: sending it.

use serde_json::Value;
use uuid::Uuid;

use crate::chat;
use crate::ledger::Content;

/// What the assistant makes of a content: a title with a capital letter, and a time of day that has one meaning only.
pub(super) fn in_words(content: Content) -> Content {
    let mut letters = content.title.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let due_at = content.due_at.as_deref().and_then(|due| due.get(..10)).map(|day| format!("{day}T17:30:00Z"));
    Content { title: format!("{first}{}", letters.as_str()), due_at, ..content }
}

/// A sentence from which exactly this content follows.
pub(super) fn wording(opening: &str, content: &Content) -> String {
    let mut title = content.title.chars();
    let first = title.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    let day = content.due_at.as_deref().and_then(|due| due.get(..10));
    let due = day.map_or_else(String::new, |day| format!(" on {day} at 17:30"));
    let Content { description, priority, .. } = content;
    format!("{opening} {first}{}{due} with {priority} priority, description: {description}", title.as_str())
}

/// The new task's id, when exactly this one was added.
pub(super) fn added(reply: &Value, content: &Content) -> Result<Uuid, String> {
    let task = &used(reply, "add_task")?["data"]["task"];
    let same = serde_json::from_value(task.clone()).is_ok_and(|found: Content| found.digest() == content.digest());
    let id = task["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    id.filter(|_| same).ok_or_else(|| "another task was added than the one asked for".to_owned())
}

/// Whether one tool was used, on this task alone.
pub(super) fn about(reply: &Value, tool: &str, id: Uuid) -> Result<(), String> {
    let tasks = used(reply, tool)?["data"]["tasks"].as_array().map_or(&[][..], Vec::as_slice);
    match tasks {
        [task] if task["id"] == id.to_string() => Ok(()),
        _ => Err(format!("{tool} was about something else than asked for")),
    }
}

/// What this tool said, when it was the only one that was used.
pub(super) fn used<'a>(reply: &'a Value, tool: &str) -> Result<&'a Value, String> {
    match chat::tools(reply)?[..] {
        [call] if call["tool"] == tool => Ok(&call["result"]),
        ref calls => {
            let used: Vec<_> = calls.iter().map(|call| call["tool"].to_string()).collect();
            Err(format!("{} instead of {tool}", if used.is_empty() { "no tool".to_owned() } else { used.join(", ") }))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content() -> Content {
        let due_at = Some("2029-03-05T09:12:00Z".to_owned());
        let (title, description, priority) = ("call the dentist".to_owned(), "m".to_owned(), "high".to_owned());
        in_words(Content { title, description, priority, due_at, completed: false })
    }

    fn reply(tool: &str, data: &Value) -> Value {
        let call = json!({"tool": tool, "status": "completed", "result": {"data": data}});
        json!({"engine": "rules", "fallback": false, "response": "✓", "tool_calls": [call]})
    }

    #[test]
    fn a_sentence_names_everything_that_the_task_is_to_have() {
        let said = "Remind me to call the dentist on 2029-03-05 at 17:30 with high priority, description: m";
        assert_eq!(wording("Remind me to", &content()), said);
        let undated = Content { due_at: None, ..content() };
        assert_eq!(wording("I need to", &undated), "I need to call the dentist with high priority, description: m");
    }

    #[test]
    fn only_the_task_that_was_asked_for_is_the_right_answer() {
        let id = Uuid::new_v4();
        let mut task = json!(content());
        task["id"] = json!(id);
        assert_eq!(added(&reply("add_task", &json!({"task": task})), &content()), Ok(id));
        task["title"] = json!("Call the dentist with");
        assert!(added(&reply("add_task", &json!({"task": task})), &content()).is_err());
        assert!(added(&reply("list_tasks", &json!({"tasks": []})), &content()).unwrap_err().contains("list_tasks"));
        let deleted = |ids: &[Uuid]| {
            let tasks: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
            about(&reply("delete_task", &json!({"tasks": tasks})), "delete_task", id)
        };
        assert!(deleted(&[id]).is_ok() && deleted(&[]).is_err() && deleted(&[id, Uuid::new_v4()]).is_err());
    }
}
