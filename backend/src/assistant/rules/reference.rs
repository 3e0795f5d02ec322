//! Which tasks a sentence means: "#3", "the second one", "it", "all completed tasks", words of a title. Absent on purpose:
//! looking titles up among all tasks (pick.rs).

use uuid::Uuid;

use super::{
    clause::Clause,
    dates::{self, names},
    pattern::{after, before, eats, find, whole},
    pick::sure,
    question::About,
    request::{Filter, Focus, Known, Request, Status, Which},
    slots,
    words::{Token, written},
};

/// Words that say only that a task is meant.
const NOUNS: &str =
    "task|tasks|todo|todos|item|items|entry|entries|reminder|reminders|one|ones|thing|things|task's|item's|one's";

/// Reads a reference that fills these words.
pub(super) fn which(words: &[&Token], clause: &Clause) -> Result<Which, About> {
    let words = trimmed(words);
    if words.is_empty() {
        return Err(About::Which);
    }
    if let Some(which) = pronoun(words, clause) {
        return which;
    }
    if let Some(id) = id(words) {
        return Ok(Which::Id(id));
    }
    if let Some(numbers) = numbers(words, clause.context.focus.list.len()) {
        return tasks(&numbers, &clause.context.focus.list).map(Which::Tasks);
    }
    if let Some(all) = all(words, clause) {
        return all.map(Which::All);
    }
    title(words, clause)
}

/// Tasks of the last list by number or ordinal, if the words are that and nothing else.
pub(super) fn place(words: &[&Token], clause: &Clause) -> Option<Result<Vec<Known>, About>> {
    // "One second" is no second one.
    if whole(words, &["just? a|one second|sec|moment|minute"]) {
        return None;
    }
    let list = &clause.context.focus.list;
    numbers(trimmed(words), list.len()).map(|numbers| tasks(&numbers, list))
}

/// The words of a title in a reference: "the dentist one" without its article and noun.
pub(super) fn words_of_title(words: &[&Token], clause: &Clause) -> Option<String> {
    match title(trimmed(words), clause) {
        Ok(Which::Title(wanted)) => Some(wanted),
        Ok(Which::Tasks(known)) => known.first().map(|known| known.title.clone()),
        _ => None,
    }
}

/// Whether these words are a reference that no title would be: a number, a pronoun, "the … one", all tasks.
pub(super) fn is_plain(words: &[&Token], clause: &Clause) -> bool {
    let words = trimmed(words);
    pronoun(words, clause).is_some()
        || id(words).is_some()
        || numbers(words, clause.context.focus.list.len()).is_some()
        || all(words, clause).is_some()
        || words.len() > 1
            && words.last().is_some_and(|last| last.is(&["one", "task", "todo", "item", "thing", "reminder"]))
        || after(words, &["the? task|todo|item about|called|named|titled|with"]).is_some()
        || matches!(words, [one] if one.quoted.is_some())
}

fn trimmed<'w, 't>(words: &'w [&'t Token]) -> &'w [&'t Token] {
    let noise = [
        "from|off|on|in my|the todo? list",
        "from|off|on|in my|the tasks|todos",
        "from|off it",
        "off",
        "anymore|already|now|yet|too|please|again|instead|afterwards|forward|back|ahead",
        "any more",
        ".|,|!|?|:|-|–|—",
    ];
    let mut words = words;
    while let Some(rest) = before(words, &noise) {
        words = rest;
    }
    while let Some(rest) = after(words, &[".|,|!|?|:|-|–|—", "off|up|out|also|just|about|of|with|for|please"]) {
        words = rest;
    }
    words
}

/// "it", "those", "all of them", "both".
fn pronoun(words: &[&Token], clause: &Clause) -> Option<Result<Which, About>> {
    let patterns = [
        "it|that|this|them|those|these",
        "that|this|the same task|one|item|todo",
        "those|these|the same|two|three? tasks|ones|items|todos",
        "them all|both",
        "it|that all",
        "all|both of them|those|these|it|that",
    ];
    if !whole(words, &patterns) {
        return None;
    }
    if let Some(previous) = clause.previous {
        if let Some(which) = previous.which() {
            return Some(Ok(which.clone()));
        }
        if let Request::Create { title, .. } = previous {
            return Some(Ok(Which::Title(title.clone())));
        }
    }
    let Focus { list, touched } = clause.context.focus;
    // Right after a list nothing was touched yet, and "them" is all of it.
    let several = [
        "those|these|them",
        "those|these|the two|three? tasks|ones|items|todos",
        "them all|both",
        "all|both of them|those|these",
    ];
    let meant = if touched.is_empty() && whole(words, &several) { list } else { touched };
    Some(if meant.is_empty() { Err(About::Which) } else { Ok(Which::Tasks(meant.clone())) })
}

