//! Times of day: "5pm", "17:00", "half past five", "in the evening". Absent on purpose: days.

use jiff::civil::Time;

use super::names::number;
use crate::assistant::rules::{pattern::eats, words::Token};

/// A part of the day. Its time is when a task for that part is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

impl Part {
    pub(super) fn time(self) -> Time {
        match self {
            Self::Morning => Time::constant(9, 0, 0, 0),
            Self::Afternoon => Time::constant(15, 0, 0, 0),
            Self::Evening => Time::constant(18, 0, 0, 0),
            Self::Night => Time::constant(20, 0, 0, 0),
        }
    }
}

/// A time, and whether morning or evening was left open ("at 5").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clocktime {
    pub(super) time: Time,
    pub(super) open: bool,
}

impl Clocktime {
    fn sure(hour: i64, minute: i64) -> Option<Self> {
        let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()?;
        Some(Self { time, open: false })
    }

    /// A time on a clock of twelve hours without a word about the half: 1 to 6 is in the afternoon.
    fn half(hour: i64, minute: i64) -> Option<Self> {
        let hour_of_day = if (1..=6).contains(&hour) { hour + 12 } else { hour };
        Some(Self { open: (1..=12).contains(&hour), ..Self::sure(hour_of_day, minute)? })
    }

    /// The same time in that part of the day.
    pub(super) fn in_part(self, part: Part) -> Self {
        let hour = i64::from(self.time.hour());
        let hour = match part {
            _ if !self.open => hour,
            Part::Morning => hour % 12,
            Part::Night if hour == 12 => 23,
            _ if hour < 12 => hour + 12,
            _ => hour,
        };
        let minute = if part == Part::Night && self.open && self.time.hour() == 12 { 59 } else { self.time.minute() };
        Self::sure(hour, i64::from(minute)).unwrap_or(self)
    }

    /// The later of both readings, if it was left open.
    pub(super) fn later(self) -> Option<Time> {
        (self.open && self.time.hour() < 12).then(|| self.in_part(Part::Evening).time)
    }
}

/// What was found at the start of the words: how many, and the time; `None` inside for one that no clock shows.
pub(super) type Taken = (usize, Option<Clocktime>);

/// A time that needs no word before it.
pub(super) fn plain(words: &[&Token]) -> Option<Taken> {
    let word = words.first()?.word.as_str();
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
    let (clock, half) = word.split_at(digits);
    let (hour, minute) = clock.split_once([':', '.']).map_or((clock, None), |(hour, minute)| (hour, Some(minute)));
    if hour.is_empty() || hour.len() > 2 || minute.is_some_and(|minute| minute.len() != 2) {
        return None;
    }
    let (hour_number, minute_number) = (hour.parse().ok()?, minute.map_or(Some(0), |minute| minute.parse().ok())?);
    let (taken, evening) = match half {
        "am" | "pm" => (1, Some(half == "pm")),
        "" => match half_of_day(&words[1..]) {
            Some((count, evening)) => (count + 1, Some(evening)),
            None => (1, None),
        },
        _ => return None,
    };
    match evening {
        Some(evening) => Some((taken, twelve(hour_number, minute_number, evening))),
        None if clock.contains(':') && (hour.len() == 2 || hour_number == 0) => {
            Some((1, Clocktime::sure(hour_number, minute_number)))
        }
        None if clock.contains(':') => Some((1, Clocktime::half(hour_number, minute_number))),
        None => None,
    }
}

/// A time that could also be another number: only after "at" and its like.
pub(super) fn after_at(words: &[&Token]) -> Option<Taken> {
    plain(words).or_else(|| spoken(words)).or_else(|| continental(words)).or_else(|| {
        let word = words.first()?.word.as_str();
        if let Some((hour, minute)) = word.split_once('.').filter(|(_, minute)| minute.len() == 2) {
            return Some((1, Clocktime::half(number(hour)?, number(minute)?)));
        }
        let hour = number(word).filter(|hour| (0..=24).contains(hour))?;
        Some((1, if hour == 0 { Clocktime::sure(0, 0) } else { Clocktime::half(hour, 0) }))
    })
}

