//! Dates inside a sentence: where they stand and what they say, in the user's zone. A day without a time is due at its last
//! minute, 23:59, and so is a longer period. Absent on purpose: what is done with the sentence around them.

mod clock;
mod counted;
mod day;
pub(super) mod names;
mod span;
#[cfg(test)]
mod tests;
mod time;
mod written;

use jiff::{Timestamp, civil::Date};

pub(super) use clock::Clock;
pub(super) use span::spans;

use super::{question::About, words::Token};
use day::Needs;
use time::{Clocktime, Part};

/// How a sentence ties itself to a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// "on", "at", or nothing.
    On,
    /// "by", "until".
    By,
    /// "before".
    Before,
    /// "after".
    After,
    /// "from", "since".
    From,
}

/// A date that stands in a sentence.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The index of its first word.
    pub(super) start: usize,
    /// The index after its last word.
    pub(super) end: usize,
    /// The word before it.
    pub(super) relation: Relation,
    /// Whether a word like "by" or "due" leads to it.
    pub(super) led: bool,
    when: When,
}

#[derive(Clone, Debug)]
enum When {
    /// Days, and a time on the last of them.
    Days {
        first: Date,
        after: Date,
        time: Option<Clocktime>,
        part: Option<Part>,
    },
    /// A time of some day.
    Time {
        time: Option<Clocktime>,
        part: Option<Part>,
    },
    Moment(Timestamp),
    Until(Date),
    Unclear(About),
}

/// The due date of a sentence, and which words say it.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// When, if the sentence says so.
    pub(super) at: Option<Timestamp>,
    /// Whether a word is part of the date.
    pub(super) cut: Vec<bool>,
    /// Whether a word like "by" or "due" leads to it.
    pub(super) led: bool,
    /// What looks like a date and is none.
    pub(super) unclear: Option<About>,
}

/// Finds the due date of a sentence.
pub(super) fn due(words: &[&Token], clock: &Clock) -> Due {
    let mut cut = vec![false; words.len()];
    let all: Vec<Found> = spans(words, clock)
        .into_iter()
        .filter(|found| !matches!(found.relation, Relation::After | Relation::From))
        .collect();
    if let Some((found, about)) = all.iter().find_map(|found| found.unclear().map(|about| (found, about.clone()))) {
        cut[found.start..found.end].fill(true);
        return Due { cut, led: found.led, unclear: Some(about), at: None };
    }
    let opens = |found: &&Found| {
        found.start == 0
            || (words[found.start - 1].is(&["me"])
                && words.get(found.end).is_some_and(|w| w.is(&["to", "that", "about"])))
    };
    let days: Vec<&Found> = all.iter().filter(|found| found.has_day()).collect();
    let main = days.iter().copied().find(opens).or_else(|| days.iter().copied().rev().find(|found| found.led));
    let main = main.or_else(|| days.last().copied());
    let times: Vec<&Found> = all.iter().filter(|found| !found.has_day()).collect();
    let time = times.iter().copied().rev().find(|found| found.led).or_else(|| times.last().copied());
    let (chosen, at) = match (main, time) {
        (Some(main), Some(time)) if main.lacks_time() => (vec![main, time], main.with_time_of(time).due(clock)),
        (Some(main), _) => (vec![main], main.due(clock)),
        (None, Some(time)) => (vec![time], time.due(clock)),
        (None, None) => return Due { cut, ..Due::default() },
    };
    for found in &chosen {
        cut[found.start..found.end].fill(true);
    }
    let led = chosen.iter().any(|found| found.led);
    let text =
        chosen.first().map_or_else(String::new, |found| About::text_of(&words[found.start..], found.end - found.start));
    if let Some((start, end)) = chosen.iter().find_map(|found| doubtful(words, found)) {
        cut[start..end].fill(true);
        let text = About::text_of(&words[start..], end - start);
        return Due { at: None, cut, led, unclear: Some(About::Date { text }) };
    }
    let unclear = at.is_none().then_some(About::Date { text });
    Due { at, cut, led, unclear }
}

/// What makes a due date doubtful: a day that is over, "last Friday", or the short name of a day left beside another date,
/// "sun tomorrow".
fn doubtful(words: &[&Token], found: &Found) -> Option<(usize, usize)> {
    let over = words[found.start..found.end]
        .windows(2)
        .any(|two| two[0].is(&["last", "past", "previous"]) && names::weekday(&two[1].word).is_some());
    if over {
        return Some((found.start, found.end));
    }
    let short = |index: usize| words.get(index).and_then(|token| names::weekday(&token.word)).is_some_and(|day| day.1);
    let of_a_title = |index: usize| {
        index
            .checked_sub(1)
            .is_some_and(|before| words[before].is(&["the", "a", "an", "my", "our", "in", "of", "i", "we"]))
    };
    if let Some(before) = found.start.checked_sub(1).filter(|before| short(*before) && !of_a_title(*before)) {
        return Some((before, found.end));
    }
    let last = words.get(found.end + 1).is_none_or(|next| next.is_sign());
    (short(found.end) && last).then_some((found.start, found.end + 1))
}

impl Found {
    fn has_day(&self) -> bool {
        !matches!(self.when, When::Time { .. })
    }

    fn lacks_time(&self) -> bool {
        matches!(self.when, When::Days { time: None, .. })
    }

