//! Days and periods by name: "tomorrow", "next Friday", "end of March". Absent on purpose: written dates (written.rs), counted spans
//! (counted.rs) and times of day (time.rs).

use jiff::{
    Span, Timestamp,
    civil::{Date, Weekday},
};

use super::{
    clock::{Clock, plus},
    counted, names,
    time::Part,
    written,
};
use crate::assistant::rules::{
    pattern::{after, eats},
    question::About,
    words::Token,
};

/// How much a reading needs beside it to be a date and not part of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// The edge of the sentence or a preposition.
    Edge,
    /// A preposition.
    Preposition,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    /// From the first day up to, not including, the other.
    Days { first: Date, after: Date, part: Option<Part> },
    /// A moment counted from now.
    Moment(Timestamp),
    /// From now up to, not including, a day.
    Until(Date),
    /// Looks like a date and is none, or two.
    Unclear(About),
}

/// How many words, what they say, and what they need beside them.
pub(super) type Taken = (usize, Reading, Needs);

/// The day or period at the start of the words.
pub(super) fn read(words: &[&Token], clock: &Clock) -> Option<Taken> {
    let words_and_reading = near(words, clock)
        .or_else(|| counted::read(words, clock))
        .or_else(|| period(words, clock))
        .or_else(|| edge_of_period(words, clock));
    words_and_reading
        .map(|(taken, reading)| (taken, reading, Needs::Nothing))
        .or_else(|| weekday(words, clock))
        .or_else(|| written::read(words, clock))
        .or_else(|| month(words, clock))
}

/// A day that another one is counted from: "a week from Friday". No counted one, or a long chain would be read again and again.
pub(super) fn anchor(words: &[&Token], clock: &Clock) -> Option<(usize, Reading)> {
    let named = || weekday(words, clock).or_else(|| written::read(words, clock));
    near(words, clock).or_else(|| named().map(|(taken, reading, _)| (taken, reading)))
}

pub(super) fn one(day: Option<Date>) -> Option<Reading> {
    let first = day?;
    Some(Reading::Days { first, after: first.tomorrow().ok()?, part: None })
}

fn between(first: Option<Date>, after: Option<Date>) -> Option<Reading> {
    Some(Reading::Days { first: first?, after: after?, part: None })
}

fn near(words: &[&Token], clock: &Clock) -> Option<(usize, Reading)> {
    let of = |days: i64| one(clock.in_days(days));
    for (pattern, days) in [
        ("the? day after tomorrow", 2),
        ("the? day before yesterday", -2),
        ("later? today", 0),
        ("tomorrow", 1),
        ("overmorrow", 2),
        ("yesterday", -1),
        ("eod", 0),
        ("end of the? day", 0),
        ("the end of the? day", 0),
        ("end of today", 0),
        ("end of tomorrow", 1),
    ] {
        if let Some(taken) = eats(words, pattern) {
            return Some((taken, of(days)?));
        }
    }
    for (pattern, part) in [
        ("tonight", Part::Night),
        ("this morning", Part::Morning),
        ("this afternoon", Part::Afternoon),
        ("this evening", Part::Evening),
        ("later this evening", Part::Evening),
    ] {
        if let Some(taken) = eats(words, pattern) {
            let first = clock.today();
            return Some((taken, Reading::Days { first, after: first.tomorrow().ok()?, part: Some(part) }));
        }
    }
    None
}

/// "this week", "next month", "the weekend": a week is Monday to Sunday.
fn period(words: &[&Token], clock: &Clock) -> Option<(usize, Reading)> {
    let weekend = eats(words, "on|at|over|for? the weekend");
    if let Some(taken) = weekend {
        return Some((taken, between(clock.weekday(Weekday::Saturday, 0), clock.monday(1))?));
    }
    let which = [("the? this|current", 0), ("the? next|following|coming", 1), ("the? last", -1)];
    let (start, number) =
        which.iter().find_map(|(pattern, number)| eats(words, pattern).map(|taken| (taken, *number)))?;
    let unit = words.get(start)?.word.as_str();
    let reading = match unit {
        "week" => between(clock.monday(number), clock.monday(number + 1))?,
        "weekend" => between(clock.weekday(Weekday::Saturday, number), clock.monday(number + 1))?,
        "month" => between(clock.first_of_month(number), clock.first_of_month(number + 1))?,
        "year" => {
            let year = clock.today().year().checked_add(i16::try_from(number).ok()?)?;
            between(Date::new(year, 1, 1).ok(), Date::new(year.checked_add(1)?, 1, 1).ok())?
        }
        _ => return None,
    };
    if unit == "week"
        && let Some((taken, reading)) = weekday_in_week(&words[start + 1..], clock, number)
    {
        return Some((start + 1 + taken, reading));
    }
    Some((start + 1, reading))
}

/// "next week on Friday".
fn weekday_in_week(words: &[&Token], clock: &Clock, weeks: i64) -> Option<(usize, Reading)> {
    let start = eats(words, ",? on?")?;
    let (weekday, _) = names::weekday(&words.get(start)?.word)?;
    Some((start + 1, one(clock.weekday(weekday, weeks))?))
}

