//! The date grammar at the edges of months, years and zones. Weekdays are computed, never written down.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

use super::{Clock, due, range};
use crate::assistant::rules::words::{Words, tokens, written};

/// A clock that shows this in that zone.
fn with_clock<T>(zone: &str, wall: &str, read: impl FnOnce(&Clock) -> T) -> T {
    let zone = TimeZone::get(zone).unwrap();
    let now = zone.to_timestamp(wall.parse::<DateTime>().unwrap()).unwrap();
    read(&Clock::new(now, &zone))
}

/// The moment that a sentence is due, and the sentence without its date.
fn found(clock: &Clock, text: &str) -> (Option<Timestamp>, String) {
    let tokens = tokens(text);
    let words: Words = tokens.iter().collect();
    let due = due(&words, clock);
    let kept: Words = words.iter().zip(&due.cut).filter(|(_, cut)| !**cut).map(|(word, _)| *word).collect();
    (due.at, written(text, &kept))
}

/// The wall-clock time that a phrase is due; empty when it is none or unclear.
fn wall(zone: &str, now: &str, phrase: &str) -> String {
    with_clock(zone, now, |clock| {
        let at = found(clock, phrase).0;
        at.map_or_else(String::new, |at| clock.zone.to_datetime(at).strftime("%Y-%m-%dT%H:%M").to_string())
    })
}

fn berlin(phrase: &str) -> String {
    wall("Europe/Berlin", "2026-03-11T10:15", phrase)
}

#[test]
fn days_without_a_time_are_due_in_their_last_minute() {
    for (phrase, expected) in [
        ("today", "2026-03-11T23:59"),
        ("tomorrow", "2026-03-12T23:59"),
        ("the day after tomorrow", "2026-03-13T23:59"),
        ("yesterday", "2026-03-10T23:59"),
        ("in 3 days", "2026-03-14T23:59"),
        ("in a week", "2026-03-18T23:59"),
        ("two weeks from now", "2026-03-25T23:59"),
        ("in a month", "2026-04-11T23:59"),
        ("this week", "2026-03-15T23:59"),
        ("next week", "2026-03-22T23:59"),
        ("this weekend", "2026-03-15T23:59"),
        ("this month", "2026-03-31T23:59"),
        ("next month", "2026-04-30T23:59"),
        ("next year", "2027-12-31T23:59"),
        ("end of the month", "2026-03-31T23:59"),
        ("by the end of next month", "2026-04-30T23:59"),
        ("beginning of next week", "2026-03-16T23:59"),
        ("in April", "2026-04-30T23:59"),
        ("before 20 March", "2026-03-19T23:59"),
        ("midnight", "2026-03-11T23:59"),
    ] {
        assert_eq!(berlin(phrase), expected, "{phrase}");
    }
}

#[test]
fn times_past_today_mean_tomorrow_unless_today_was_said() {
    for (phrase, expected) in [
        ("at 5pm", "2026-03-11T17:00"),
        ("at 5", "2026-03-11T17:00"),
        ("at 9", "2026-03-12T09:00"),
        ("at 10:15", "2026-03-12T10:15"),
        ("10:16", "2026-03-11T10:16"),
        ("9am", "2026-03-12T09:00"),
        ("today at 9", "2026-03-11T21:00"),
        ("today at 9am", "2026-03-11T09:00"),
        ("noon", "2026-03-11T12:00"),
        ("at half past five", "2026-03-11T17:30"),
        ("at quarter to 12", "2026-03-11T11:45"),
        ("at 7 in the evening", "2026-03-11T19:00"),
        ("at 8 tonight", "2026-03-11T20:00"),
        ("tonight", "2026-03-11T20:00"),
        ("in the morning", "2026-03-12T09:00"),
        ("tomorrow evening at 8", "2026-03-12T20:00"),
        ("at 7 a.m. tomorrow", "2026-03-12T07:00"),
        ("12am tomorrow", "2026-03-12T00:00"),
        ("12pm tomorrow", "2026-03-12T12:00"),
        ("in 2 hours", "2026-03-11T12:15"),
        ("in half an hour", "2026-03-11T10:45"),
        ("in 90 minutes", "2026-03-11T11:45"),
    ] {
        assert_eq!(berlin(phrase), expected, "{phrase}");
    }
}

