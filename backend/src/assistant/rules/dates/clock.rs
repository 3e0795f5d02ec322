//! The moment of reading in the user's zone, and the calendar from there. Absent on purpose: words.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

/// Now and here.
pub(in crate::assistant::rules) struct Clock<'a> {
    /// The moment, to the minute.
    pub(in crate::assistant::rules) now: Timestamp,
    /// The user's zone.
    pub(in crate::assistant::rules) zone: &'a TimeZone,
    /// What the user's clock shows.
    pub(in crate::assistant::rules) here: DateTime,
}

impl<'a> Clock<'a> {
    /// Reads the clock of that zone.
    pub(in crate::assistant::rules) fn new(now: Timestamp, zone: &'a TimeZone) -> Self {
        let minute = Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap_or(now);
        Self { now: minute, zone, here: zone.to_datetime(minute) }
    }

    /// The user's date.
    pub(super) fn today(&self) -> Date {
        self.here.date()
    }

    /// A wall-clock time as a moment. A time that a change of the clock skips moves on by the gap; of one that comes twice
    /// the first is meant (RFC 5545, and jiff's "compatible").
    pub(super) fn moment(&self, wall: DateTime) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(wall).compatible().ok()
    }

    /// The last minute of the day before this date: when what is due in a period is due.
    pub(super) fn end_before(&self, date: Date) -> Option<Timestamp> {
        self.moment(date.yesterday().ok()?.at(23, 59, 0, 0))
    }

    /// The first moment of a date.
    pub(super) fn start_of(&self, date: Date) -> Option<Timestamp> {
        self.moment(date.at(0, 0, 0, 0))
    }

    /// Today and so many days.
    pub(super) fn in_days(&self, days: i64) -> Option<Date> {
        plus(self.today(), Span::new().try_days(days).ok()?)
    }

    /// The Monday of this week, of the next one and so on.
    pub(super) fn monday(&self, weeks: i64) -> Option<Date> {
        let back = i64::from(self.today().weekday().to_monday_zero_offset());
        self.in_days(weeks.checked_mul(7)? - back)
    }

    /// That weekday in this week, the next one and so on; weeks begin on Monday.
    pub(super) fn weekday(&self, weekday: Weekday, weeks: i64) -> Option<Date> {
        plus(self.monday(weeks)?, i64::from(weekday.to_monday_zero_offset()).days())
    }

    /// The first such weekday after today, or from today on.
    pub(super) fn coming(&self, weekday: Weekday, today_counts: bool) -> Option<Date> {
        let ahead = i64::from(self.today().weekday().until(weekday));
        self.in_days(if ahead == 0 && !today_counts { 7 } else { ahead })
    }

    /// The first day of this month, of the next one and so on.
    pub(super) fn first_of_month(&self, months: i64) -> Option<Date> {
        plus(self.today().first_of_month(), Span::new().try_months(months).ok()?)
    }
}

/// A date and a span; `None` outside the calendar. A day that the month lacks becomes its last one.
pub(super) fn plus(date: Date, span: Span) -> Option<Date> {
    date.checked_add(span).ok()
}
