//! Due dates in words, as one would say them: "Today", "Tomorrow, 14:00", "Friday", "3 Dec". A pure rule of the due
//! instant, the reader's zone and the present.

use jiff::civil::Time;
use jiff::{Span, Timestamp};

use crate::zone::Zone;

/// A due date ready for the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// For machines.
    pub instant: String,
    /// For people.
    pub label: String,
    /// How pressing it is.
    pub urgency: Urgency,
}

/// How pressing a due date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// It has passed.
    Overdue,
    /// It is today.
    Today,
    /// Later, or the task is done.
    None,
}

impl Due {
    /// Puts a due date into words.
    pub(super) fn new(due: Timestamp, completed: bool, zone: &Zone, now: Timestamp) -> Self {
        let (day, time) = zone.day_and_time(due);
        let today = zone.local(now).date();
        let days = today.until(day).map(|span: Span| span.get_days()).unwrap_or_default();
        let label = match days {
            0 => "Today".to_owned(),
            1 => "Tomorrow".to_owned(),
            -1 => "Yesterday".to_owned(),
            2..=6 => day.strftime("%A").to_string(),
            _ if day.year() == today.year() => day.strftime("%a %-d %b").to_string(),
            _ => day.strftime("%-d %b %Y").to_string(),
        };
        let urgency = match days {
            _ if completed => Urgency::None,
            _ if due < now => Urgency::Overdue,
            0 => Urgency::Today,
            _ => Urgency::None,
        };
        Self { instant: due.to_string(), label: with_time(label, time), urgency }
    }

    /// Whether it has passed.
    pub(super) fn overdue(&self) -> bool {
        self.urgency == Urgency::Overdue
    }

    /// Whether it is still today.
    pub(super) fn today(&self) -> bool {
        self.urgency == Urgency::Today
    }
}

fn with_time(day: String, time: Option<Time>) -> String {
    match time {
        Some(time) => format!("{day}, {}", time.strftime("%H:%M")),
        None => day,
    }
}

#[cfg(test)]
mod tests {
    use super::{Due, Urgency};
    use crate::zone::Zone;

    fn due(at: &str, completed: bool) -> (String, Urgency) {
        // A Wednesday, noon in Berlin.
        let now = "2026-11-18T11:00:00Z".parse().unwrap();
        let due = Due::new(at.parse().unwrap(), completed, &Zone::named(Some("Europe/Berlin")), now);
        (due.label, due.urgency)
    }

    #[test]
    fn days_are_named_as_one_would_say_them() {
        for (at, label) in [
            ("2026-11-18T22:59:00Z", "Today"),
            ("2026-11-18T15:30:00Z", "Today, 16:30"),
            ("2026-11-19T22:59:00Z", "Tomorrow"),
            ("2026-11-20T22:59:00Z", "Friday"),
            ("2026-11-24T22:59:00Z", "Tuesday"),
            ("2026-11-25T22:59:00Z", "Wed 25 Nov"),
            ("2027-01-02T22:59:00Z", "2 Jan 2027"),
            ("2026-11-17T22:59:00Z", "Yesterday"),
            ("2025-03-01T22:59:00Z", "1 Mar 2025"),
        ] {
            assert_eq!(due(at, false).0, label, "{at}");
        }
    }

    #[test]
    fn only_open_tasks_press() {
        assert_eq!(due("2026-11-18T10:59:00Z", false).1, Urgency::Overdue);
        assert_eq!(due("2026-11-18T10:59:00Z", true).1, Urgency::None);
        assert_eq!(due("2026-11-18T22:59:00Z", false).1, Urgency::Today);
        assert_eq!(due("2026-11-19T22:59:00Z", false).1, Urgency::None);
    }
}
