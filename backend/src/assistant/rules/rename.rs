//! Giving a task another title. Absent on purpose: whether the words behind "to" are a title at all (update.rs).

use super::{
    clause::{Clause, question_word},
    pattern::{after, before, find},
    question::{About, Question},
    reference,
    request::{Change, Request},
    update::{about, request},
    words::{Token, written},
};

/// "Rename … to …", "call task 4 …", "… should be called …".
pub(super) fn read(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let title = "title|name|wording|text";
    let heads = [
        "rename|retitle|relabel|reword the? task? title|name? of?".to_owned(),
        format!("change|set|edit|update|modify|make|replace the|its? {title} of|for|on?"),
    ];
    let patterns: Vec<&str> = heads.iter().map(String::as_str).collect();
    if let Some(rest) = after(words, &patterns) {
        // "rename the task about tax to …" must not lose its "task".
        let rest = if after(words, &patterns[1..]).is_some() { rest } else { &words[1..] };
        let rest = after(rest, &["the? title|name of"]).unwrap_or(rest);
        let link = split_at(rest, &["to|into|as|with :?", ":", "-|–|=> >?", "so that it? says|reads :?", "becomes|be"]);
        let Some((which, new)) = link else {
            let unfinished = request(Change::default());
            return Some(match reference::which(rest, clause) {
                Ok(which) => Request::Clarify(Question::for_request(About::Change, unfinished.about(which))),
                Err(about) => Request::Clarify(Question::new(about)),
            });
        };
        return Some(titled(clause, which, new));
    }
    if let Some(rest) = after(words, &["call|name|title"]) {
        let (which, new) = rest.split_at_checked(rest.iter().rposition(|token| token.quoted.is_some())?)?;
        return (!which.is_empty() && reference::is_plain(which, clause)).then(|| titled(clause, which, new));
    }
    if let Some(rest) = after(words, &["change|edit|update|modify|set"])
        && let Some((which, new)) = split_at(rest, &[":|,? new? title|name to|is|as|=|:? :?"])
        && !which.is_empty()
    {
        return Some(titled(clause, which, new));
    }
    if question_word(words) {
        return None;
    }
    let (which, new) =
        split_at(words, &["should|must|shall|will|needs|has now? to? be? called|named|titled|say|read :?"])?;
    (!which.is_empty() && !new.is_empty()).then(|| titled(clause, which, new))
}

/// The request to give the tasks this title.
pub(super) fn titled(clause: &Clause, which: &[&Token], new: &[&Token]) -> Request {
    let new = before(new, &[".|!|,", "instead|please"]).filter(|rest| !rest.is_empty()).unwrap_or(new);
    let title = match new {
        [one] => one.quoted.clone().unwrap_or_else(|| written(clause.text, new)),
        _ => written(clause.text, new),
    };
    let which = after(which, &["of|for"]).unwrap_or(which);
    if !title.chars().any(|c| !c.is_whitespace()) {
        return about(clause, which, Change::default(), true);
    }
    about(clause, which, Change { title: Some(capital(&title, new)), ..Change::default() }, true)
}

/// A title begins with a capital letter unless it was quoted.
fn capital(title: &str, words: &[&Token]) -> String {
    let mut letters = title.chars();
    match letters.next() {
        Some(first) if words.first().is_none_or(|token| token.quoted.is_none()) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

/// The words before and behind the first place that fits.
pub(super) fn split_at<'w, 't>(
    words: &'w [&'t Token],
    patterns: &[&str],
) -> Option<(&'w [&'t Token], &'w [&'t Token])> {
    let (at, count) = find(words, patterns)?;
    Some((&words[..at], &words[at + count..]))
}
