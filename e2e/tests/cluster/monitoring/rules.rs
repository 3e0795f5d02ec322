//! What Prometheus made of the PrometheusRules: every rule of every file, evaluated without an error, and none of them alarmed
//! while nothing was wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::monitoring::load_test;
use crate::monitoring::stack::Prometheus;
use crate::tools::eventually;

/// Names of all rules in monitoring/rules.
fn names_in_files() -> BTreeSet<String> {
    e2e::rules::all().iter().map(|(_, rule)| name(rule, "alert", "record")).collect()
}

fn rules(group: &Value) -> &[Value] {
    group["rules"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn name(rule: &Value, first: &str, second: &str) -> String {
    rule[first].as_str().or(rule[second].as_str()).expect("a name").to_owned()
}

#[tokio::test]
async fn every_rule_of_the_repository_is_loaded_and_healthy() {
    let (prometheus, wanted) = (Prometheus::connect(), names_in_files());
    assert!(wanted.len() > 30, "{wanted:?}");
    eventually(Duration::from_secs(120), async || {
        let told = prometheus.ask("rules", &[]).await?;
        let groups = told["groups"].as_array().cloned().unwrap_or_default();
        let found: Vec<&Value> = groups.iter().flat_map(rules).collect();
        let sick: Vec<String> = found
            .iter()
            .filter(|rule| rule["health"] != "ok")
            .map(|rule| format!("{}: {} {}", rule["name"], rule["health"], rule["lastError"]))
            .collect();
        let names = found.iter().map(|rule| name(rule, "name", "name")).collect();
        let missing: Vec<&String> = wanted.difference(&names).collect();
        if sick.is_empty() && missing.is_empty() { Ok(()) } else { Err(format!("sick {sick:?}, missing {missing:?}")) }
    })
    .await;
}

#[tokio::test]
async fn no_alert_fired_while_everything_worked_under_load() {
    let ((from, to), prometheus) = (load_test::steady(), Prometheus::connect());
    let found = prometheus.range(r#"ALERTS{alertstate="firing",alertname!="TodoWatchdog"}"#, from, to).await;
    assert_eq!(found.expect("an answer"), Vec::<Value>::new());
    // The rules were evaluated all the time, or silence would mean nothing.
    let alive = prometheus.range(r#"ALERTS{alertstate="firing",alertname="TodoWatchdog"}"#, from, to).await;
    let samples = alive.expect("an answer").first().and_then(|series| Some(series["values"].as_array()?.len()));
    assert!(samples.is_some_and(|samples| samples as f64 >= (to - from) / 5.0 - 1.0), "{samples:?} in {} s", to - from);
}
