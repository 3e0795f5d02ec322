//! Deleting. Absent on purpose: whether it is asked about first; the tools decide that.

use super::{
    clause::Clause,
    dates,
    pattern::{after, before, find},
    reference,
    request::{Filter, Request, Which},
};

/// "Delete number 3", "get rid of all completed tasks", "I don't need the … task anymore".
pub(super) fn read(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let sure = ["delete|erase|remove|cancel", "forget about?", "take"];
    // Also verbs of chores: "drop the car at the garage", "throw out the rubbish", "wipe the table".
    let only_tasks = [
        "scrap|discard|trash|destroy|wipe|purge|eliminate|kill|bin|strike|clear|drop",
        "get rid of",
        "dispose of",
        "throw|chuck away|out",
    ];
    let not_needed = ["i|we don't need|want", "i|we no longer need|want", "i|we do not need|want"];
    let request = Request::Delete { which: Which::All(Filter::default()) };
    if let Some(rest) = after(words, &not_needed) {
        let rest = before(rest, &["anymore", "any more|longer"])
            .or_else(|| words.iter().any(|w| w.is(&["longer"])).then_some(rest))?;
        return Some(clause.about(rest, request));
    }
    let plain = || after(words, &only_tasks).filter(|rest| reference::is_plain(rest, clause) || rest.is_empty());
    let rest = after(words, &sure).or_else(plain)?;
    // A field is cleared, not the task.
    if after(rest, &["the? due? deadline|date|dates|time|description|note|notes|priority from|of|for|on?"]).is_some() {
        return None;
    }
    let verb = words[0];
    if verb.is(&["take"]) {
        before(rest, &["off|from my|the todo? list"])?;
    }
    // "Cancel the gym membership before Friday" is something to do.
    if verb.is(&["cancel"]) && dates::due(words, &clause.clock).at.is_some() && !reference::is_plain(rest, clause) {
        return None;
    }
    // "Forget to …" comes from sentences that other rules read.
    if verb.is(&["forget"]) && (after(rest, &["to"]).is_some() || find(rest, &["not"]).is_some()) {
        return None;
    }
    Some(clause.about(rest, request))
}