fn id(words: &[&Token]) -> Option<Uuid> {
    let rest = after(words, &["the? task|todo|item? number|no|id? :?"])?;
    let [one] = rest else { return None };
    Uuid::try_parse(one.word.strip_prefix('#').unwrap_or(&one.word)).ok()
}

/// Numbers in the last list, in the order of the sentence, each once; below zero they count from the end.
fn numbers(words: &[&Token], length: usize) -> Option<Vec<i64>> {
    let mut numbers: Vec<i64> = Vec::new();
    let mut at = 0;
    let mut named = false;
    while at < words.len() {
        let rest = &words[at..];
        if let Some((count, more)) = group(rest, length) {
            numbers.extend(more);
            at += count;
            continue;
        }
        if let Some(count) =
            eats(rest, "number|numbers|no|nr|task's|one's|item's|task|tasks|todo|todos|item|items|entry|entries")
                .filter(|n| *n > 0)
        {
            named = true;
            at += count;
            continue;
        }
        if let Some(count) = eats(rest, "the|and|,|.|&|or|plus|my|one|ones|with|#|also").filter(|n| *n > 0) {
            at += count;
            continue;
        }
        let token = rest[0];
        let word = token.word.strip_prefix('#').unwrap_or(&token.word);
        let word = word.strip_suffix("'s").unwrap_or(word);
        let range = word.split_once('-').and_then(|(from, to)| Some((names::number(from)?, names::number(to)?)));
        let (from, mut taken) = match (range, names::number(word), names::ordinal(word)) {
            (Some((from, to)), ..) => {
                numbers.extend(span(from, to)?);
                at += 1;
                continue;
            }
            (_, Some(number), _) | (_, None, Some(number)) => (number, 1),
            _ => return None,
        };
        let digits = word.starts_with(|c: char| c.is_ascii_digit());
        named |= digits || names::ordinal(word).is_some() || named;
        let to = eats(&rest[1..], "to|through|till|until|-|–").filter(|n| *n > 0);
        let end =
            to.and_then(|link| names::number(rest.get(1 + link)?.word.trim_start_matches('#')).map(|n| (link, n)));
        if let Some((link, end)) = end {
            numbers.extend(span(from, end)?);
            taken = 2 + link;
        } else {
            numbers.push(from);
        }
        at += taken;
    }
    named |= numbers.iter().any(|number| *number < 0) || words.len() == 1;
    let mut once: Vec<i64> = Vec::new();
    for number in numbers {
        if !once.contains(&number) {
            once.push(number);
        }
    }
    (!once.is_empty() && (named || group(words, length).is_some())).then_some(once)
}

/// "the first two", "the last one", "the last 3", "the second last".
fn group(words: &[&Token], length: usize) -> Option<(usize, Vec<i64>)> {
    let noun = |from: usize| eats(&words[from.min(words.len())..], &format!("{NOUNS}|on")).unwrap_or(0);
    if let Some(count) = eats(words, "the? second last").or_else(|| eats(words, "the? last but one")) {
        return Some((count + noun(count), vec![-2]));
    }
    let last = eats(words, "the? very? last|bottom|final|latest");
    let first = eats(words, "the? very? first|top");
    let start = last.or(first)?;
    let number = words.get(start).filter(|token| token.word != "one").and_then(|token| names::number(&token.word));
    match (number, last.is_some()) {
        (Some(number @ 2..=100), true) => Some((start + 1 + noun(start + 1), (1..=number).rev().map(|n| -n).collect())),
        (Some(number @ 2..=100), false) => Some((start + 1 + noun(start + 1), (1..=number).collect())),
        (_, true) => {
            let taken = start + noun(start);
            // "The last chapter" is a title.
            (taken > start
                || taken == words.len()
                || length == 0
                || words[taken].is_sign()
                || words[taken].is(&["and"]))
            .then_some((taken, vec![-1]))
        }
        (_, false) => None,
    }
}

/// The numbers from one to the other.
fn span(from: i64, to: i64) -> Option<std::ops::RangeInclusive<i64>> {
    (from <= to && to - from <= 100).then_some(from..=to)
}

