//! Spans counted from now: "in 3 days", "half an hour", "within two weeks". Absent on purpose: days with names.

use jiff::{Span, Timestamp};

use super::{
    clock::{Clock, plus},
    day::{Reading, anchor, one},
    names,
};
use crate::assistant::rules::{pattern::eats, words::Token};

/// "in 3 days", "two weeks from now", "a week from Friday", "within the next 10 minutes".
pub(super) fn read(words: &[&Token], clock: &Clock) -> Option<(usize, Reading)> {
    let until = eats(words, "within the? next?").or_else(|| eats(words, "in|over|for? the next"));
    let until =
        until.or_else(|| eats(words, "the? next").filter(|n| words.get(*n).is_some_and(|t| amount_word(&t.word))));
    let start = until.or_else(|| eats(words, "in about|around?")).unwrap_or(0);
    let (amount, taken) = amount(&words[start..])?;
    let mut end = start + taken;
    let tail = &words[end.min(words.len())..];
    if let (Amount::Calendar(span), Some(link)) = (&amount, eats(tail, "from|after"))
        && let Some((count, Reading::Days { first, .. })) = anchor(&tail[link..], clock)
    {
        return Some((end + link + count, one(plus(first, *span))?));
    }
    if start == 0 {
        end += eats(tail, "from now|today")?;
    } else {
        end += eats(tail, "time").or_else(|| eats(tail, "from now")).unwrap_or(0);
    }
    let reading = match amount {
        Amount::Seconds(seconds) => {
            let moment = clock.now.as_second().checked_add(seconds).and_then(|s| Timestamp::from_second(s).ok())?;
            Reading::Moment(moment)
        }
        Amount::Calendar(span) => {
            let day = plus(clock.today(), span)?;
            match until {
                Some(_) => Reading::Until(day.tomorrow().ok()?),
                None => one(Some(day))?,
            }
        }
    };
    Some((end, reading))
}

fn amount_word(word: &str) -> bool {
    names::number(word).is_some() || ["few", "couple"].contains(&word)
}

enum Amount {
    Seconds(i64),
    Calendar(Span),
}

/// "3 days", "an hour", "half an hour", "45min".
fn amount(words: &[&Token]) -> Option<(Amount, usize)> {
    if let Some(taken) = eats(words, "half an? hour").or_else(|| eats(words, "a half hour")) {
        return Some((Amount::Seconds(1800), taken));
    }
    if let Some(taken) = eats(words, "an hour and a half").or_else(|| eats(words, "one hour and a half")) {
        return Some((Amount::Seconds(5400), taken));
    }
    let first = words.first()?.word.as_str();
    let digits = first.find(|c: char| !c.is_ascii_digit()).unwrap_or(first.len());
    if digits > 0 && digits < first.len() {
        return Some((unit(&first[digits..], names::number(&first[..digits])?)?, 1));
    }
    let fixed = [("a couple of?", 2), ("a few", 3), ("few", 3), ("a|an", 1), ("couple of?", 2)];
    let (taken, number) = fixed
        .iter()
        .find_map(|(pattern, number)| eats(words, pattern).map(|taken| (taken, *number)))
        .or_else(|| names::number(first).map(|number| (1, number)))?;
    let amount = unit(&words.get(taken)?.word, number)?;
    Some((amount, taken + 1))
}

fn unit(word: &str, number: i64) -> Option<Amount> {
    let calendar = match word.trim_end_matches('\'') {
        "min" | "mins" | "minute" | "minutes" => return Some(Amount::Seconds(number.checked_mul(60)?)),
        "h" | "hr" | "hrs" | "hour" | "hours" => return Some(Amount::Seconds(number.checked_mul(3600)?)),
        "d" | "day" | "days" | "day's" => Span::new().try_days(number),
        "w" | "week" | "weeks" | "week's" | "wk" | "wks" => Span::new().try_weeks(number),
        "fortnight" | "fortnights" => Span::new().try_weeks(number.checked_mul(2)?),
        "month" | "months" | "month's" => Span::new().try_months(number),
        "year" | "years" | "year's" => Span::new().try_years(number),
        _ => return None,
    };
    calendar.ok().map(Amount::Calendar)
}