/// "17h", "17h30": without a word before it that is a span of time.
pub(super) fn continental(words: &[&Token]) -> Option<Taken> {
    let (hour, minute) = words.first()?.word.split_once('h')?;
    let minute = if minute.is_empty() { 0 } else { number(minute).filter(|_| minute.len() == 2)? };
    let hour = number(hour).filter(|_| hour.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((1, Clocktime::sure(hour, minute)))
}

/// "from 5 to 6pm", "between 9 and 11": when it begins, and whether the end is sure to be a time.
pub(super) fn between(words: &[&Token]) -> Option<(usize, Clocktime, bool)> {
    let bare = |words: &[&Token]| plain(words).or_else(|| after_at(words.get(..1)?));
    let lead = eats(words, "from|between")?;
    let (taken, first) = bare(words.get(lead..)?)?;
    let link = lead + taken + eats(words.get(lead + taken..)?, "and|to|until|till|-|–")?;
    let (taken, last) = bare(words.get(link..)?)?;
    let (first, last) = (first?, last?);
    let sure = plain(&words[link..]).is_some();
    // "From 5 to 6pm" begins at 17:00, "from 11 to 1pm" at 11:00.
    let begins = if first.open && !last.open {
        let readings = [Some(first.in_part(Part::Morning).time), Some(first.time), first.later()];
        let time = readings.into_iter().flatten().filter(|time| *time < last.time).max().unwrap_or(first.time);
        Clocktime { time, open: false }
    } else {
        first
    };
    Some((link + taken, begins, sure))
}

/// "noon", "half past five", "nine o'clock"; midnight is the last minute of the day that it ends.
pub(super) fn spoken(words: &[&Token]) -> Option<Taken> {
    let word = |index: usize| words.get(index).map(|token| token.word.as_str());
    match word(0)? {
        "noon" | "midday" | "lunchtime" | "lunch-time" => return Some((1, Clocktime::sure(12, 0))),
        "midnight" => return Some((1, Clocktime::sure(23, 59))),
        _ => {}
    }
    if let Some(hour) = word(0).and_then(number).filter(|_| word(1) == Some("o'clock")) {
        return Some((2, Clocktime::half(hour, 0)));
    }
    let (start, minutes) = match word(0)? {
        "half" => (1, 30),
        "quarter" => (1, 15),
        "a" if word(1) == Some("quarter") => (2, 15),
        minutes => (1, number(minutes).filter(|minutes| (1..60).contains(minutes))?),
    };
    let start = start + eats(&words[start..], "minutes|mins?").unwrap_or(0);
    let hour = word(start + 1).and_then(number).filter(|hour| (1..=12).contains(hour))?;
    let time = match word(start)? {
        "past" | "after" => Clocktime::half(hour, minutes),
        "to" | "before" if minutes != 30 => Clocktime::half(if hour == 1 { 12 } else { hour - 1 }, 60 - minutes),
        _ => return None,
    };
    Some((start + 2, time))
}

/// "in the evening", "at night": which part, and how many words.
pub(super) fn part(words: &[&Token]) -> Option<(usize, Part)> {
    let start = ["in the", "at", ",? early|late"].iter().find_map(|pattern| eats(words, pattern)).unwrap_or(0);
    let part = match words.get(start)?.word.as_str() {
        "morning" => Part::Morning,
        "afternoon" => Part::Afternoon,
        "evening" => Part::Evening,
        "night" => Part::Night,
        _ => return None,
    };
    Some((start + 1, part))
}

fn twelve(hour: i64, minute: i64, evening: bool) -> Option<Clocktime> {
    match hour {
        12 => Clocktime::sure(if evening { 12 } else { 0 }, minute),
        1..=11 => Clocktime::sure(if evening { hour + 12 } else { hour }, minute),
        // "17:00 pm" says the same twice.
        13..=23 if evening => None,
        _ => None,
    }
}

/// "pm" or "p.m." after the number.
fn half_of_day(words: &[&Token]) -> Option<(usize, bool)> {
    let dotted = |letter: &str| eats(words, &format!("{letter} . m .?"));
    if let Some(count) = eats(words, "am") {
        return Some((count, false));
    }
    if let Some(count) = eats(words, "pm") {
        return Some((count, true));
    }
    dotted("a").map(|count| (count, false)).or_else(|| dotted("p").map(|count| (count, true)))
}