#[test]
fn written_dates_are_the_next_ones_unless_they_have_a_year() {
    for (phrase, expected) in [
        ("2026-05-31", "2026-05-31T23:59"),
        ("2026-05-31 17:30", "2026-05-31T17:30"),
        ("2026-05-31T17:30", "2026-05-31T17:30"),
        ("on 11 March", "2026-03-11T23:59"),
        ("10 March", "2027-03-10T23:59"),
        ("March 3rd", "2027-03-03T23:59"),
        ("the 3rd of April 2028", "2028-04-03T23:59"),
        ("April 3, 2028 at noon", "2028-04-03T12:00"),
        ("on the 15th", "2026-03-15T23:59"),
        ("on the 10th", "2026-04-10T23:59"),
        ("31.12.2026", "2026-12-31T23:59"),
        ("on 25/12", "2026-12-25T23:59"),
        ("on 12/25", "2026-12-25T23:59"),
        ("on 5/5", "2026-05-05T23:59"),
        ("29 February", "2028-02-29T23:59"),
    ] {
        assert_eq!(berlin(phrase), expected, "{phrase}");
    }
}

#[test]
fn what_is_no_date_or_two_is_asked_about() {
    for phrase in [
        "on Blursday",
        "next Fooday",
        "30 February",
        "February 30th",
        "31 April 2027",
        "2027-02-29",
        "2026-13-01",
        "at 25:00",
        "13pm",
        "on 3/12",
        "3/12/2026",
        "on 45/45",
    ] {
        with_clock("Europe/Berlin", "2026-03-11T10:15", |clock| {
            let tokens = tokens(phrase);
            let due = due(&tokens.iter().collect::<Words>(), clock);
            assert!(due.unclear.is_some() && due.at.is_none(), "{phrase}: {due:?}");
        });
    }
}

#[test]
fn titles_that_only_look_like_dates_stay_whole() {
    for text in [
        "Prepare Friday's meeting",
        "Read chapter 5",
        "Buy 2 lemons and 10 eggs",
        "March in the parade",
        "Watch the 5th element",
        "Plan the birthday",
        "May call back",
        "Bake for 2 hours",
        "Visit 3 Baker Street",
        "Midnight snack ideas list",
        "Sit in the sun",
        "Order a half and a quarter",
    ] {
        with_clock("Europe/Berlin", "2026-03-11T10:15", |clock| {
            let (at, title) = found(clock, text);
            assert_eq!((at, title.as_str()), (None, text));
        });
    }
}

/// "Friday" is the next one after today, "this Friday" may be today, "next Friday" is in the next week: on every day of a
/// year, for every weekday.
#[test]
fn weekdays_follow_their_rule_on_every_day_of_a_year() {
    const NAMES: [(Weekday, &str); 7] = [
        (Weekday::Monday, "Monday"),
        (Weekday::Tuesday, "Tuesday"),
        (Weekday::Wednesday, "Wednesday"),
        (Weekday::Thursday, "Thursday"),
        (Weekday::Friday, "Friday"),
        (Weekday::Saturday, "Saturday"),
        (Weekday::Sunday, "Sunday"),
    ];
    let mut today = Date::constant(2027, 12, 25);
    for _ in 0..366 {
        let days = |from: i64| (from..from + 7).map(move |ahead| today.checked_add(ahead.days()).unwrap());
        let monday =
            (0..7).map(|back| today.checked_sub(back.days()).unwrap()).find(|day| day.weekday() == Weekday::Monday);
        for (weekday, name) in NAMES {
            let is = |day: &Date| day.weekday() == weekday;
            let now = format!("{today}T12:00");
            let read = |phrase: String| wall("America/New_York", &now, &phrase);
            let last_minute = |day: Option<Date>| format!("{}T23:59", day.unwrap());
            assert_eq!(read(name.to_owned()), last_minute(days(1).find(is)), "{name} on {today}");
            assert_eq!(read(format!("by this {name}")), last_minute(days(0).find(is)), "this {name} on {today}");
            let in_next_week = (7..14).map(|ahead| monday.unwrap().checked_add(ahead.days()).unwrap()).find(is);
            assert_eq!(read(format!("next {name}")), last_minute(in_next_week), "next {name} on {today}");
        }
        today = today.tomorrow().unwrap();
    }
}