fn tasks(numbers: &[i64], list: &[Known]) -> Result<Vec<Known>, About> {
    let of = list.len();
    let known = |number: &i64| {
        let index = if *number < 0 { i64::try_from(of).ok()?.checked_add(*number)? } else { number - 1 };
        list.get(usize::try_from(index).ok()?).cloned()
    };
    numbers.iter().map(|number| known(number).ok_or(About::Number { number: *number, of })).collect()
}

/// "everything", "all completed tasks", "completed tasks".
fn all(words: &[&Token], clause: &Clause) -> Option<Result<Filter, About>> {
    let everything = [
        "everything on|in? my|the? todo? list|tasks?",
        "the|my whole|entire|complete|full todo? list",
        "my|the todo? list",
        "all|every of? the|my? todo? list?",
    ];
    if whole(words, &everything) && !whole(words, &["the", "my"]) {
        return Some(Ok(Filter::default()));
    }
    if whole(words, &["all? the? completed|done|finished"]) {
        return Some(Ok(Filter { status: Some(Status::Completed), ..Filter::default() }));
    }
    let tasks = find(words, &["tasks|todos|items|ones|things|everything|task"])?;
    let quantified = eats(words, "all|every|everything|any|each").is_some();
    let range = dates::range(words, &clause.clock);
    let (due_after, due_before, cut) = match range {
        Ok(range) => range,
        Err(about) => return quantified.then_some(Err(about)),
    };
    let rest: Vec<&Token> = words.iter().zip(&cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    let mut filter = Filter { due_after, due_before, ..slots::filter(&rest) };
    if find(&rest, &["overdue|late"]).is_some() {
        filter = Filter { status: Some(Status::Open), due_before: Some(clause.clock.now), ..filter };
    } else if due_after.is_some() || due_before.is_some() {
        filter.status = filter.status.or(Some(Status::Open));
    }
    let limited = filter != Filter::default();
    let plural = words[tasks.0].word != "task";
    let filler = "all|every|everything|any|each|of|the|my|that|which|is|are|have|has|been|due|and|with|a|an|i|i've|already|still|not|yet|overdue|late|high|highest|low|lowest|medium|normal|top|priority|urgent|important|critical|unimportant|open|pending|unfinished|incomplete|outstanding|remaining|undone|completed|complete|done|finished|ticked|left|to|be|do|active|closed|,";
    let only = rest.iter().all(|token| eats(&[token], filler).is_some() || eats(&[token], NOUNS).is_some());
    (only
        && (quantified && (plural || eats(words, "every|each").is_some())
            || plural && limited
            || whole(words, &["the? my? tasks|todos"])))
    .then_some(Ok(filter))
}

/// Words of a title; "the … one" is looked for in the last list first.
fn title(words: &[&Token], clause: &Clause) -> Result<Which, About> {
    if let [one] = words
        && let Some(quoted) = &one.quoted
    {
        return Ok(Which::Title(quoted.clone()));
    }
    let quoted = words.iter().find_map(|token| token.quoted.clone());
    let about = [
        "the|my|a|any|that? task|todo|item|reminder|entry|one|thing about|for|called|named|titled|regarding|to|of|on|concerning :?",
        "the|my|a|any|that? task|todo|item|reminder|entry|one with the title|name|words|word :?",
        "the|my|a|any|that? task|todo|item|reminder|entry|one that says :?",
        "all of? the|my? tasks|todos|items|reminders|ones|everything about|for|with|on|containing|mentioning|regarding|concerning|named|called :?",
        "everything|anything about|on|regarding|concerning|containing|mentioning|with",
        "the|my|a|any|that? task|todo|item|reminder|entry :?",
    ];
    let rest = after(words, &about).unwrap_or(words);
    let one = words.last().is_some_and(|last| last.is(&["one"])) && after(words, &["the|my|that"]).is_some();
    let rest =
        before(rest, &["task's|item's|task|tasks|todo|todos|item|items|reminder|entry|one|ones|thing"]).unwrap_or(rest);
    let rest = after(rest, &["all? the|my|a|an|that|this|our"]).unwrap_or(rest);
    let wanted = match quoted {
        Some(quoted) if rest.len() <= 2 => quoted,
        _ => written(clause.text, rest),
    };
    let nothing = rest
        .iter()
        .all(|token| token.is(&["number", "task", "tasks", "todo", "item", "list", "one", "the", "a", "my"]));
    if nothing && !words.iter().any(|token| token.quoted.is_some()) || !wanted.chars().any(char::is_alphanumeric) {
        return Err(About::Which);
    }
    if one && let Some(known) = sure(&wanted, &clause.context.focus.list) {
        return Ok(Which::Tasks(vec![known]));
    }
    Ok(Which::Title(wanted))
}
