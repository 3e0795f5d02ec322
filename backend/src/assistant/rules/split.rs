//! Several requests in one message. Absent on purpose: what the parts ask for.

use super::{
    clause::{polite, question_word},
    create::CHORES,
    pattern::{after, eats},
    words::{Token, Words},
};

/// Verbs that begin a request.
const COMMANDS: &str = "add|create|remind|show|list|display|delete|remove|erase|clear|complete|finish|mark|tick|check|uncheck|reopen|rename|change|move|postpone|reschedule|set|update|make|push|search|find|give|tell|drop|cancel|edit|delay|bump|cross|untick|look|count|close|schedule|put|order|send";

/// Cuts a message into the parts that ask for something each.
pub(super) fn parts<'a>(words: &[&'a Token]) -> Vec<Words<'a>> {
    let mut parts: Vec<Words<'a>> = Vec::new();
    let mut part: Words<'a> = Vec::new();
    let several = "add|create|make|new|put a|the|these|those|some|following|my? two|three|four|five|six|2|3|4|5|6|new|few|following? tasks|todos|items|reminders :";
    let list = eats(polite(words), several).is_some();
    let mut at = 0;
    while at < words.len() {
        let cut = if part.is_empty() { None } else { boundary(&part, &words[at..], list) };
        if let Some(count) = cut {
            parts.push(std::mem::take(&mut part));
            at += count;
        }
        if let Some(token) = words.get(at) {
            part.push(token);
        }
        at += 1;
    }
    parts.push(part);
    parts.retain(|part| part.iter().any(|token| !token.is_sign() || token.word == "?"));
    parts
}

/// How many words stand between two requests, if one ends here.
fn boundary(part: &[&Token], rest: &[&Token], list: bool) -> Option<usize> {
    if rest[0].new_line {
        return Some(0);
    }
    let hard = [";", "and then ,?", ", then", "after that ,?", ". then ,?", ", and after that"];
    if let Some(count) = hard.iter().find_map(|pattern| eats(rest, pattern)) {
        return (rest.len() > count).then_some(count);
    }
    if list && let Some(count) = eats(rest, ", and?").or_else(|| eats(rest, "and")) {
        return Some(count);
    }
    if dated(part)
        && let Some(count) = eats(rest, ",|. and?").or_else(|| eats(rest, "and"))
        && eats(polite(&rest[count..]), CHORES).is_some()
    {
        return Some(count);
    }
    let soft = [", and also?", "and also ,?", "and|but|plus|also", ", also?", ".|!|? and|also?"];
    let opening = [
        "actually", "ok", "okay", "please", "hey", "hi", "hello", "thanks", "so", "well", "now", "great", "no", "yes",
        "oh", "sorry",
    ];
    if part.iter().all(|token| token.is_sign() || token.is(&opening)) {
        return None;
    }
    let count = soft.iter().find_map(|pattern| eats(rest, pattern))?;
    let next = &rest[count..];
    let ends = rest[0].is(&[".", "!", "?"]) && rest.get(1).is_some_and(|next| next.start > rest[0].end);
    let splits = if ends || !takes_anything(part) { begins(next) } else { begins_plainly(part, next) };
    splits.then_some(count)
}

/// Whether the part ends with a date, so that a chore behind it is another task.
fn dated(part: &[&Token]) -> bool {
    let Some(last) = part.last() else { return false };
    let names = [
        "today",
        "tomorrow",
        "tonight",
        "week",
        "month",
        "morning",
        "afternoon",
        "evening",
        "noon",
        "weekend",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let word = last.word.as_str();
    let numbers = word.starts_with(|c: char| c.is_ascii_digit());
    let shaped =
        ["am", "pm", "st", "nd", "rd", "th"].iter().any(|ending| word.ends_with(ending)) || word.contains([':', '-']);
    last.is(&names) || numbers && shaped
}

/// Whether a request begins with these words.
pub(super) fn begins(words: &[&Token]) -> bool {
    let words = polite(words);
    eats(words, COMMANDS).is_some()
        || question_word(words)
        || after(
            words,
            &["i|we need|have|must|should|did|finished|want", "don't let? me? forget", "new|statistics|stats|help"],
        )
        .is_some()
}

/// Whether the part is a title that would swallow a verb: anything but a command about tasks that exist.
fn takes_anything(part: &[&Token]) -> bool {
    let part = polite(part);
    let about_tasks = "show|list|display|delete|remove|erase|clear|complete|finish|mark|tick|check|uncheck|reopen|rename|change|move|postpone|reschedule|set|update|push|search|find|edit|bump|cross|untick|count|close|what|what's|which|how";
    eats(part, about_tasks).is_none()
}

/// Whether what follows "and" is a request even behind a title: it names a task that exists, or asks.
fn begins_plainly(part: &[&Token], words: &[&Token]) -> bool {
    let words = polite(words);
    let verb = "delete|remove|complete|finish|mark|tick|check|uncheck|reopen|rename|change|move|postpone|reschedule|set|update|push|make|edit|cross|untick|close";
    let Some(rest) = after(words, &[verb]) else {
        let own = after(polite(part), &["add|create|put"]).is_some() && eats(words, "add|create").is_some();
        return own
            || after(
                words,
                &[
                    "add|create a|an|another|the? new? task|todo|reminder",
                    "remind me",
                    "show|list|display|give me? my|the|all|what|everything|what's|tasks",
                    "what's|what|which|how on|are|is|many|do|tasks",
                ],
            )
            .is_some();
    };
    let rest = after(rest, &["off|the? priority|title|deadline of?"]).unwrap_or(rest);
    let task = |word: &&Token| word.is(&["task", "tasks", "one", "todo", "todos", "item"]);
    let numbered = rest.first().is_some_and(|token| token.word.starts_with(|c: char| c == '#' || c.is_ascii_digit()));
    let it = eats(words, "make|set|mark it|that urgent|important|high|low|medium|due|a?").is_some()
        || eats(words, "make|set|mark it|that to|as|for? urgent|important|high|low|medium|due|priority").is_some();
    numbered
        || it
        || eats(rest, "number|task|tasks").is_some()
        || rest.iter().take(5).any(task)
        || eats(words, "mark * * as").is_some()
}
