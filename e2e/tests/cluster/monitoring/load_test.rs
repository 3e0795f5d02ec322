//! What the load test before these tests left: its verdict and its timeline. Absent on purpose: judging it.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

fn read(file: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/e2e/loadtest");
    std::fs::read_to_string(format!("{folder}/{file}")).expect("what the load test before left")
}

pub(crate) fn verdict() -> Value {
    serde_json::from_str(&read("verdict.json")).expect("JSON")
}

/// From when to when it ran, in seconds since 1970.
pub(crate) fn time() -> (f64, f64) {
    let verdict = verdict();
    let moment = |key: &str| {
        let text = verdict[key].as_str().expect("a moment");
        OffsetDateTime::parse(text, &Rfc3339).expect("RFC 3339").unix_timestamp() as f64
    };
    (moment("started_at"), moment("finished_at"))
}

/// From when to when its users worked and nothing was broken on purpose: the rows of the timeline that say so.
pub(crate) fn steady() -> (f64, f64) {
    let text = read("timeline.csv");
    let mut seconds = text.lines().filter_map(|row| {
        let (at, rest) = row.split_once(',')?;
        rest.starts_with("steady load,").then(|| at.parse::<f64>().expect("a second"))
    });
    let (started, first) = (time().0, seconds.next().expect("a steady load"));
    (started + first, started + seconds.next_back().expect("more than a second of it"))
}