    pub(super) fn unclear(&self) -> Option<&About> {
        if let When::Unclear(about) = &self.when { Some(about) } else { None }
    }

    fn with_time_of(&self, other: &Self) -> Self {
        let mut both = self.clone();
        if let (When::Days { time, part, .. }, When::Time { time: more, part: more_part }) =
            (&mut both.when, &other.when)
        {
            *time = *more;
            *part = part.or(*more_part);
        }
        both
    }

    /// When a task for this date is due.
    pub(super) fn due(&self, clock: &Clock) -> Option<Timestamp> {
        match &self.when {
            When::Moment(moment) => Some(*moment),
            When::Until(after) => clock.end_before(*after),
            When::Unclear(_) => None,
            When::Time { time, part } => {
                let wall = |date: Date| clock.moment(date.to_datetime(time_of(*time, *part)?));
                let today = wall(clock.today())?;
                if today > clock.now { Some(today) } else { wall(clock.today().tomorrow().ok()?) }
            }
            When::Days { first, after, time: None, part: None } => {
                clock.end_before(if self.relation == Relation::Before { *first } else { *after })
            }
            When::Days { after, time, part, .. } => {
                let last = after.yesterday().ok()?;
                let wall = last.to_datetime(time_of(*time, *part)?);
                let moment = clock.moment(wall)?;
                if last != clock.today() || moment > clock.now {
                    return Some(moment);
                }
                // Today was said: the later reading of "at 9", or what is left of this evening.
                match (time, part) {
                    (Some(time), _) => match time.later() {
                        Some(later) => clock
                            .moment(last.to_datetime(later))
                            .map(|later| if later > clock.now { later } else { moment }),
                        None => Some(moment),
                    },
                    (None, Some(Part::Evening | Part::Night)) => clock.end_before(*after),
                    _ => Some(moment),
                }
            }
        }
    }

    /// From when and before when tasks of a list are due.
    pub(super) fn range(&self, clock: &Clock) -> (Option<Timestamp>, Option<Timestamp>) {
        let (start, end) = match &self.when {
            When::Until(after) => return (Some(clock.now), clock.start_of(*after)),
            When::Days { first, after, time: None, .. } => (clock.start_of(*first), clock.start_of(*after)),
            _ => {
                let moment = self.due(clock);
                let minute = |moment: Timestamp| Timestamp::from_second(moment.as_second().saturating_add(60)).ok();
                (moment, moment.and_then(minute))
            }
        };
        match self.relation {
            Relation::On => (start, end),
            Relation::By => (None, end),
            Relation::Before => (None, start),
            Relation::After => (end, None),
            Relation::From => (start, None),
        }
    }
}

fn time_of(time: Option<Clocktime>, part: Option<Part>) -> Option<jiff::civil::Time> {
    match (time, part) {
        (Some(time), Some(part)) => Some(time.in_part(part).time),
        (Some(time), None) => Some(time.time),
        (None, part) => part.map(Part::time),
    }
}

/// What a list of tasks asks for: due at this moment or after it, due before that one, and which words say so.
pub(super) type Range = (Option<Timestamp>, Option<Timestamp>, Vec<bool>);

/// Finds the period that a list is asked for.
pub(super) fn range(words: &[&Token], clock: &Clock) -> Result<Range, About> {
    let mut cut = vec![false; words.len()];
    let all = spans(words, clock);
    if let Some(about) = all.iter().find_map(Found::unclear) {
        return Err(about.clone());
    }
    let mut bounds: (Option<Timestamp>, Option<Timestamp>) = (None, None);
    for (index, found) in all.iter().enumerate() {
        let joined = index > 0 && all[index - 1].end == found.start;
        cut[found.start..found.end].fill(true);
        let (after, before) = found.range(clock);
        // "Today and tomorrow" is both.
        if let (Relation::On, (Some(first), Some(end)), Some(start), Some(last)) =
            (found.relation, bounds, after, before)
        {
            bounds = (Some(first.min(start)), Some(end.max(last)));
            continue;
        }
        // "Between Monday and Friday" was found as "from Monday" and "by Friday" of two spans side by side.
        bounds = match (joined, bounds, before) {
            (true, (Some(start), None), Some(end)) if end < start => (Some(start), later_week(end, start)),
            _ => (after.or(bounds.0), before.or(bounds.1)),
        };
    }
    Ok((bounds.0, bounds.1, cut))
}

/// "From Friday to Monday": the second day follows the first.
fn later_week(end: Timestamp, start: Timestamp) -> Option<Timestamp> {
    const WEEK: i64 = 7 * 24 * 3600;
    let weeks = (start.as_second() - end.as_second()) / WEEK + 1;
    Timestamp::from_second(end.as_second() + weeks * WEEK).ok()
}

/// Whether a reading is a date in this place.
fn stands(needs: Needs, led: bool, words: &[&Token], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|index| words.get(index));
    let edge = before.is_none_or(|token| token.is_sign() || token.is(&["me"]))
        || words
            .get(end)
            .is_none_or(|token| token.is_sign() || token.is(&["to", "at", "i", "please", "and", "because"]));
    match needs {
        Needs::Nothing => true,
        Needs::Edge => led || edge,
        Needs::Preposition => led,
    }
}
