//! The rules of the release with every duration a tenth of what it is, so that a test need not wait for an hour: made from the
//! objects that the chart installed, and put back when the test is over. Absent on purpose: thresholds, which stay.

use std::time::Duration;

use serde_json::Value;

use crate::monitoring::kept::{self, Kept};
use crate::monitoring::stack::{Prometheus, renew_files};
use crate::tools::eventually;

const FACTOR: u64 = 10;

/// Scaled rules in the place of the release's; those come back when this is dropped.
pub(crate) struct Scaled {
    _originals: Kept,
}

impl Scaled {
    /// Returns when Prometheus evaluates them and no other ones.
    pub(crate) async fn install(prometheus: &Prometheus) -> Self {
        let originals = Kept::all("prometheusrules");
        for object in &originals.objects {
            let mut object = object.clone();
            scale(&mut object["spec"]);
            kept::replace(&object);
        }
        let scaled = Self { _originals: originals };
        eventually(Duration::from_secs(120), async || loaded(prometheus).await).await;
        scaled
    }
}

async fn loaded(prometheus: &Prometheus) -> Result<(), String> {
    renew_files();
    let told = prometheus.ask("rules", &[]).await?.to_string();
    if told.contains("[30s]") && !told.contains("[5m]") {
        Ok(())
    } else {
        Err("the rules are not loaded yet".to_owned())
    }
}

/// Divides the durations of `for`, `keep_firing_for` and of every range in an expression. How often rules are evaluated stays: sums over
/// recorded rates count with it.
fn scale(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(scale),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match (key.as_str(), value.as_str()) {
                    ("for" | "keep_firing_for", Some(text)) => *value = shorter(text).into(),
                    ("expr", Some(text)) => *value = scaled_expression(text).into(),
                    ("labels" | "annotations", _) => {}
                    _ => scale(value),
                }
            }
        }
        _ => {}
    }
}

/// The ranges of an expression, `[5m]` and `[1h:1m]`, shortened; names that end like a duration stay. No rule has an offset.
fn scaled_expression(text: &str) -> String {
    assert!(!text.contains(" offset "), "{text}: offsets are not scaled");
    let mut scaled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let end = rest[start..].find(']').expect("a range ends") + start;
        let parts: Vec<String> = rest[start + 1..end].split(':').map(|part| shorter(part.trim())).collect();
        scaled += &format!("{}[{}]", &rest[..start], parts.join(":"));
        rest = &rest[end + 1..];
    }
    scaled + rest
}

/// A tenth of a duration, at least a second; what is none (the empty step of a subquery) stays.
fn shorter(text: &str) -> String {
    let milliseconds = match text.find(|character: char| !character.is_ascii_digit()) {
        Some(end) if end > 0 => {
            let unit = match &text[end..] {
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                other => panic!("{other}: a unit in {text}"),
            };
            text[..end].parse::<u64>().expect("a number") * unit
        }
        _ => return text.to_owned(),
    };
    format!("{}ms", (milliseconds / FACTOR).max(1_000))
}

#[test]
fn a_scaled_expression_looks_back_a_tenth_as_long_and_asks_for_the_same_series() {
    for (text, wanted) in [
        ("rate(a_total[5m])", "rate(a_total[30000ms])"),
        ("slo:ratio_rate5m > 14.4 * 0.001", "slo:ratio_rate5m > 14.4 * 0.001"),
        ("increase(a[1h]) + max_over_time(b[1d:1m])", "increase(a[360000ms]) + max_over_time(b[8640000ms:6000ms])"),
    ] {
        assert_eq!(scaled_expression(text), wanted);
    }
    assert_eq!((shorter("15s"), shorter("5s")), ("1500ms".to_owned(), "1000ms".to_owned()));
}