#[test]
fn month_and_year_ends_and_leap_days_are_kept() {
    for (now, phrase, expected) in [
        ("2026-12-31T20:00", "tomorrow", "2027-01-01T23:59"),
        ("2026-12-31T20:00", "at 9am", "2027-01-01T09:00"),
        ("2026-12-31T20:00", "next month", "2027-01-31T23:59"),
        ("2026-12-31T20:00", "end of the year", "2026-12-31T23:59"),
        ("2026-01-31T08:00", "in a month", "2026-02-28T23:59"),
        ("2026-01-31T08:00", "next month", "2026-02-28T23:59"),
        ("2026-01-31T08:00", "on the 30th", "2026-03-30T23:59"),
        ("2028-02-28T08:00", "tomorrow", "2028-02-29T23:59"),
        ("2028-02-29T08:00", "tomorrow", "2028-03-01T23:59"),
        ("2028-02-29T08:00", "in a year", "2029-02-28T23:59"),
        ("2028-02-29T08:00", "on 29 February", "2028-02-29T23:59"),
        ("2028-03-01T08:00", "on 29 February", "2032-02-29T23:59"),
        ("2096-03-01T08:00", "on 29 February", "2104-02-29T23:59"),
    ] {
        assert_eq!(wall("Europe/Berlin", now, phrase), expected, "{phrase} at {now}");
    }
}

/// Both changes of the clock, in a zone that changes by night in spring and autumn, on either side of the Atlantic.
#[test]
fn hours_that_are_skipped_or_come_twice_follow_one_rule() {
    for (zone, now, phrase, utc) in [
        // Skipped: the time moves on by the gap.
        ("Europe/Berlin", "2026-03-28T12:00", "tomorrow at 02:30", "2026-03-29T01:30:00Z"),
        ("America/New_York", "2026-03-07T12:00", "tomorrow at 02:30", "2026-03-08T07:30:00Z"),
        // Twice: the first one is meant.
        ("Europe/Berlin", "2026-10-24T12:00", "tomorrow at 02:30", "2026-10-25T00:30:00Z"),
        ("America/New_York", "2026-10-31T12:00", "tomorrow at 1:30am", "2026-11-01T05:30:00Z"),
        // Days of 23 and 25 hours still end at 23:59.
        ("Europe/Berlin", "2026-03-29T00:10", "today", "2026-03-29T21:59:00Z"),
        ("Europe/Berlin", "2026-10-25T00:10", "today", "2026-10-25T22:59:00Z"),
        ("America/New_York", "2026-03-08T00:10", "today", "2026-03-09T03:59:00Z"),
        ("America/New_York", "2026-11-01T00:10", "today", "2026-11-02T04:59:00Z"),
        // Hours are hours, days are days.
        ("Europe/Berlin", "2026-03-28T20:00", "in 24 hours", "2026-03-29T19:00:00Z"),
        ("Europe/Berlin", "2026-03-28T20:00", "tomorrow at 8pm", "2026-03-29T18:00:00Z"),
        ("America/New_York", "2026-10-31T20:00", "in 24 hours", "2026-11-02T00:00:00Z"),
        ("America/New_York", "2026-10-31T20:00", "tomorrow at 8pm", "2026-11-02T01:00:00Z"),
    ] {
        let at = with_clock(zone, now, |clock| found(clock, phrase).0);
        assert_eq!(at.unwrap().to_string(), utc, "{phrase} at {now} in {zone}");
    }
}

#[test]
fn today_is_the_day_of_the_user_and_not_of_utc() {
    for (zone, utc, today) in [
        ("Pacific/Auckland", "2026-03-10T20:00:00Z", "2026-03-11"),
        ("Pacific/Kiritimati", "2026-12-31T10:30:00Z", "2027-01-01"),
        ("Pacific/Honolulu", "2026-03-01T05:00:00Z", "2026-02-28"),
        ("Asia/Kathmandu", "2026-03-10T18:20:00Z", "2026-03-11"),
    ] {
        let zone = TimeZone::get(zone).unwrap();
        let clock = Clock::new(utc.parse().unwrap(), &zone);
        let day: Date = today.parse().unwrap();
        let last_minute = |day: Date| zone.to_timestamp(day.at(23, 59, 0, 0)).unwrap();
        assert_eq!(found(&clock, "today").0, Some(last_minute(day)));
        assert_eq!(found(&clock, "tomorrow").0, Some(last_minute(day.tomorrow().unwrap())));
        let words = tokens("today");
        let (after, before, _) = range(&words.iter().collect::<Words>(), &clock).unwrap();
        let midnight = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
        assert_eq!((after, before), (Some(midnight(day)), Some(midnight(day.tomorrow().unwrap()))));
    }
}

#[test]
fn a_weekday_and_a_date_must_agree() {
    let day = Date::constant(2026, 4, 3);
    let right = day.strftime("%A").to_string();
    let wrong = day.tomorrow().unwrap().strftime("%A").to_string();
    assert_eq!(berlin(&format!("on {right}, 3 April")), "2026-04-03T23:59");
    assert_eq!(berlin(&format!("on {wrong}, 3 April")), "");
}

