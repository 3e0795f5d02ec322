//! Changing a task: title, description, priority, due date. Absent on purpose: done or not (done.rs).

use super::{
    clause::{Clause, question_word},
    dates,
    pattern::{after, before, eats, find, whole},
    question::{About, Question},
    reference,
    rename::{self, split_at, titled},
    request::{Change, Filter, Request, Which},
    slots,
    split::begins,
    words::{Token, Words, tokens, written},
};
use crate::tasks::values::{Priority, TITLE_CHARACTERS};

const VERBS: &str = "change|set|update|edit|modify|adjust|alter|make|move|push|postpone|reschedule|delay|defer|shift|bump|raise|lower|increase|decrease|reduce|prioritise|prioritize|mark|flag|rename|retitle|relabel|put|bring|give|upgrade|downgrade|schedule|reword|switch|turn|assign|extend|snooze";

/// "Add a note to number 1: …", "set the description of … to …".
pub(super) fn described(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let heads = [
        "add|append|attach|put|write a|the|some|this? note|notes|comment|description|details|detail to|on|for",
        "change|set|update|edit|replace|modify the|its? description|note|notes|details of|for|on|to?",
    ];
    let rest = after(words, &heads)?;
    let (at, count) = find(rest, &[":", "to|saying|that|as|says|with :?"])?;
    // "Set the description to …" is about what was talked about.
    let description = written(clause.text, &rest[at + count..]);
    let which = if at == 0 { Vec::new() } else { rest[..at].to_vec() };
    if !description.chars().any(char::is_alphanumeric) {
        return None;
    }
    let change = Change { description: Some(description), ..Change::default() };
    Some(about(clause, &which, change, at == 0))
}

/// Everything else that changes a task.
pub(super) fn read(clause: &Clause) -> Option<Request> {
    undated(clause).or_else(|| rename::read(clause)).or_else(|| changed(clause)).or_else(|| stated(clause))
}

pub(super) fn request(change: Change) -> Request {
    Request::Update { which: Which::All(Filter::default()), change }
}

/// A change of these tasks; none said may mean "it".
pub(super) fn about(clause: &Clause, words: &[&Token], change: Change, it: bool) -> Request {
    if change.title.as_ref().is_some_and(|title| title.chars().count() > TITLE_CHARACTERS) {
        return Request::Clarify(Question::new(About::LongTitle));
    }
    if it && words.iter().all(|token| token.is_sign()) {
        let it = tokens("it");
        return clause.about(&it.iter().collect::<Words>(), request(change));
    }
    clause.about(words, request(change))
}

/// "Remove the due date from …".
fn undated(clause: &Clause) -> Option<Request> {
    let heads = [
        "remove|clear|delete|drop|unset|erase|cancel|take the|any|its|all? due? date|dates|deadline|deadlines from|of|for|on|off?",
        "take the|its? deadline|date off",
    ];
    let rest = after(&clause.words, &heads)?;
    Some(about(clause, rest, Change { due_at: Some(None), ..Change::default() }, true))
}

