//! The scan of a sentence for dates: prepositions, then day and time in either order. Absent on purpose: which of several
//! dates counts (mod.rs).

use super::{
    Clock, Found, Relation, When,
    day::{self, Needs, Reading},
    names, stands,
    time::{self, Clocktime, Part},
};
use crate::assistant::rules::{
    pattern::eats,
    question::About,
    words::{Token, tokens},
};

/// Words that lead to a date. The first that fits counts, so longer ones stand first.
const LEADS: &[(&str, Relation)] = &[
    ("no|not later than", Relation::By),
    ("at the latest by?", Relation::By),
    ("by|until|till|til", Relation::By),
    ("up to", Relation::By),
    ("before", Relation::Before),
    ("earlier than", Relation::Before),
    ("after", Relation::After),
    ("later than", Relation::After),
    ("since|from|starting", Relation::From),
    ("at about|around", Relation::On),
    ("on|at|for|in|around|during|@", Relation::On),
];

/// All dates of a sentence, from left to right, never over each other.
pub(in crate::assistant::rules) fn spans(words: &[&Token], clock: &Clock) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if !may_begin(&words[at].word) {
            at += 1;
            continue;
        }
        let one = || hours(words, at, clock).or_else(|| single(words, at, clock)).map(|one| vec![one]);
        match pair(words, at, clock).or_else(one) {
            Some(more) => {
                at = more.last().map_or(at + 1, |last| last.end);
                found.extend(more);
            }
            None => at += 1,
        }
    }
    found
}

/// Whether any date can begin with the word: a quick no for most words of a sentence.
fn may_begin(word: &str) -> bool {
    const FIRST: &str = "deadline expires expiring with and the a an that which it it's that's is due to be no not at by until till til up before earlier \
        after later since from starting on for in around during @ between today tomorrow overmorrow yesterday tonight \
        day eod eow eom end this next last past previous coming following current over within early beginning start few couple half \
        quarter noon midday lunchtime lunch-time midnight first";
    word.starts_with(|c: char| c.is_ascii_digit())
        || FIRST.split(' ').any(|other| other == word)
        || names::weekday(word).is_some()
        || names::month(word).is_some()
        || names::number(word).is_some()
}

/// "between Monday and Friday", "from 3 March to 5 March".
fn pair(words: &[&Token], start: usize, clock: &Clock) -> Option<Vec<Found>> {
    let lead = eats(&words[start..], "due? between|from")?;
    let mut first = bare(words, start + lead, clock)?;
    let link = eats(&words[first.end..], "and|to|until|till|through|-|–")?;
    let mut last = bare(words, first.end + link, clock)?;
    (first.start, first.relation, first.led) = (start, Relation::From, true);
    (last.start, last.relation, last.led) = (first.end, Relation::By, true);
    Some(vec![first, last])
}

/// "from 5 to 6pm tomorrow": a task for these hours is due when they begin.
fn hours(words: &[&Token], start: usize, clock: &Clock) -> Option<Found> {
    let (taken, time, sure) = time::between(&words[start..])?;
    let (end, when) = with_day(words, start + taken, time, clock);
    // "From 5 to 10" alone may be anything.
    (sure || matches!(when, When::Days { .. })).then_some(Found { start, end, relation: Relation::On, led: true, when })
}

/// A day without anything before it.
fn bare(words: &[&Token], start: usize, clock: &Clock) -> Option<Found> {
    let (taken, reading, _) = day::read(&words[start.min(words.len())..], clock)?;
    let when = match reading {
        Reading::Days { first, after, part } => When::Days { first, after, time: None, part },
        Reading::Unclear(about) => When::Unclear(about),
        _ => return None,
    };
    Some(Found { start, end: start + taken, relation: Relation::On, led: false, when })
}

/// A date with what leads to it.
fn single(words: &[&Token], start: usize, clock: &Clock) -> Option<Found> {
    let (due, relation, lead) = lead(words, start);
    let from = start + due + lead;
    // "in 3 days" and "in the evening" keep their "in".
    let places = [(from, relation), (start + due, None)];
    let places = if lead > 0 { &places[..] } else { &places[..1] };
    places.iter().find_map(|(from, relation)| {
        let led = due > 0 || relation.is_some();
        let found = day_first(words, *from, led, clock)
            .or_else(|| time_first(words, *from, led, clock))
            .or_else(|| nonsense(words, *from, *relation));
        let (end, when) = found?;
        Some(Found { start, end, relation: relation.unwrap_or(Relation::On), led, when })
    })
}

