//! What the rules say: short Markdown that begins with ✓ or ✗. Titles are escaped, because they are data. Absent on purpose:
//! deciding anything (speaker, turn).

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use crate::{
    assistant::{
        markdown::escape,
        tools::{Data, Outcome, Tool, ToolError},
    },
    tasks::{
        model::{Statistics, Task},
        values::Priority,
    },
};

pub(super) const TOO_LATE: &str = "✗ That question is no longer open, so nothing was changed. Please ask again.";
pub(super) const DROPPED: &str = "✓ My question is closed, and nothing was changed for it.";
pub(super) const DECLINED: &str = "✓ All right, nothing was changed.";
pub(super) const NO_SUCH_TASKS: &str = "✓ There are no such tasks, so nothing was changed.";
pub(super) const CANCELLED: &str = "✗ Cancelled.";
pub(super) const TIMED_OUT: &str = "✗ The answer took too long and was ended here.";
pub(super) const SHUTTING_DOWN: &str = "✗ The server is being restarted. Please send your message again.";
pub(super) const NO_HISTORY: &str = "✗ The conversation cannot be read at the moment. Please try again.";
pub(super) const INTERRUPTED: &str =
    "✗ The answer was interrupted. Please look at your tasks before you send the message again.";
/// Tasks that an answer spells out; the page shows all of them.
const MOST_SHOWN: usize = 20;

pub(super) const HELP: &str = "✓ I can help with your tasks. For example:\n\n\
    - **Remind me to buy milk tomorrow at 5pm**\n\
    - **What is due this week?**\n\
    - **Mark the second one as done**\n\
    - **Rename “Buy milk” to “Buy oat milk”**\n\
    - **Find the dentist**\n\
    - **Delete all completed tasks** (I ask before I do)\n\
    - **How many tasks are open?**";

/// How a change ended.
pub(super) fn done(tool: &str, outcome: &Result<Outcome, ToolError>) -> String {
    match outcome {
        Ok(outcome) => {
            let verb = match Tool::named(tool) {
                Some(Tool::AddTask) => "Added",
                Some(Tool::DeleteTask) => "Deleted",
                Some(Tool::CompleteTask) if outcome.tasks().iter().all(|task| !task.completed) => "Reopened",
                Some(Tool::CompleteTask) => "Completed",
                _ => "Changed",
            };
            match outcome.tasks() {
                [] => NO_SUCH_TASKS.to_owned(),
                [task] => format!("✓ {verb} **{}**.", escape(&task.title)),
                tasks => format!("✓ {verb} {} tasks.", tasks.len()),
            }
        }
        Err(error) => failed(error),
    }
}

/// A refusal in words.
pub(super) fn failed(error: &ToolError) -> String {
    let mut letters = error.message.chars();
    let sentence = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    let end = if sentence.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("✗ {}{end}", escape(&sentence))
}

/// A new or changed task with all that is set.
pub(super) fn task(verb: &str, task: &Task, zone: &TimeZone) -> String {
    format!("✓ {verb} {}.", named(task, zone))
}

/// A numbered list, which "the second one" refers to.
pub(super) fn list(what: &str, tasks: &[Task], has_more: bool, zone: &TimeZone) -> String {
    if tasks.is_empty() {
        return format!("✓ There are no {what}.");
    }
    let count = if has_more { format!("More than {}", tasks.len()) } else { tasks.len().to_string() };
    let mut text = format!("✓ {count} {}:\n\n{}", singular(what, tasks.len()), numbered(tasks, zone));
    if tasks.len() > MOST_SHOWN {
        let least = if has_more { "at least " } else { "" };
        text.push_str(&format!("\n\n… and {least}{} more.", tasks.len() - MOST_SHOWN));
    }
    text
}

/// Why a change does not reach all that were meant.
pub(super) fn only_some(tasks: usize) -> String {
    format!(
        "✗ There are more than {tasks} such tasks. I take {tasks} at a time, the newest first; ask again for the rest."
    )
}

/// The tasks with numbers.
pub(super) fn numbered(tasks: &[Task], zone: &TimeZone) -> String {
    let line = |(index, task): (usize, &Task)| {
        let done = if task.completed { " (done)" } else { "" };
        format!("{}. {}{done}", index + 1, named(task, zone))
    };
    tasks.iter().take(MOST_SHOWN).enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn named(task: &Task, zone: &TimeZone) -> String {
    let mut text = format!("**{}**", escape(&task.title));
    if let Some(due) = task.due_at {
        text.push_str(&format!(", due {}", date(due.microseconds(), zone)));
    }
    match task.priority {
        Priority::High => text.push_str(", high priority"),
        Priority::Low => text.push_str(", low priority"),
        Priority::Medium => {}
    }
    text
}

fn singular(what: &str, count: usize) -> String {
    if count == 1 { what.replacen("tasks", "task", 1) } else { what.to_owned() }
}

/// `Tue 1 Dec 2026, 17:00` in the user's zone.
fn date(microseconds: i64, zone: &TimeZone) -> String {
    let moment = Timestamp::from_microsecond(microseconds).unwrap_or_default();
    moment.to_zoned(zone.clone()).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// How the user's tasks stand.
pub(super) fn statistics(statistics: &Statistics) -> String {
    let Statistics { total, completed, open, overdue, open_by_priority } = statistics;
    format!(
        "✓ You have **{open} open** and **{completed} completed** tasks, {total} in all.\n\n\
         - overdue: {overdue}\n- open with high priority: {}\n- medium: {}\n- low: {}",
        open_by_priority.high, open_by_priority.medium, open_by_priority.low
    )
}

/// What tools did, when a model has nothing to say about it.
pub(super) fn summary(tool_calls: &[Value]) -> String {
    let done = tool_calls.iter().filter(|call| call["status"] == "completed").count();
    match (done, tool_calls.len()) {
        (_, 0) => "✗ I have no answer to that.".to_owned(),
        (0, _) => "✗ That did not work.".to_owned(),
        _ => format!("✓ Done: {}.", changes(tool_calls)),
    }
}

/// A model that failed half-way through.
pub(super) fn broke_off(tool_calls: &[Value]) -> String {
    format!(
        "✗ The model stopped answering. Until then: {}. Please look at your tasks before you go on.",
        changes(tool_calls)
    )
}

fn changes(tool_calls: &[Value]) -> String {
    let told = |call: &Value| {
        let part = if call["status"] == "completed" { &call["result"] } else { &call["error"] };
        part["message"].as_str().unwrap_or("something").trim_end_matches('.').to_owned()
    };
    escape(&tool_calls.iter().map(told).collect::<Vec<_>>().join("; "))
}

/// The tasks of an outcome.
pub(super) fn tasks(outcome: &Outcome) -> (&[Task], bool) {
    match &outcome.data {
        Data::Tasks { tasks, has_more } => (tasks, *has_more),
        _ => (outcome.tasks(), false),
    }
}