/// "Move … to Friday", "set the priority of … to high", "change … to …".
fn changed(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let rest = after(words, &[VERBS])?;
    let verb = words[0].word.as_str();
    // "Give me all tasks with low priority" asks for a list.
    if eats(rest, "me|us").is_some() {
        return None;
    }
    let rest = after(rest, &["back|forward|out|up"]).unwrap_or(rest);
    let field = [
        "the|its|their? priority|importance|level|urgency of|for|on?",
        "a|an|the|its|their|new? due? deadline|date|time of|for|on|to?",
        "a|an|the|its? due date? of|for|on?",
    ];
    let named = after(rest, &field);
    let rest = named.unwrap_or(rest);
    let moves =
        matches!(verb, "postpone" | "snooze" | "delay" | "push" | "defer" | "extend" | "shift" | "move" | "bump");
    if moves && let Some(at) = span(rest) {
        let question = |which| Question::for_request(About::NewDate, request(Change::default()).about(which));
        return Some(Request::Clarify(reference::which(&rest[..at], clause).map_or_else(Question::new, question)));
    }
    let parts = values(rest, clause);
    let (which, mut change, left) = match parts {
        Ok(parts) => parts,
        Err((date, which)) => {
            let which = reference::which(&which, clause).ok()?;
            return Some(Request::Clarify(Question::for_request(date, request(Change::default()).about(which))));
        }
    };
    if change.priority.is_none() && named.is_some_and(|_| eats(&words[1..], "the|its|their? priority").is_some())
        || change.is_empty()
    {
        change.priority = change.priority.or(match verb {
            "raise" | "increase" | "prioritise" | "prioritize" | "upgrade" | "bump" => Some(Priority::High),
            "lower" | "decrease" | "reduce" | "downgrade" => Some(Priority::Low),
            _ => None,
        });
    }
    let renames =
        matches!(verb, "change" | "edit" | "update" | "modify" | "alter" | "switch" | "turn") && named.is_none();
    if renames && !left.is_empty() {
        return Some(titled(clause, &which, &left));
    }
    if change.is_empty() {
        return nothing_said(clause, verb, &which);
    }
    // "Make a cake tomorrow" and "put the washing out on Friday" are things to do.
    let of_the_list = moves || matches!(verb, "reschedule" | "prioritise" | "prioritize");
    if !of_the_list
        && change.priority.is_none()
        && named.is_none()
        && !reference::is_plain(&which, clause)
        && find(rest, &["due|deadline"]).is_none()
        && !(matches!(verb, "set" | "change" | "update" | "edit" | "switch") && find(rest, &["to"]).is_some())
    {
        return None;
    }
    Some(about(clause, &which, change, named.is_some()))
}

/// A verb and perhaps a task, but nothing that changes.
fn nothing_said(clause: &Clause, verb: &str, which: &[&Token]) -> Option<Request> {
    let sure = matches!(
        verb,
        "change"
            | "update"
            | "edit"
            | "modify"
            | "adjust"
            | "alter"
            | "postpone"
            | "snooze"
            | "reschedule"
            | "delay"
            | "defer"
    );
    if !sure && !reference::is_plain(which, clause) {
        return None;
    }
    let later = matches!(
        verb,
        "postpone" | "snooze" | "reschedule" | "delay" | "defer" | "move" | "push" | "shift" | "bump" | "extend"
    );
    let what = if later { About::NewDate } else { About::Change };
    let question = match reference::which(which, clause) {
        Ok(which) => Question::for_request(what, request(Change::default()).about(which)),
        Err(about) => Question::for_request(about, request(Change::default())),
    };
    Some(Request::Clarify(question))
}

/// Where "by a week" or "two days" begins at the end of the words: from which date is not known here.
fn span(words: &[&Token]) -> Option<usize> {
    let units = "minute|minutes|min|hour|hours|day|days|week|weeks|month|months|year|years";
    let patterns = [
        format!("by|back|forward|for|another? by|another? a|an|one|half? couple|few? of? {units} more|later|back?"),
        format!("by|back|forward|for? by? * more? {units} more|later|back?"),
    ];
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let at = (1..words.len()).find(|at| whole(&words[*at..], &patterns))?;
    (!words[at - 1].is(&["in", "to", "within", "next", "this", "until", "last", "of", "end"])).then_some(at)
}

/// Which tasks, what changes, and words behind "to" that are neither date nor priority.
type Values<'t> = (Words<'t>, Change, Words<'t>);

