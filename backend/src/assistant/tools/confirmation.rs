//! Changes that wait for a yes. They are rows with an end, so that any replica can carry them out, once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Tool;
use crate::{
    assistant::{markdown::escape, rules::Known},
    timestamp::Timestamp,
};

/// Long enough to read a list of titles and think, short enough that a yes of tomorrow means something else.
pub(super) const KEPT: Duration = Duration::from_secs(10 * 60);
/// Titles in a question: as many as one call is about at most, so that a yes to one covers nothing unseen.
const MOST_TITLES: usize = 100;

/// A question whose yes changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Confirmation {
    /// Names it; cannot be guessed.
    pub(crate) id: Uuid,
    /// The tool that waits.
    pub(crate) tool: &'static str,
    /// How many tasks it is about.
    pub(crate) count: usize,
    /// What they are called, the first hundred.
    pub(crate) titles: Vec<String>,
    /// From then on a yes does nothing.
    pub(crate) expires_at: Timestamp,
    /// What a yes runs.
    #[serde(skip)]
    pub(crate) calls: Vec<PlannedCall>,
}

/// A call that was read and checked before the question was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlannedCall {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
    /// Its tasks, in the order in which the question numbers them.
    pub(crate) tasks: Vec<Known>,
}

impl Confirmation {
    /// A question about these calls; nothing without calls that this release knows.
    pub(crate) fn about(id: Uuid, calls: Vec<PlannedCall>, expires_at: Timestamp) -> Option<Self> {
        // What harms most gives the question its name.
        let worst = calls.iter().find(|call| call.tool == Tool::DeleteTask.name()).or(calls.first())?;
        let tool = Tool::named(&worst.tool)?.name();
        let tasks = || calls.iter().flat_map(|call| &call.tasks);
        let count = tasks().count();
        let titles = tasks().take(MOST_TITLES).map(|task| task.title.clone()).collect();
        Some(Self { id, tool, count, titles, expires_at, calls })
    }

    /// The tasks that it is about.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Known> {
        self.calls.iter().flat_map(|call| &call.tasks)
    }

    /// The question in Markdown: what happens to how many tasks, and to which; "the first one" means the first of them from then on.
    pub(crate) fn question(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for call in &self.calls {
            match counts.iter_mut().find(|(verb, _)| *verb == call.verb()) {
                Some((_, count)) => *count += call.tasks.len(),
                None => counts.push((call.verb(), call.tasks.len())),
            }
        }
        let mixed = counts.len() > 1;
        let sentence = |(place, (verb, count)): (usize, &(&str, usize))| {
            let verb = if place == 0 { (*verb).to_owned() } else { verb.to_lowercase() };
            format!("{verb} {}", counted(*count))
        };
        let sentences: Vec<String> = counts.iter().enumerate().map(sentence).collect();
        let mut text = format!("**{}?**\n", sentences.join(", "));
        let tasks = self.calls.iter().flat_map(|call| call.tasks.iter().map(move |task| (call, task)));
        for ((call, task), number) in tasks.zip(1..).take(MOST_TITLES) {
            let verb = if mixed { format!("{}: ", call.verb()) } else { String::new() };
            text.push_str(&format!("\n{number}. {verb}{}{}", escape(&task.title), call.change()));
        }
        if self.count > MOST_TITLES {
            text.push_str(&format!("\n\n… and {} more.", self.count - MOST_TITLES));
        }
        text.push_str("\n\nPlease answer yes or no.");
        text
    }
}

impl PlannedCall {
    /// Whether a task of this call is in the question already, with the very same to be done to it.
    pub(super) fn repeats(&self, other: &Self, task: &Known) -> bool {
        self.verb() == other.verb() && self.change().is_empty() && other.tasks.contains(task)
    }

    fn verb(&self) -> &'static str {
        match Tool::named(&self.tool) {
            Some(Tool::DeleteTask) => "Delete",
            Some(Tool::CompleteTask) if self.arguments.get("completed") == Some(&Value::Bool(false)) => "Reopen",
            Some(Tool::CompleteTask) => "Complete",
            _ => "Change",
        }
    }

    /// What a task would get, so that nobody says yes to what was not shown.
    fn change(&self) -> String {
        let field = |(name, value): (&String, &Value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (!["id", "ids", "completed"].contains(&name.as_str()))
                .then(|| format!("{} “{}”", name.replace('_', " "), escape(&value)))
        };
        let fields: Vec<String> = self.arguments.iter().filter_map(field).collect();
        if fields.is_empty() { String::new() } else { format!(" → {}", fields.join(", ")) }
    }
}

/// `1 task`, `2 tasks`.
pub(super) fn counted(tasks: usize) -> String {
    if tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") }
}