/// "due on", "with a deadline of", "by": how many words of due, which relation, and how many words it has.
fn lead(words: &[&Token], start: usize) -> (usize, Option<Relation>, usize) {
    let rest = &words[start..];
    let due = [
        "with|and? a|the? due date of|on|is|:?",
        "with|and? a|the? deadline of|on|is|:?",
        "and? that|which|it is? due|expires|expiring :?",
        "it's|that's due :?",
        "and? is? due :?",
        "to be done",
    ]
    .iter()
    .find_map(|pattern| eats(rest, pattern))
    .unwrap_or(0);
    let rest = &rest[due..];
    let lead = LEADS.iter().find_map(|(pattern, relation)| eats(rest, pattern).map(|count| (*relation, count)));
    lead.map_or((due, None, 0), |(relation, count)| (due, Some(relation), count))
}

/// "tomorrow", "tomorrow at 5pm", "Friday evening at 8".
fn day_first(words: &[&Token], from: usize, led: bool, clock: &Clock) -> Option<(usize, When)> {
    let (taken, reading, needs) = day::read(&words[from.min(words.len())..], clock)?;
    let mut end = from + taken;
    // "For two weeks from Monday" says how long.
    let length = from.checked_sub(1).is_some_and(|before| words[before].is(&["for"]));
    if length && words[from..end].iter().any(|token| token.is(&["from", "after"])) {
        return None;
    }
    let (first, after, part) = match reading {
        Reading::Days { first, after, part } => (first, after, part),
        Reading::Moment(moment) => return Some((end, When::Moment(moment))),
        Reading::Until(after) => return Some((end, When::Until(after))),
        Reading::Unclear(about) => return stands(needs, led, words, from, end).then_some((end, When::Unclear(about))),
    };
    let (more, mut time, more_part) = time_after(words, end);
    if let Some(clock) = iso_time(&words[from..end]) {
        time = Some(clock);
    }
    // "Sun 5pm" is a day, "in the sun at 5pm" is none.
    let before = from.checked_sub(1).map(|index| words[index]);
    let short = needs == Needs::Preposition && taken == 1 && names::weekday(&words[from].word).is_some();
    let of_a_title = before.is_some_and(|token| token.is(&["the", "a", "an", "my", "our", "i", "we"]));
    let timed = needs == Needs::Edge || short && !of_a_title;
    let needs = if more > 0 && timed { Needs::Nothing } else { needs };
    end += more;
    if let Some(None) = time {
        return Some((end, When::Unclear(About::date(&words[from..], end - from))));
    }
    let part = part.or(more_part);
    stands(needs, led, words, from, end).then_some((end, When::Days { first, after, time: time.flatten(), part }))
}

/// The time in "2026-03-11T17:00".
fn iso_time(words: &[&Token]) -> Option<Option<Clocktime>> {
    let (_, time) = words.first()?.word.split_once('t').filter(|(_, time)| time.contains(':'))?;
    let tokens = tokens(time.get(..5).unwrap_or(time));
    let words: Vec<_> = tokens.iter().collect();
    Some(time::plain(&words).and_then(|(_, time)| time))
}

/// Part of the day and time behind a day: how many words, the time (`None` inside when impossible), the part.
fn time_after(words: &[&Token], from: usize) -> (usize, Option<Option<Clocktime>>, Option<Part>) {
    let mut end = from;
    let mut part = None;
    if let Some((count, found)) = time::part(&words[end..]) {
        end += count;
        part = Some(found);
    } else if let Some(count) = eats(&words[end..], "first thing") {
        end += count;
        part = Some(Part::Morning);
    }
    let mut time = None;
    let rest = &words[end..];
    let at = [",? at|by|around|before|from|until? about|around?", ",? at|by|around|@|before|until", "at"].iter();
    let at = at.filter_map(|pattern| eats(rest, pattern)).find(|count| *count > 0);
    let hours = time::between(rest).map(|(taken, time, _)| (taken, Some(time)));
    let found = match at {
        _ if hours.is_some() => hours,
        Some(count) => time::after_at(&rest[count..]).map(|(taken, time)| (count + taken, time)),
        None => {
            let comma = eats(rest, ",?").unwrap_or(0);
            let rest = &rest[comma..];
            let last = rest.get(1).is_none_or(|next| next.is_sign());
            let continental = || time::continental(rest).filter(|_| last);
            let time = time::plain(rest).or_else(|| time::spoken(rest)).or_else(continental);
            time.map(|(taken, time)| (comma + taken, time))
        }
    };
    if let Some((count, found)) = found {
        end += count;
        time = Some(found);
        if part.is_none()
            && let Some((count, found)) = time::part(&words[end..])
        {
            end += count;
            part = Some(found);
        }
    }
    (end - from, time, part)
}

