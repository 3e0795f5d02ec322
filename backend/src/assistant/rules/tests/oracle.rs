//! Independent software agrees where both mean the same: chrono-node's answers, written down by scripts/chrono-oracle.mjs.

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    super::{Context, Focus, Request, read},
    sample::moment,
};

#[derive(Debug, Deserialize)]
struct Row {
    now: String,
    phrase: String,
    day: String,
    time: Option<String>,
}

#[test]
fn chrono_node_reads_the_common_subset_as_we_do() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let rows: Vec<Row> = serde_json::from_str(include_str!("../corpus/chrono-oracle.json")).unwrap();
    assert!(rows.len() > 200);
    let focus = Focus::default();
    let mut differences = Vec::new();
    for row in &rows {
        let context = Context { now: moment(&row.now, &zone), zone: &zone, focus: &focus, pending: false, asked: None };
        let requests = read(&format!("remind me to buy milk {}", row.phrase), &context);
        // A day without a time has no time there and ends at 23:59 here.
        let expected = format!("{}T{}", row.day, row.time.as_deref().unwrap_or("23:59"));
        let right = match requests.as_slice() {
            [Request::Create { title, due_at: Some(due), .. }] => {
                title == "Buy milk" && zone.to_datetime(*due).strftime("%Y-%m-%dT%H:%M").to_string() == expected
            }
            _ => false,
        };
        if !right {
            differences.push(format!("{row:?}: {requests:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