#[test]
fn the_date_leaves_the_sentence_wherever_it_stands() {
    for (text, title, expected) in [
        ("Remind me tomorrow to email Sarah", "Remind me to email Sarah", "2026-03-12T23:59"),
        ("At 5pm call Bob tomorrow", "call Bob", "2026-03-12T17:00"),
        ("Tomorrow call Bob at 5pm", "call Bob", "2026-03-12T17:00"),
        ("Prepare slides for Friday's talk by Thursday", "Prepare slides for Friday's talk", "2026-03-12T23:59"),
        ("Report due on 1 April at 8:00 for Tom", "Report for Tom", "2026-04-01T08:00"),
        ("Visit Oma (tomorrow)", "Visit Oma ( )", "2026-03-12T23:59"),
    ] {
        with_clock("Europe/Berlin", "2026-03-11T10:15", |clock| {
            assert_eq!(found(clock, text).1, title);
            assert_eq!(berlin(text), expected, "{text}");
        });
    }
}

#[test]
fn short_days_continental_times_and_hours_are_read() {
    for (text, title, expected) in [
        ("Call mum sun 5pm", "Call mum", "2026-03-15T17:00"),
        ("Call mum sat at noon", "Call mum", "2026-03-14T12:00"),
        ("Call mum wed 9am", "Call mum", "2026-03-18T09:00"),
        ("Call mum fri", "Call mum", "2026-03-13T23:59"),
        ("Read in the sun at 5pm", "Read in the sun", "2026-03-11T17:00"),
        ("Enjoy the sun tomorrow", "Enjoy the sun", "2026-03-12T23:59"),
        ("Call mum on 5 december at 17h", "Call mum", "2026-12-05T17:00"),
        ("Call mum at 17h30 tomorrow", "Call mum", "2026-03-12T17:30"),
        ("Call mum tomorrow 17h", "Call mum", "2026-03-12T17:00"),
        ("Sleep 8h tomorrow", "Sleep 8h", "2026-03-12T23:59"),
        ("Call mum from 5 to 6pm tomorrow", "Call mum", "2026-03-12T17:00"),
        ("Call mum tomorrow from 5 to 6pm", "Call mum", "2026-03-12T17:00"),
        ("Meet on Friday from 11 to 1pm", "Meet", "2026-03-13T11:00"),
        ("Work from 9 to 5 on Friday", "Work", "2026-03-13T09:00"),
        ("Dinner from 7 to 9 in the evening on Friday", "Dinner", "2026-03-13T19:00"),
        ("Call mum a week from Friday", "Call mum", "2026-03-20T23:59"),
        ("Call mum two days after tomorrow", "Call mum", "2026-03-14T23:59"),
    ] {
        with_clock("Europe/Berlin", "2026-03-11T10:15", |clock| {
            assert_eq!(found(clock, text).1, title);
            assert_eq!(berlin(text), expected, "{text}");
        });
    }
    for text in ["Run from 5 to 10", "Run from 5 to 10 km", "Book the hotel for 2 weeks from Monday", "Where I sat"] {
        assert_eq!(berlin(text), "", "{text}");
    }
}

/// A day that is over, a year that nobody plans for, or a short name that stays beside another date.
#[test]
fn a_doubtful_date_is_asked_about_and_leaves_the_title() {
    for text in [
        "Call mum last Friday",
        "Call mum on the last Friday of March",
        "Call mum past Friday at 5pm",
        "Call mum on 1 jan 1960",
        "Call mum on March 3, 1800",
        "Call mum sat tomorrow",
        "Call mum tomorrow sun",
    ] {
        with_clock("Europe/Berlin", "2026-03-11T10:15", |clock| {
            let tokens = tokens(text);
            let words: Words = tokens.iter().collect();
            let due = due(&words, clock);
            assert!(due.unclear.is_some() && due.at.is_none(), "{text}: {due:?}");
            let kept: Words = words.iter().zip(&due.cut).filter(|(_, cut)| !**cut).map(|(word, _)| *word).collect();
            assert_eq!(written(text, &kept), "Call mum");
        });
    }
}

#[test]
fn a_list_of_last_friday_is_the_one_that_is_over() {
    let days = with_clock("Europe/Berlin", "2026-03-11T10:15", |clock| {
        let tokens = tokens("due last Friday");
        let (after, before, _) = range(&tokens.iter().collect::<Words>(), clock).unwrap();
        [after, before].map(|at| clock.zone.to_datetime(at.unwrap()).to_string())
    });
    assert_eq!(days, ["2026-03-06T00:00:00", "2026-03-07T00:00:00"]);
}
