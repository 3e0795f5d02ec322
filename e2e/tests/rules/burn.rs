//! The arithmetic of the burn alerts: each factor follows from a share of the budget and its long window, every objective has
//! all four pairs of windows, and is as strict as the guide says.

use std::collections::BTreeSet;

use crate::files::{Monitoring, Rule};

/// A month of the budget, in hours.
const PERIOD_HOURS: f64 = 30.0 * 24.0;

/// Share of the budget, long window and its hours, short window, severity, how long it must last.
const WINDOWS: [(f64, &str, f64, &str, &str, &str); 4] = [
    (0.02, "1h", 1.0, "5m", "page", "2m"),
    (0.05, "6h", 6.0, "30m", "page", "2m"),
    (0.10, "1d", 24.0, "2h", "ticket", "15m"),
    (0.10, "3d", 72.0, "6h", "ticket", "15m"),
];

/// Objectives and the share of events that must be good.
const OBJECTIVES: [(&str, &str); 4] = [
    ("api-availability", "0.999"),
    ("api-latency", "0.99"),
    ("pages-availability", "0.999"),
    ("log-delivery", "0.999"),
];

pub(crate) fn objections(monitoring: &Monitoring) -> Vec<String> {
    let mut found = Vec::new();
    let burns: Vec<&Rule> = monitoring.alerts().filter(|alert| alert.name == "TodoErrorBudgetBurn").collect();
    if burns.len() != WINDOWS.len() {
        found.push(format!("{} burn alerts instead of {}", burns.len(), WINDOWS.len()));
    }
    for window in WINDOWS {
        let (_, long, _, short, severity, duration) = window;
        let wanted = expression(window);
        // Without a selector, so that it holds for every objective.
        match burns.iter().find(|burn| burn.labels.get("long").is_some_and(|label| label == long)) {
            None => found.push(format!("no burn alert over {long}")),
            Some(burn) => {
                let said = burn.expr.split_whitespace().collect::<Vec<_>>().join(" ");
                let label = |name: &str| burn.labels.get(name).map_or("", String::as_str);
                if said != wanted {
                    found.push(format!("the burn alert over {long} should be {wanted}, and is {said}"));
                }
                if (label("short"), label("severity"), burn.duration.as_str()) != (short, severity, duration) {
                    found.push(format!("the burn alert over {long} should say {short}, {severity} and {duration}"));
                }
            }
        }
    }
    for window in ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"] {
        let name = format!("slo:sli_error:ratio_rate{window}");
        let records = monitoring.records().filter(|record| record.name == name);
        let exprs: Vec<&str> = records.map(|record| record.expr.as_str()).collect();
        if exprs != [ratio(window)] {
            found.push(format!("{name} should be {} once, for every objective, and is {exprs:?}", ratio(window)));
        }
    }
    found.extend(objectives(monitoring));
    found
}

/// What the alert of a pair of windows asks.
fn expression((share, long, hours, short, ..): (f64, &str, f64, &str, &str, &str)) -> String {
    // Rounded, because 0.1 is no binary fraction.
    let factor = (share * PERIOD_HOURS / hours * 1000.0).round() / 1000.0;
    let exceeds = |window: &str| format!("slo:sli_error:ratio_rate{window} > {factor} * slo:error_budget:ratio");
    let bad = match long {
        "1h" => "slo:sli_bad:increase1h".to_owned(),
        _ => format!("sum_over_time(slo:sli_bad:rate5m[{long}]) * 15"),
    };
    format!("{} and {} and {bad} >= 5", exceeds(long), exceeds(short))
}

/// What the share of bad events over a window is recorded as.
fn ratio(window: &str) -> String {
    match window {
        "5m" => "slo:sli_bad:rate5m / (slo:sli_total:rate5m > 0)".to_owned(),
        "1h" => "slo:sli_bad:increase1h / (slo:sli_total:increase1h > 0)".to_owned(),
        _ => {
            format!("sum_over_time(slo:sli_bad:rate5m[{window}]) / (sum_over_time(slo:sli_total:rate5m[{window}]) > 0)")
        }
    }
}

fn objectives(monitoring: &Monitoring) -> Vec<String> {
    let mut found = Vec::new();
    let known: BTreeSet<&str> = OBJECTIVES.iter().map(|(name, _)| *name).collect();
    for series in ["slo:sli_total:rate5m", "slo:sli_bad:rate5m", "slo:sli_total:increase1h", "slo:sli_bad:increase1h"] {
        let records = monitoring.records().filter(|record| record.name == series);
        let names: Vec<&str> = records.filter_map(|record| Some(record.labels.get("sloth_slo")?.as_str())).collect();
        if names.len() != known.len() || names.iter().copied().collect::<BTreeSet<_>>() != known {
            found.push(format!("{series} is recorded for {names:?} instead of {known:?}"));
        }
    }
    let stated: BTreeSet<&str> = monitoring
        .records()
        .filter(|record| record.name == "slo:objective:ratio")
        .map(|record| record.expr.as_str())
        .collect();
    let wanted = OBJECTIVES.map(|(name, share)| format!("0 * slo:sli_total:rate5m{{sloth_slo=\"{name}\"}} + {share}"));
    if stated != wanted.iter().map(String::as_str).collect() {
        found.push(format!("objectives are {stated:?} instead of {wanted:?}"));
    }
    found
}
