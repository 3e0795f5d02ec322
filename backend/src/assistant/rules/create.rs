//! New tasks: said outright ("add …"), wrapped ("I must not forget to …") or implied ("buy milk tomorrow"). Absent on
//! purpose: repeating tasks, which are refused.

use super::{
    clause::{Clause, polite, question_word},
    dates,
    pattern::{after, before, eats, find},
    question::{About, Question, Refusal},
    request::Request,
    slots,
    words::{Token, Words, written},
};
use crate::tasks::values::{Priority, TITLE_CHARACTERS};

/// Verbs of things to do.
pub(super) const CHORES: &str = "buy|get|call|phone|ring|pay|pick|clean|wash|water|walk|feed|fix|repair|write|read|study|learn|practice|practise|book|prepare|cook|bake|visit|meet|ask|email|e-mail|text|send|submit|file|review|renew|return|print|organise|organize|plan|iron|mow|vacuum|do|go|take|bring|collect|drop|install|replace|test|change|charge|order|register|sign|sort|pack|paint|plant|empty|fill|build|draft|invoice|backup|back|research|arrange|attend|contact|reply|respond|answer|apply|finish|complete|check|close|make|clear|throw|wipe|bin|scrap";

/// Openings behind which everything is a title.
const WRAPPERS: &[&str] = &[
    "remind me|us again? to|about|that|of? i? need|have|must|should? to?",
    "remind me|us",
    "reminder to|about|for|: :?",
    "remember|memo to :?",
    "remember :",
    "i|we must|can|should|may not|never forget to|about|that?",
    "i|we mustn't|can't|cannot|shouldn't|don't forget to|about|that?",
    "i|we don't want to forget to|about|that?",
    "do not|never? forget to|about|that?",
    "don't forget to|about|that?",
    "don't let me|us forget to|about|that?",
    "do not let me|us forget to|about|that?",
    "make sure i|that|to i? to|remember|don't? to? forget? to?",
    "i|we still|also|really? need|have|got|ought still|also? to",
    "i've|we've got to",
    "need|have|got|ought to",
    "gotta|must",
    "note :",
    "i|we still|also|really? must|should|gotta|shall",
    "i'd|i|we better",
    "i|we had better",
    "i'm|we're supposed to",
    "note to self :?",
    "make a? note to|of|about|that :?",
    "make a? note :",
    "jot|write|note|put down :? that|to?",
    "don't let me miss",
];

/// Verbs and articles before "task".
const NEW: &[&str] = &[
    "open a|an|another new?",
    "add|create|make|start|insert|enter|register|record|set|put|give|write|log|schedule|plan|save up? me|us|in? a|an|the|another|one|some|my|these|following? two|three|four|five|six|2|3|4|5|6|few? brand? new|following? personal?",
    "new|another",
    "a|an new|another?",
    "i need|have|got a|an|another new?",
    "there's|there is a|an|another new?",
];
const NOUN: &[&str] = &["task|tasks|todo|todos|item|items|entry|reminder|reminders|note item|items|task|entry?"];
/// Words between "task" and its title.
const LINK: &[&str] = &[
    "to|on|in my|the todo? list ,|:|-|–? to|for|called|named?",
    "with|and the? title|name of|is|:? :?",
    "called|named|titled|saying|labelled|labeled :?",
    "that|which says|reads|is|called|named named|called? :?",
    "for|about|that|so? i|me|us? need|have|must|should|can|remember? to :?",
    "to|for|about|:|-|–|—|, me|us? :?",
];
/// Verbs that mean a new task without the noun.
const OUTRIGHT: &[&str] = &[
    "schedule|plan a|an|the",
    "add|create|insert|enter|schedule|log",
    "task|todo|item :|-|–",
    "new :",
    "todo",
    "task to|for",
];
/// What may follow a title and says only where it goes.
const PLACE: &[&str] = &[
    "on|to|in|onto|into my|the|our? todo? list|tasks|todos|agenda",
    "on|to|in|onto|into my|the|our? list of tasks|todos",
    "as a|an new? task|todo|item|reminder",
    "down",
    "please|thanks|thx",
    "thank you",
    "for me",
];