/// "end of the month", "beginning of next week", "eow".
fn edge_of_period(words: &[&Token], clock: &Clock) -> Option<(usize, Reading)> {
    if let Some(taken) = eats(words, "eow") {
        return Some((taken, between(clock.monday(0), clock.monday(1))?));
    }
    if let Some(taken) = eats(words, "eom") {
        return Some((taken, between(clock.first_of_month(0), clock.first_of_month(1))?));
    }
    let end = eats(words, "the? end of");
    let start = eats(words, "the? beginning|start of").or_else(|| eats(words, "early"));
    let taken = end.or(start)?;
    let rest = &words[taken..];
    let article = eats(rest, "the?").unwrap_or(0);
    let unit =
        rest.get(article).map(|token| token.word.as_str()).filter(|unit| ["week", "month", "year"].contains(unit));
    let (more, reading) = match unit {
        Some(unit) => {
            let this = match unit {
                "week" => between(clock.monday(0), clock.monday(1))?,
                "month" => between(clock.first_of_month(0), clock.first_of_month(1))?,
                _ => {
                    let year = clock.today().year();
                    between(Date::new(year, 1, 1).ok(), Date::new(year.checked_add(1)?, 1, 1).ok())?
                }
            };
            (article + 1, this)
        }
        None => period(rest, clock).or_else(|| month(rest, clock).map(|(count, reading, _)| (count, reading)))?,
    };
    let Reading::Days { first, after, .. } = reading else { return None };
    let day = if end.is_some() { after.yesterday().ok() } else { Some(first) };
    Some((taken + more, one(day)?))
}

/// "Friday" is the next one after today, "this Friday" may be today, "next Friday" lies in the next week, "last Friday" is
/// over.
fn weekday(words: &[&Token], clock: &Clock) -> Option<Taken> {
    let kinds = [
        ("this coming?", "this"),
        ("coming", "this"),
        ("the? next", "next"),
        ("the? last|past|previous", "last"),
        ("the?", ""),
    ];
    let (start, kind) = kinds.iter().find_map(|(pattern, kind)| eats(words, pattern).map(|taken| (taken, *kind)))?;
    let (weekday, short) = names::weekday(&words.get(start)?.word)?;
    if kind == "last" {
        let day = plus(clock.coming(weekday, true)?, Span::new().try_days(-7).ok()?);
        let of = eats(&words[start + 1..], "of the|this|next? month|year").or_else(|| {
            let of = eats(&words[start + 1..], "of")?;
            names::month(&words.get(start + 1 + of)?.word).map(|_| of + 1)
        });
        let taken = start + 1 + of.unwrap_or(0);
        return if short { None } else { Some((taken, one(day)?, Needs::Nothing)) };
    }
    if start > 0 && kind.is_empty() {
        return None;
    }
    let mut taken = start + 1;
    let rest = &words[taken..];
    if let Some((count, date, needs)) = written::read(after(rest, &[","]).unwrap_or(rest), clock)
        && (needs != Needs::Preposition || words.get(taken).is_some_and(|token| token.is(&["the", ","])))
    {
        let comma = rest.len() - after(rest, &[","]).unwrap_or(rest).len();
        let matches = matches!(&date, Reading::Days { first, .. } if first.weekday() == weekday);
        taken += comma + count;
        let reading = match date {
            Reading::Days { .. } if !matches => Reading::Unclear(About::date(words, taken)),
            date => date,
        };
        return Some((taken, reading, Needs::Nothing));
    }
    let day = match (kind, eats(rest, "of? next week"), eats(rest, "of? this week")) {
        (_, Some(count), _) => {
            taken += count;
            clock.weekday(weekday, 1)
        }
        (_, _, Some(count)) => {
            taken += count;
            clock.weekday(weekday, 0)
        }
        ("next", ..) => clock.weekday(weekday, 1),
        ("this", ..) => clock.coming(weekday, true),
        _ => clock.coming(weekday, false),
    };
    let needs = match (taken, short) {
        // "Sun", "sat" and "wed" are words of their own.
        (1, true) if words[0].is(&["sun", "sat", "wed"]) => Needs::Preposition,
        (1, _) => Needs::Edge,
        _ => Needs::Nothing,
    };
    Some((taken, one(day)?, needs))
}

/// "April", "April 2027": a month alone is the coming one, this month included.
fn month(words: &[&Token], clock: &Clock) -> Option<Taken> {
    let start = eats(words, "next|this").unwrap_or(0);
    let month = names::month(&words.get(start)?.word)?;
    let said = words.get(start + 1).and_then(|token| names::year(&token.word));
    let today = clock.today();
    let coming = if month < today.month() { today.year().checked_add(1)? } else { today.year() };
    let first = Date::new(said.unwrap_or(coming), month, 1).ok()?;
    let reading = between(Some(first), plus(first, Span::new().try_months(1).ok()?))?;
    Some((start + 1 + usize::from(said.is_some()), reading, Needs::Preposition))
}
