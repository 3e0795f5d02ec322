//! The record of who did what to which account, with what outcome: log lines with the target `audit`. They name users by
//! id, never by e-mail address. Deletions of tasks are recorded in the same form by tasks/routes.rs.

use std::net::IpAddr;

use crate::accounts::UserId;

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

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}
