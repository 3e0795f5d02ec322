//! Names of days and months, and numbers as people write them. Absent on purpose: the calendar.

use jiff::civil::Weekday;

/// A day of the week and whether the word is a short form, which is also another word.
pub(super) fn weekday(word: &str) -> Option<(Weekday, bool)> {
    Some(match word {
        "monday" => (Weekday::Monday, false),
        "tuesday" => (Weekday::Tuesday, false),
        "wednesday" => (Weekday::Wednesday, false),
        "thursday" => (Weekday::Thursday, false),
        "friday" => (Weekday::Friday, false),
        "saturday" => (Weekday::Saturday, false),
        "sunday" => (Weekday::Sunday, false),
        "mon" => (Weekday::Monday, true),
        "tue" | "tues" => (Weekday::Tuesday, true),
        "wed" => (Weekday::Wednesday, true),
        "thu" | "thur" | "thurs" => (Weekday::Thursday, true),
        "fri" => (Weekday::Friday, true),
        "sat" => (Weekday::Saturday, true),
        "sun" => (Weekday::Sunday, true),
        _ => return None,
    })
}

/// The number of a month.
pub(super) fn month(word: &str) -> Option<i8> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sep" | "sept" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

const NUMBERS: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

const ORDINALS: [&str; 13] = [
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
];

/// "7" or "seven".
pub(in crate::assistant::rules) fn number(word: &str) -> Option<i64> {
    if word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 6 {
        return word.parse().ok();
    }
    NUMBERS.iter().position(|name| *name == word).and_then(|index| i64::try_from(index).ok())
}

/// "7th" or "seventh".
pub(in crate::assistant::rules) fn ordinal(word: &str) -> Option<i64> {
    if let Some(index) = ORDINALS.iter().position(|name| *name == word && !name.is_empty()) {
        return i64::try_from(index).ok();
    }
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending))?;
    (!digits.is_empty() && digits.len() <= 3).then(|| number(digits)).flatten()
}

/// The day of a month: "3", "3rd", "third".
pub(super) fn day_of_month(word: &str) -> Option<i64> {
    ordinal(word).or_else(|| (word.len() <= 2).then(|| number(word)).flatten())
}

/// A year as it is written in a date.
pub(super) fn year(word: &str) -> Option<i16> {
    let year: i16 = (word.len() == 4).then(|| word.parse().ok())??;
    (1970..=2999).contains(&year).then_some(year)
}