/// A new task that is asked for in so many words.
pub(super) fn asked_for(clause: &Clause) -> Option<Request> {
    let (due, words) = without_date(clause, &clause.words);
    let mut level = None;
    let title = match wrapped(&words) {
        Some(title) => title,
        None => outright(&words, &mut level)?,
    };
    Some(finished(clause, title, due, level))
}

/// "I need to delete number 3" asks for it to be deleted, "I have to delete old files" does not.
pub(super) fn command<'w, 't>(words: &'w [&'t Token], clause: &Clause) -> Option<&'w [&'t Token]> {
    let inner = after(words, &["i|we? still|also|really? need|have|want|must|should|got to?"])?;
    let about_the_list = eats(inner, "see|know|add|create|search|reschedule|postpone|reopen").is_some();
    let about_a_task = eats(inner, "delete|remove|complete|mark|rename|update|change|move|set").is_some()
        && (1..inner.len().min(8)).any(|end| super::reference::is_plain(&inner[1..=end], clause));
    (about_the_list || about_a_task).then_some(inner)
}

/// A sentence without any verb that the engine knows: a chore, or something with a date.
pub(super) fn implied(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    if question_word(words) || words.is_empty() {
        return None;
    }
    let (due, rest) = without_date(clause, words);
    let dated = due.at.is_some() || due.unclear.is_some();
    let mut cut = vec![false; rest.len()];
    let level = slots::priority(&rest, &mut cut);
    let bare: Words = rest.iter().zip(&cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    let bare = trimmed(&bare);
    let chore = eats(bare, CHORES).is_some() && bare.len() > 1;
    let says =
        bare.iter().any(|token| !token.is_sign() && !token.is(&["it", "that", "them", "this", "for", "on", "the"]));
    // "I have a meeting on Friday" is called "Meeting".
    let rest = if dated {
        after(&rest, &["i|we have|got a|an|my|the", "there's|there is a|an"]).unwrap_or(&rest)
    } else {
        &rest
    };
    (says && (chore || dated || level.is_some() && bare.len() > 1)).then(|| finished(clause, rest, due, None))
}

/// A task whose whole text is its title, but for date and priority.
pub(super) fn titled(clause: &Clause, words: &[&Token]) -> Request {
    let (due, words) = without_date(clause, words);
    finished(clause, &words, due, None)
}

fn without_date<'a>(clause: &Clause, words: &[&'a Token]) -> (dates::Due, Words<'a>) {
    let due = dates::due(words, &clause.clock);
    let kept = words.iter().zip(&due.cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    (due, kept)
}

fn wrapped<'w, 't>(words: &'w [&'t Token]) -> Option<&'w [&'t Token]> {
    let words = polite(words);
    let mut level_before = vec![false; words.len()];
    // "Urgent: remind me to …" keeps its priority for later: only the wrapper is looked for behind it.
    let _ = slots::priority(words, &mut level_before);
    let start = level_before.iter().take_while(|cut| **cut).count();
    let rest = after(&words[start..], &[":|,|-"]).unwrap_or(&words[start..]);
    let rest = polite(rest);
    if start > 0 { None } else { after(rest, WRAPPERS) }
}

fn outright<'w, 't>(words: &'w [&'t Token], level: &mut Option<Priority>) -> Option<&'w [&'t Token]> {
    let words = polite(words);
    let noun = NEW.iter().find_map(|pattern| {
        let rest = after(words, &[pattern])?;
        let leveled = slots::level(rest).filter(|(count, _)| after(&rest[*count..], NOUN).is_some());
        let rest = leveled.map_or(rest, |(count, _)| &rest[count..]);
        let rest = after(rest, &["new"]).unwrap_or(rest);
        let rest = after(rest, NOUN)?;
        *level = leveled.map(|(_, level)| level);
        Some(rest)
    });
    // "Make task 1 urgent" changes a task.
    let number = |token: &&Token| token.word.trim_start_matches('#').starts_with(|c: char| c.is_ascii_digit());
    if let Some(rest) = noun
        && !(rest.first().is_some_and(number)
            && find(&words[..words.len() - rest.len()], &["a|an|new|another"]).is_none())
    {
        return Some(after(rest, LINK).unwrap_or(rest));
    }
    if noun.is_some() {
        return None;
    }
    if let Some(rest) = after(words, OUTRIGHT) {
        return Some(after(rest, &[":|-|–"]).unwrap_or(rest));
    }
    // "Put eggs on my list": the place is what makes it a task.
    let put = after(words, &["put|get|write|note|place|throw|stick|have"])?;
    before(put, &PLACE[..2]).or_else(|| before(put, &["down"])).or_else(|| {
        let (at, _) = find(put, &["on|to|in|onto my|the todo? list", "down for|on|at|by?"])?;
        (at > 0).then_some(put)
    })
}

