//! The record of who did what to which account and its tasks, with what outcome: log lines with the target `audit`. They
//! name users and tasks by id, never by e-mail address or title.

use std::net::IpAddr;

use crate::{accounts::UserId, tasks::model::TaskId};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
}

/// Someone signed up or tried to log in from `address`. `user` is the account that it is about, when there is one.
pub(crate) fn entry(action: &'static str, user: Option<UserId>, address: IpAddr, outcome: Outcome) {
    let user = user.map(tracing::field::display);
    let outcome = outcome.word();
    tracing::info!(target: "audit", action, user.id = user, client.address = %address, outcome, "{action}: {outcome}");
}

/// An account was deleted by its owner.
pub(crate) fn account_deleted(user: UserId, address: IpAddr) {
    let (action, outcome) = ("delete account", Outcome::Success.word());
    tracing::info!(target: "audit", action, user.id = %user, client.address = %address, outcome, "{action}: {outcome}");
}

/// A task was deleted by its owner's own request.
pub(crate) fn task_deleted(user: UserId, task: TaskId) {
    let (action, outcome) = ("delete task", Outcome::Success.word());
    tracing::info!(target: "audit", { user.id = %user, task.id = %task, action, outcome }, "{action}: {outcome}");
}

/// A tool of the assistant was called for a user: by which `caller`, on which tasks, with what outcome.
pub(crate) fn tool_called(
    user: UserId,
    caller: &'static str,
    tool: &'static str,
    tasks: impl Iterator<Item = TaskId>,
    outcome: Outcome,
) {
    let tasks: Vec<String> = tasks.map(|id| id.to_string()).collect();
    let (action, outcome, tasks) = ("call tool", outcome.word(), tasks.join(","));
    tracing::info!(target: "audit", { user.id = %user, gen_ai.tool.name = tool, caller, task.ids = tasks, action, outcome }, "{tool} for {caller}: {outcome}");
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}