/// "at 5pm", "at 5pm tomorrow", "17:00 on Friday", "in the morning".
fn time_first(words: &[&Token], from: usize, led: bool, clock: &Clock) -> Option<(usize, When)> {
    let rest = &words[from.min(words.len())..];
    let at = from.checked_sub(1).and_then(|index| words.get(index));
    let at = led
        && at.is_some_and(|token| token.is(&["at", "by", "around", "about", "before", "until", "till", "@", "after"]));
    let found = if at { time::after_at(rest) } else { time::plain(rest).or_else(|| time::spoken(rest)) };
    let Some((taken, time)) = found else {
        let (taken, part) = time::part(rest).filter(|(taken, _)| *taken > 1 && rest[0].is(&["in", "at"]))?;
        return Some((from + taken, When::Time { time: None, part: Some(part) }));
    };
    let end = from + taken;
    let spoken = !led && time::plain(rest).is_none();
    // "Midnight snack" is no time, "lunch at noon" and "lunch tomorrow, noon" are.
    if spoken && words.get(end).is_some_and(|next| !next.is_sign() && !next.is(&["to", "on", "today", "tomorrow"])) {
        return None;
    }
    let Some(time) = time else {
        return Some((end, When::Unclear(About::date(&words[from..], end - from))));
    };
    // "at 3 Baker Street" is an address.
    if at && time.open && time::plain(rest).is_none() && time::spoken(rest).is_none() && !closes(words, end, clock) {
        return None;
    }
    Some(with_day(words, end, time, clock))
}

/// A time with the part of the day and the day behind it.
fn with_day(words: &[&Token], end: usize, time: Clocktime, clock: &Clock) -> (usize, When) {
    let mut end = end;
    let mut part = None;
    if let Some((count, found)) = time::part(&words[end..]) {
        end += count;
        part = Some(found);
    }
    let joint = eats(&words[end..], ",? on|for?").unwrap_or(0);
    if let Some((count, Reading::Days { first, after, part: day_part }, _)) = day::read(&words[end + joint..], clock) {
        end += joint + count;
        let late = time::part(&words[end..]);
        end += late.map_or(0, |(count, _)| count);
        let part = part.or(day_part).or(late.map(|(_, part)| part));
        return (end, When::Days { first, after, time: Some(time), part });
    }
    (end, When::Time { time: Some(time), part })
}

/// Whether a bare number can be a time here: nothing follows that it would count.
fn closes(words: &[&Token], end: usize, clock: &Clock) -> bool {
    let Some(next) = words.get(end) else { return true };
    let links = [
        "to", "on", "in", "and", "for", "with", "at", "i", "please", "or", "tomorrow", "today", "tonight", "from",
        "that",
    ];
    next.is_sign()
        || next.is(&links)
        || day::read(&words[end..], clock).is_some()
        || time::part(&words[end..]).is_some()
}

/// A word that ends like a weekday and is none: "on Blursday".
fn nonsense(words: &[&Token], from: usize, relation: Option<Relation>) -> Option<(usize, When)> {
    let next = eats(words.get(from..)?, "next|this|coming").unwrap_or(0);
    let word = words.get(from + next).map(|token| token.word.as_str())?;
    let real = [
        "birthday",
        "holiday",
        "payday",
        "workday",
        "weekday",
        "everyday",
        "someday",
        "midday",
        "anyday",
        "day",
        "schoolday",
        "doomsday",
        "heyday",
        "noonday",
    ];
    let looks = word.ends_with("day") && !real.contains(&word) && word.chars().all(char::is_alphabetic);
    let led = relation.is_some() || next > 0;
    let known = names::weekday(word).is_some() || ["today", "yesterday"].contains(&word);
    (led && looks && !known).then(|| (from + next + 1, When::Unclear(About::date(&words[from + next..], 1))))
}
