//! A colour is a promise: a panel may turn red only at a number that an objective or an alert knows.

use e2e::dashboards::{File, list};
use serde_json::Value;

use super::{Surroundings, name, text};
use crate::judge::is_criterion;

/// Where a panel turns red.
struct Limit {
    /// What its query contains.
    asks: &'static str,
    unit: &'static str,
    red: f64,
    /// The alert or objective that has the same number, with the number as it stands there.
    source: (&'static str, &'static str),
}

const fn limit(asks: &'static str, unit: &'static str, red: f64, source: (&'static str, &'static str)) -> Limit {
    Limit { asks, unit, red, source }
}

/// The first row that fits a panel counts.
const LIMITS: &[Limit] = &[
    limit("slo:current_burn_rate:ratio", "short", 14.4, ("TodoErrorBudgetBurn", "14.4")),
    limit(
        "slo:period_error_budget_remaining:ratio",
        "percentunit",
        0.0,
        ("slo:period_error_budget_remaining:ratio", ""),
    ),
    limit("ALERTS{", "short", 1.0, ("TodoErrorBudgetBurn", "")),
    limit("log_push_dropped_total", "percentunit", 0.001, ("slo:objective:ratio", "log-delivery 0.999")),
    limit("status=~\"5..\"", "percentunit", 0.001, ("slo:objective:ratio", "api-availability 0.999")),
    limit("axum_http_requests_duration_seconds_bucket", "s", 0.25, ("slo:sli_bad:rate5m", "le=\"0.25\"")),
    limit("db_client_connection_max", "percentunit", 0.9, ("TodoDbPoolExhausted", "0.9")),
    limit("db_client_connection_wait_time_seconds_bucket", "s", 0.1, ("TodoDbPoolExhausted", "0.1")),
    limit("process_resident_memory_bytes", "percentunit", 0.9, ("TodoOOMRisk", "0.9")),
    limit("job:assistant_fallbacks:ratio_rate5m", "percentunit", 0.2, ("TodoAssistantFallbackHigh", "0.2")),
    limit("first_chunk", "s", 5.12, ("TodoAssistantSlow", "5.12")),
    limit("container_cpu_cfs_throttled_periods_total", "percentunit", 0.25, ("TodoCpuThrottled", "0.25")),
];

fn steps(panel: &Value) -> &[Value] {
    list(&panel["fieldConfig"]["defaults"]["thresholds"]["steps"])
}

/// The number at which a panel turns red or stops being red, if it has a colour besides its first.
fn boundary(panel: &Value) -> Option<f64> {
    let steps = steps(panel);
    let red = |step: &Value| text(step, "color") == "red";
    let change = steps.windows(2).find(|pair| red(&pair[0]) != red(&pair[1]));
    change.map_or_else(|| steps.get(1).map(|_| f64::NAN), |pair| pair[1]["value"].as_f64())
}

pub(super) fn thresholds(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let mut found = Vec::new();
    for panel in file.dashboard.panels() {
        if is_criterion(panel, &surroundings.criteria) {
            continue;
        }
        let Some(red) = boundary(panel) else { continue };
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or("short");
        let asks = |limit: &&Limit| {
            unit == limit.unit && list(&panel["targets"]).iter().any(|target| text(target, "expr").contains(limit.asks))
        };
        match LIMITS.iter().find(asks) {
            Some(limit) if (limit.red - red).abs() < f64::EPSILON => {}
            Some(limit) => found.push(format!("{} turns red at {red}, not at {}", name(panel), limit.red)),
            None => found.push(format!("{} turns red at {red}, a limit that nobody knows", name(panel))),
        }
    }
    found
}

#[test]
fn every_limit_is_that_of_an_objective_or_an_alert() {
    let rules = e2e::rules::all();
    for limit in LIMITS {
        let (source, words) = limit.source;
        let from = |rule: &&Value| rule["alert"] == source || rule["record"] == source;
        let says = |rule: &Value| words.split_whitespace().all(|word| text(rule, "expr").contains(word));
        assert!(
            rules.iter().map(|(_, rule)| rule).filter(from).any(says),
            "no {source} in monitoring/rules says {words:?}"
        );
    }
}
