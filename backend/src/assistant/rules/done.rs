//! Ticking off and reopening. Absent on purpose: moving and renaming (update.rs).

use super::{
    clause::{Clause, question_word},
    create, dates,
    pattern::{after, before, eats, find, whole},
    reference,
    request::{Filter, Request, Which},
    split::begins,
    words::Token,
};

const DONE: &str = "done|completed|complete|finished|ready|over|closed";

/// "Tick off number 3", "I have finished …", "… is done", "reopen …".
pub(super) fn read(clause: &Clause) -> Option<Request> {
    reopened(clause).or_else(|| completed(clause))
}

fn request(completed: bool) -> Request {
    Request::Complete { which: Which::All(Filter::default()), completed }
}

fn reopened(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let verbs = [
        "reopen|un-complete|un-check|un-tick|uncheck|untick|unmark|uncomplete|re-open|reactivate|restore",
        "open|undo the? completion? of?",
    ];
    let rest = after(words, &verbs[..1]).or_else(|| {
        let rest = after(words, &["open"])?;
        before(rest, &["again"])
    });
    if let Some(rest) = rest {
        return Some(clause.about(rest, request(false)));
    }
    let open = [
        "as|to|is|are|isn't|aren't|was|wasn't|it's|that's not still? yet? done|completed|complete|finished|ticked|ready yet|again|after? all?",
        "isn't|aren't|wasn't yet? done|completed|complete|finished|ready yet?",
        "as|to|back still? undone|open|pending|incomplete|unfinished|todo|active|uncompleted again?",
        "is|are still open|pending|unfinished|incomplete",
        "as|to|back? to? to do",
    ];
    if let Some(rest) = after(words, &["mark|set|flag|put|change|move|switch|turn"]) {
        let (at, count) = find(rest, &open)?;
        return (at + count == rest.len()).then(|| clause.about(&rest[..at], request(false)));
    }
    if whole(words, &["it's|that's not yet? done|finished|complete yet?"]) {
        return Some(clause.about(&words[..0], request(false))).map(|_| it(clause, false));
    }
    if question_word(words) || begins(words) {
        return None;
    }
    let (at, count) = find(words, &open)?;
    (at > 0 && at + count == words.len()).then(|| clause.about(subject(&words[..at]), request(false)))
}

fn completed(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    if let Some(rest) = after(words, &["mark|set|flag|put|change|move|turn|get"]) {
        let as_done = [format!("as|to? {DONE} now|already?")];
        let as_done: Vec<&str> = as_done.iter().map(String::as_str).collect();
        // "Mark as done the second one" and "mark the second one as done".
        if let Some(rest) = after(rest, &["as done|completed|complete|finished"]) {
            return Some(clause.about(rest, request(true)));
        }
        return before(rest, &as_done).map(|rest| clause.about(rest, request(true)));
    }
    let verbs = [
        "tick|check|cross|strike off|out",
        "complete|tick|check|finish|close|finalise|finalize",
        "done|finished|completed with?",
        "i'm|we're now|already|finally? done|finished|through|ready with?",
        "i|we am|are now|already|finally? done|finished|through|ready with?",
        "i've|i|we've|we have? now|already|just|finally? finished|completed|done|did|closed",
        "cross",
    ];
    if let Some(rest) = after(words, &verbs) {
        // "Check the oven" is something to do, "check off the oven" and "check number 1" are not.
        if eats(words, "check|close").is_some()
            && eats(words, "check off|out").is_none()
            && before(rest, &["off|out"]).is_none()
            && !reference::is_plain(rest, clause)
        {
            return None;
        }
        // "Finish the report by Friday" is something to do.
        let due = dates::due(words, &clause.clock);
        let dated = due.at.is_some() && due.led;
        if words[0].is(&["finish", "complete", "check", "close", "cross", "finalise", "finalize"])
            && dated
            && !reference::is_plain(rest, clause)
        {
            return create::implied(clause);
        }
        if words[0].is(&["cross"]) && after(words, &["cross off|out"]).is_none() {
            return before(rest, &["off|out", "off|out my|the? todo? list", "off|from my|the todo? list"])
                .map(|rest| clause.about(rest, request(true)));
        }
        return Some(clause.about(rest, request(true)));
    }
    if whole(words, &["it's|that's now|already|all? done|finished|complete|completed now|already?"]) {
        return Some(it(clause, true));
    }
    if subject(words).len() == words.len()
        && let Some(rest) = told(words)
    {
        return Some(clause.about(rest, request(true)));
    }
    if question_word(words) || begins(words) {
        return None;
    }
    if let Some(rest) = before(words, &["already? done|completed|finished|complete now|already?"])
        && reference::is_plain(rest, clause)
    {
        return Some(clause.about(rest, request(true)));
    }
    let statement = [
        "is|are|was|were|has|have been? now|already|finally|all? done|finished|complete|completed|over now|already|too?",
    ];
    let (at, count) = find(words, &statement)?;
    (at > 0 && at + count == words.len()).then(|| clause.about(subject(&words[..at]), request(true)))
}

/// "I bought the milk": the verb is past, so what it is about is done.
fn told<'w, 't>(words: &'w [&'t Token]) -> Option<&'w [&'t Token]> {
    let past = "bought|got|paid|wrote|sent|made|took|went|met|read|fed|cut|swept|rang|spoke|told|gave|brought|built|hung|put|did|ran|sold|taught|drove|wound";
    let other = [
        "wanted", "needed", "liked", "tried", "hoped", "wished", "decided", "planned", "missed", "noticed", "added",
        "asked", "wondered", "used", "failed", "learned", "deleted", "removed", "moved", "loved",
    ];
    let rest = after(words, &["i|we|i've|we've have? already|just|finally|now?"])?;
    let verb = rest.first().filter(|token| token.quoted.is_none() && !token.is(&other))?;
    let is_past = eats(rest, past).is_some() || verb.word.len() > 4 && verb.word.ends_with("ed");
    (is_past && rest.len() > 1).then(|| &rest[1..])
}

/// What "it's done" is about.
fn it(clause: &Clause, completed: bool) -> Request {
    let it = super::words::tokens("it");
    clause.about(&it.iter().collect::<Vec<_>>(), request(completed))
}

/// The last thing said: "I went there, so number 4" is about number 4.
fn subject<'w, 't>(words: &'w [&'t Token]) -> &'w [&'t Token] {
    let joints = [", so|and|therefore|because?", "so"];
    let last = (0..words.len())
        .rev()
        .find_map(|at| joints.iter().find_map(|pattern| eats(&words[at..], pattern)).map(|count| at + count));
    last.map_or(words, |from| &words[from..])
}
