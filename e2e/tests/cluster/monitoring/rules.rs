//! What Prometheus made of the PrometheusRules: every rule of every file, evaluated without an error, and none of them alarmed
//! while nothing was wrong.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::monitoring::load_test;
use crate::monitoring::stack::Prometheus;
use crate::release::{CHART, NAMESPACE};
use crate::tools::{attempt, eventually, run};

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

/// Asks the API server, strictly, whether it would take these objects; `Err` has what it objects to.
fn accepts(objects: &str) -> Result<(), String> {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(objects.as_bytes()).expect("room for it");
    let path = file.path().to_str().expect("a plain path");
    attempt("kubectl", &["create", "--dry-run=server", "--validate=strict", "--filename", path]).map(drop)
}

#[test]
fn the_operators_definitions_take_every_field_of_the_charts_rules_and_monitors() {
    // Under a name of its own: an object that is there already would be refused for that.
    let settings =
        "metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,metrics.postgresExporter.enabled=true";
    let arguments = ["template", "todo-strict", CHART, "--namespace", NAMESPACE, "--set", settings];
    let rendered = run("helm", &arguments).out;
    let monitoring: Vec<&str> =
        rendered.split("\n---\n").filter(|text| text.contains("monitoring.coreos.com/v1")).collect();
    assert!(monitoring.len() > 6, "rules and monitors: {}", monitoring.len());
    let objects = monitoring.join("\n---\n");
    assert_eq!(accepts(&objects), Ok(()));
    for (field, wrong) in [("keep_firing_for:", "keep_fireing_for:"), ("sampleLimit:", "samplesLimit:")] {
        assert!(objects.contains(field), "{field}");
        let refused = accepts(&objects.replacen(field, wrong, 1)).expect_err("a misspelt field is refused");
        assert!(refused.contains("unknown field"), "{refused}");
    }
}

#[tokio::test]
async fn no_alert_fired_while_everything_worked_under_load() {
    let ((from, to), prometheus) = (load_test::steady(), Prometheus::connect());
    let found = prometheus.range(r#"ALERTS{alertstate="firing",alertname!="TodoWatchdog"}"#, from, to).await;
    assert_eq!(found.expect("an answer"), Vec::<Value>::new());
    // The rules were evaluated most of the time, or silence would mean nothing; Prometheus may get them a little after its targets.
    let alive = prometheus.range(r#"ALERTS{alertstate="firing",alertname="TodoWatchdog"}"#, from, to).await;
    let samples = alive.expect("an answer").first().and_then(|series| Some(series["values"].as_array()?.len()));
    assert!(samples.is_some_and(|samples| samples as f64 >= (to - from) / 10.0), "{samples:?} in {} s", to - from);
}