fn values<'t>(words: &[&'t Token], clause: &Clause) -> Result<Values<'t>, (About, Words<'t>)> {
    // What stands before the last "to" names the task, and a date in its name is none of ours.
    let joint = words.iter().rposition(|token| token.is(&["to", "until", "till", "for", "as"]) || token.word == ":");
    let joint = joint.filter(|at| *at > 0).filter(|at| {
        let behind = &words[at + 1..];
        let due = dates::due(behind, &clause.clock);
        due.at.is_some() || due.unclear.is_some() || slots::level(behind).is_some()
    });
    let joint = joint
        .or_else(|| words.iter().position(|token| token.is(&["to", "into"]) || token.word == ":").filter(|at| *at > 0));
    let (which, value, all) = match joint {
        Some(at) => (words[..at].to_vec(), words[at..].to_vec(), false),
        None => (Vec::new(), words.to_vec(), true),
    };
    let value: Words = match value.split_first() {
        Some((first, rest)) if first.is(&["to", "as", "into"]) || first.word == ":" => rest.to_vec(),
        _ => value,
    };
    let due = dates::due(&value, &clause.clock);
    if let Some(about) = due.unclear {
        let kept = value.iter().zip(&due.cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token);
        return Err((about, if all { kept.filter(|token| !token.is(&["to", "due"])).collect() } else { which }));
    }
    let mut cut = due.cut;
    let kept: Vec<usize> = (0..value.len()).filter(|index| !cut[*index]).collect();
    let undated: Words = kept.iter().map(|index| value[*index]).collect();
    let priority = (0..undated.len()).find_map(|at| {
        let (count, level) = slots::level(&undated[at..])?;
        let alone = all && at == 0 && !undated.get(count).is_some_and(|next| next.is(&["for", "on", "to"]));
        let quoted = undated[at..at + count].iter().any(|token| token.quoted.is_some());
        let only = !alone || undated.len() == count;
        (!quoted && only).then_some((at, count, level))
    });
    let mut change = Change { due_at: due.at.map(Some), ..Change::default() };
    if let Some((at, count, level)) = priority {
        // "To call the important client" is a title, not a level.
        let rest = undated.len() - count;
        let filler = |token: &&&Token| {
            token.is_sign() || eats(&[**token], "to|be|and|due|the|as|with|on|for|by|priority|it|is|a").is_some()
        };
        let others =
            undated.iter().enumerate().filter(|(index, _)| *index < at || *index >= at + count).map(|(_, token)| token);
        if all || rest == 0 || others.clone().all(|token| filler(&token)) {
            change.priority = Some(level);
            for index in &kept[at..at + count] {
                cut[*index] = true;
            }
        }
    }
    let left: Words = value.iter().zip(&cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    let empty = |token: &&Token| {
        token.is_sign() || eats(&[*token], "to|be|and|due|the|as|with|on|for|by|priority|it|is|a|deadline").is_some()
    };
    if all {
        let last = ["to|and|due|as|with|on|for|by|be|priority|:|,|a|an|is"];
        let mut which: &[&Token] = &left;
        while let Some(rest) = before(which, &last) {
            which = rest;
        }
        return Ok((which.to_vec(), change, Vec::new()));
    }
    if left.iter().all(empty) {
        return Ok((which, change, Vec::new()));
    }
    // Words are left: the value is a title, dates and levels in it included.
    Ok((which, Change::default(), value))
}

/// "Task 3 is due tomorrow", "the first one is urgent", "number 2: high priority".
fn stated(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    if question_word(words) || begins(words) {
        return None;
    }
    let its = after(words, &["it's|that's"]);
    let (which, value) = match its {
        Some(value) => (Vec::new(), value),
        None if let Some(at) = words
            .iter()
            .position(|token| token.is(&["due"]))
            .filter(|at| reference::is_plain(&words[..*at], clause)) =>
        {
            (words[..at].to_vec(), &words[at..])
        }
        None => {
            let (which, value) =
                split_at(words, &["is|are|has|have|needs|should|must|can to? be? now|really|very|only|moved?", ":|,"])?;
            (which.to_vec(), value)
        }
    };
    // "The deadline of number 1 is 20 March" is about number 1.
    let which = after(&which, &["the? due? deadline|date|priority for|of|on"]).map(<[&Token]>::to_vec).unwrap_or(which);
    if its.is_none() && which.is_empty() || value.is_empty() {
        return None;
    }
    // "Tasks due this week" is a list.
    if matches!(reference::which(&which, clause), Ok(Which::All(_))) {
        return None;
    }
    let due = dates::due(value, &clause.clock);
    let left: Words = value.iter().zip(&due.cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    let mut change = Change { due_at: due.at.map(Some), ..Change::default() };
    let level = slots::level(&left);
    change.priority = level.map(|(_, level)| level);
    let left = &left[level.map_or(0, |(count, _)| count)..];
    let filler =
        left.iter().all(|token| token.is_sign() || eats(&[*token], "due|and|to|by|on|a|the|with|now").is_some());
    let plain = its.is_some()
        || reference::is_plain(&which, clause)
        || find(value, &["due|priority"]).is_some() && !whole(&which, &["todo|task|new"]);
    let colon = words.get(words.len() - value.len() - 1).is_some_and(|token| token.is_sign());
    if !filler || change.is_empty() || !plain || colon && !reference::is_plain(&which, clause) {
        return None;
    }
    Some(about(clause, &which, change, its.is_some()))
}
