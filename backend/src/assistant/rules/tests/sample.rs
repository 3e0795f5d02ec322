//! The conversation that the tests talk in: Wednesday 11 March 2026, 10:15 in Berlin, five tasks on the last list.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use uuid::Uuid;

use super::super::{Context, Focus, Known, Request, read};

/// The titles of the last list.
pub(super) const LIST: [&str; 5] =
    ["Write the client report", "Call the dentist", "Buy milk and eggs", "Book flights to Lisbon", "Water the plants"];

/// Tasks with ids by their places.
pub(super) fn known(titles: &[&str]) -> Vec<Known> {
    (1..).zip(titles).map(|(id, title)| Known { id: Uuid::from_u128(id), title: (*title).to_owned() }).collect()
}

/// That list, and "it" is its second task.
pub(super) fn focus() -> Focus {
    let list = known(&LIST);
    Focus { touched: vec![list[1].clone()], list }
}

/// Wall-clock time in a zone.
pub(super) fn moment(wall: &str, zone: &TimeZone) -> Timestamp {
    zone.to_timestamp(wall.parse::<DateTime>().unwrap()).unwrap()
}

/// Reads a message in the sample conversation.
pub(super) fn reading(text: &str) -> Vec<Request> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let now = moment("2026-03-11T10:15", &zone);
    read(text, &Context { now, zone: &zone, focus: &focus(), pending: false, asked: None })
}
