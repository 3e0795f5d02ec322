//! Dates written with numbers: "2026-03-11", "3 March", "March 3rd, 2027", "the 15th", "25/12". Absent on purpose: names of
//! days.

use jiff::civil::Date;

use super::{
    clock::Clock,
    day::{Needs, Reading, Taken, one},
    names,
};
use crate::assistant::rules::{pattern::eats, question::About, words::Token};

/// The written date at the start of the words.
pub(super) fn read(words: &[&Token], clock: &Clock) -> Option<Taken> {
    let (taken, date, needs) =
        numbers(words, clock).or_else(|| with_month(words, clock)).or_else(|| day_alone(words, clock))?;
    let reading = match date {
        Written::Date(date) => one(Some(date))?,
        Written::Impossible => Reading::Unclear(About::date(words, taken)),
        Written::Either(day_first, month_first) => {
            Reading::Unclear(About::TwoDates { text: About::text_of(words, taken), day_first, month_first })
        }
    };
    Some((taken, reading, needs))
}

enum Written {
    Date(Date),
    Impossible,
    /// Day first, month first.
    Either(Date, Date),
}

/// "2026-03-11", "11.3.2026", "25/12", "25/12/2026".
fn numbers(words: &[&Token], clock: &Clock) -> Option<(usize, Written, Needs)> {
    let word = words.first()?.word.as_str();
    let (word, needs) = match word.split_once('t') {
        // The time behind a "T" is read as a word of its own where people write it so.
        Some((date, time)) if time.contains(':') => (date, Needs::Nothing),
        _ => (word, Needs::Nothing),
    };
    for sign in ['-', '/', '.'] {
        let parts: Vec<&str> = word.split(sign).collect();
        if !parts.iter().all(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())) {
            continue;
        }
        let numbers: Vec<i16> = parts.iter().filter_map(|part| part.parse().ok()).collect();
        return match (sign, numbers.as_slice()) {
            ('-' | '/', [year, month, day]) if parts[0].len() == 4 => Some((1, exact(*year, *month, *day), needs)),
            ('.', [day, month, year]) if parts[2].len() == 4 => Some((1, exact(*year, *month, *day), needs)),
            ('-' | '/', [first, second, year]) if parts[2].len() == 4 => {
                Some((1, either(*first, *second, |day, month| exact(*year, month, day)), needs))
            }
            ('/', [first, second]) if parts.iter().all(|part| part.len() <= 2) => {
                Some((1, either(*first, *second, |day, month| coming(clock, day, month)), Needs::Preposition))
            }
            ('.', [day, month]) if words.get(1).is_some_and(|next| next.word == "." && next.start == words[0].end) => {
                Some((2, coming(clock, *day, *month), Needs::Preposition))
            }
            _ => None,
        };
    }
    None
}

/// Numbers that make sense in one order only are read so, the others are asked about.
fn either(first: i16, second: i16, date: impl Fn(i16, i16) -> Written) -> Written {
    match (date(first, second), date(second, first)) {
        (Written::Date(day_first), Written::Date(month_first)) if day_first != month_first => {
            Written::Either(day_first, month_first)
        }
        (Written::Date(date), _) | (_, Written::Date(date)) => Written::Date(date),
        _ => Written::Impossible,
    }
}

fn exact(year: i16, month: i16, day: i16) -> Written {
    let date = i8::try_from(month).ok().zip(i8::try_from(day).ok()).and_then(|(m, d)| Date::new(year, m, d).ok());
    date.map_or(Written::Impossible, Written::Date)
}

/// Without a year: the first such date from today on, within the eight years in which even 29 February comes.
fn coming(clock: &Clock, day: i16, month: i16) -> Written {
    let today = clock.today();
    let years = (0..=8).filter_map(|ahead| today.year().checked_add(ahead));
    let mut dates = years.map(|year| exact(year, month, day));
    dates.find(|date| matches!(date, Written::Date(date) if *date >= today)).unwrap_or(Written::Impossible)
}

/// "3 March", "the 3rd of March 2027", "March 3rd, 2027".
fn with_month(words: &[&Token], clock: &Clock) -> Option<(usize, Written, Needs)> {
    let article = eats(words, "the?")?;
    let word = |index: usize| words.get(index).map_or("", |token| token.word.as_str());
    let day_first = || {
        let day = names::day_of_month(word(article))?;
        let of = article + 1 + usize::from(word(article + 1) == "of");
        Some((day, names::month(word(of))?, of + 1))
    };
    let month_first = || {
        let month = names::month(word(0))?;
        let the = 1 + usize::from(word(1) == "the");
        Some((names::day_of_month(word(the))?, month, the + 1))
    };
    let (day, month, mut taken) = day_first().or_else(month_first)?;
    let comma = usize::from(word(taken) == ",");
    let (day, month) = (i16::try_from(day).ok()?, i16::from(month));
    let date = match names::year(word(taken + comma)) {
        Some(year) => {
            taken += comma + 1;
            exact(year, month, day)
        }
        // A year that nobody plans for: "1 January 1960".
        None if word(taken + comma).len() == 4 && word(taken + comma).bytes().all(|b| b.is_ascii_digit()) => {
            taken += comma + 1;
            Written::Impossible
        }
        None => coming(clock, day, month),
    };
    Some((taken, date, Needs::Nothing))
}

/// "the 15th", "the 1st of next month".
fn day_alone(words: &[&Token], clock: &Clock) -> Option<(usize, Written, Needs)> {
    let article = eats(words, "the")?;
    let word = &words.get(article)?.word;
    let day = names::ordinal(word).and_then(|day| i8::try_from(day).ok())?;
    let rest = &words[article + 1..];
    if let Some(count) = eats(rest, "of next month") {
        let first = clock.first_of_month(1)?;
        return Some((article + 1 + count, exact(first.year(), first.month().into(), day.into()), Needs::Nothing));
    }
    let this = eats(rest, "of this|the month").unwrap_or(0);
    // The first month from this one on that has the day and in which it is not over.
    let months = (0..=12).filter_map(|ahead| clock.first_of_month(ahead));
    let mut dates = months.filter_map(|first| Date::new(first.year(), first.month(), day).ok());
    let date = dates.find(|date| *date >= clock.today()).map_or(Written::Impossible, Written::Date);
    let needs =
        if this > 0 || word.starts_with(|c: char| c.is_ascii_digit()) { Needs::Preposition } else { return None };
    Some((article + 1 + this, date, needs))
}
