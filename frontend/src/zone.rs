//! The reader's time zone: dates are typed and shown in it, everything is sent in UTC.
//! The browser tells its zone by a cookie that `assets/app.js` sets; without JavaScript it is UTC, and the footer says so.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The name of the cookie that carries the IANA name of the zone.
pub const COOKIE: &str = "timezone";

/// A day without a time is due in its last minute.
const END_OF_DAY: Time = Time::constant(23, 59, 0, 0);

/// A known time zone.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
}

impl Zone {
    /// The zone of that name; an unknown one counts as none and gives UTC.
    pub fn named(name: Option<&str>) -> Self {
        let zone = name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        Self { zone }
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// An instant on the reader's clock.
    pub fn local(&self, instant: Timestamp) -> Zoned {
        instant.to_zoned(self.zone.clone())
    }

    /// An instant as a clock beside a message tells it: the time, and the day unless it is today.
    pub fn moment(&self, instant: Timestamp, now: Timestamp) -> String {
        let (local, today) = (self.local(instant), self.local(now).date());
        let days = local.date().until(today).map(|span| span.get_days()).unwrap_or_default();
        let format = match days {
            0 => "%H:%M",
            1 => "Yesterday, %H:%M",
            _ if local.year() == today.year() => "%a %-d %b, %H:%M",
            _ => "%-d %b %Y, %H:%M",
        };
        local.strftime(format).to_string()
    }

    /// The instant of a day and, where given, a time on the reader's clock.
    pub fn instant(&self, day: Date, time: Option<Time>) -> Result<Timestamp, jiff::Error> {
        let moment = day.to_datetime(time.unwrap_or(END_OF_DAY)).to_zoned(self.zone.clone())?;
        Ok(moment.timestamp())
    }

    /// The day of an instant, and its time unless that says nothing but "some time that day".
    pub fn day_and_time(&self, instant: Timestamp) -> (Date, Option<Time>) {
        let local = self.local(instant);
        let whole_day = (local.hour(), local.minute()) == (END_OF_DAY.hour(), END_OF_DAY.minute());
        (local.date(), (!whole_day).then(|| local.time()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::Zone;

    #[test]
    fn a_day_without_a_time_ends_in_the_readers_zone() {
        let berlin = Zone::named(Some("Europe/Berlin"));
        let due = berlin.instant(date(2026, 12, 1), None).unwrap();
        assert_eq!(due.to_string(), "2026-12-01T22:59:00Z");
        assert_eq!(berlin.day_and_time(due), (date(2026, 12, 1), None));
    }

    #[test]
    fn summer_time_is_that_of_the_due_day_not_of_today() {
        let berlin = Zone::named(Some("Europe/Berlin"));
        let summer = berlin.instant(date(2026, 7, 1), Some(time(9, 30, 0, 0))).unwrap();
        assert_eq!(summer.to_string(), "2026-07-01T07:30:00Z");
        assert_eq!(berlin.day_and_time(summer), (date(2026, 7, 1), Some(time(9, 30, 0, 0))));
    }

    #[test]
    fn a_message_of_today_needs_no_day() {
        let berlin = Zone::named(Some("Europe/Berlin"));
        let moment = |at: &str| berlin.moment(at.parse().unwrap(), "2026-11-18T23:30:00Z".parse().unwrap());
        assert_eq!(moment("2026-11-18T23:05:00Z"), "00:05");
        assert_eq!(moment("2026-11-18T22:59:00Z"), "Yesterday, 23:59");
        assert_eq!(moment("2026-11-01T11:00:00Z"), "Sun 1 Nov, 12:00");
        assert_eq!(moment("2025-07-01T11:00:00Z"), "1 Jul 2025, 13:00");
    }

    #[test]
    fn an_unknown_zone_is_utc() {
        assert_eq!(Zone::named(Some("Middle/Earth")).name(), "UTC");
        assert_eq!(Zone::named(Some("../../etc/passwd")).name(), "UTC");
        assert_eq!(Zone::named(None).name(), "UTC");
    }
}