/// Title, description and priority from what is left; then the checks.
fn finished(clause: &Clause, words: &[&Token], due: dates::Due, level: Option<Priority>) -> Request {
    if repeats(&clause.words) {
        return Request::Clarify(Question::new(About::Refused(Refusal::Repeating)));
    }
    let (words, description) = described(clause, words);
    let mut cut = vec![false; words.len()];
    let priority = slots::priority(words, &mut cut).or(level);
    let kept: Words = words.iter().zip(&cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    let title = title(clause, &kept);
    let due_at = due.at;
    let request = |title: String| Request::Create { title, description: description.clone(), priority, due_at };
    if title.is_empty() {
        return Request::Clarify(Question::for_request(About::Title, request(title)));
    }
    if title.chars().count() > TITLE_CHARACTERS {
        return Request::Clarify(Question::for_request(About::LongTitle, request(String::new())));
    }
    match due.unclear {
        Some(about) => Request::Clarify(Question::for_request(about, request(title))),
        None => request(title),
    }
}

/// "…, description: …", "… with the note that …".
fn described<'w, 't>(clause: &Clause, words: &'w [&'t Token]) -> (&'w [&'t Token], Option<String>) {
    let patterns = [
        ",|-|.|( description|details|note|notes :",
        ",|( with|and a|the|as? description|details|note|notes of|that|saying|:? :?",
        "and description|details :? :?",
        "with a|the? description|details|note of|that|saying|:? :?",
    ];
    match find(words, &patterns) {
        Some((at, count)) if at > 0 && at + count < words.len() => (
            &words[..at],
            Some(written(clause.text, before(&words[at + count..], &[")"]).unwrap_or(&words[at + count..]))),
        ),
        _ => (words, None),
    }
}

/// The title from what is left of the sentence: a quotation as it stands, anything else with a capital letter.
fn title(clause: &Clause, words: &[&Token]) -> String {
    let words = trimmed(words);
    let quoted: Vec<&Token> = words.iter().copied().filter(|token| token.quoted.is_some()).collect();
    let place = |rest: &[&Token]| {
        rest.iter().all(|token| {
            token.is_sign()
                || eats(&[token], "on|to|in|my|the|list|task|called|named|a|down|for|due|by|and|it|todo").is_some()
        })
    };
    if let [one] = quoted.as_slice()
        && let Some(inside) = &one.quoted
        && place(&words.iter().copied().filter(|token| token.quoted.is_none()).collect::<Words>())
    {
        return written(inside, &super::words::tokens(inside).iter().collect::<Words>());
    }
    let text = written(clause.text, words);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if words[0].quoted.is_none() => first.to_uppercase().chain(letters).collect(),
        _ => text,
    }
}

/// Without signs and empty words at the edges.
fn trimmed<'w, 't>(words: &'w [&'t Token]) -> &'w [&'t Token] {
    let signs = ".|,|;|:|!|-|–|—|*|•|+|=|/|…|_|~|?";
    let mut words = words;
    loop {
        let rest = after(words, &[signs, "to|that|and|then"]).filter(|rest| rest.len() < words.len());
        let rest = rest.or_else(|| before(words, &[signs, "and|by|due|on|at|for|with|until|to|the|is"]));
        let rest = rest.or_else(|| before(words, PLACE));
        match rest {
            Some(rest) => words = rest,
            None => return words,
        }
    }
}

fn repeats(words: &[&Token]) -> bool {
    let patterns = [
        "every|each second|other|single|two|three|four|few|2|3|4? day|days|night|morning|evening|afternoon|week|weeks|weekday|weekdays|month|months|year|years|hour|hours|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday",
        "on mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekdays",
        "once|twice a|per day|week|month|year",
    ];
    let at_end = ["daily|weekly|monthly|yearly|annually|everyday"];
    find(words, &patterns).is_some() || before(trimmed(words), &at_end).is_some_and(|rest| !rest.is_empty())
}
