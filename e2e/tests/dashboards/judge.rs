//! The load test's verdict and its dashboard are two readers of one file: a panel per criterion, with the judge's own query,
//! which turns red where the judge says no.

use e2e::{
    dashboards::{Dashboard, files, list},
    tool::root,
};
use serde_json::Value;

/// What Prometheus is asked for the verdict.
pub(crate) fn criteria() -> Vec<Value> {
    let path = root().join("loadtest/queries.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a list of criteria")
}

/// Whether a panel shows a criterion; such a panel is the judge's, not ours to shape.
pub(crate) fn is_criterion(panel: &Value, criteria: &[Value]) -> bool {
    criteria.iter().any(|criterion| panel["targets"][0]["expr"] == criterion["query"])
}

/// The colour of a value.
fn colour(panel: &Value, value: f64) -> &str {
    let steps = list(&panel["fieldConfig"]["defaults"]["thresholds"]["steps"]);
    let reached = steps.iter().rev().find(|step| step["value"].as_f64().is_none_or(|limit| value >= limit));
    reached.and_then(|step| step["color"].as_str()).unwrap_or_default()
}

fn objections(dashboard: &Dashboard, criteria: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let panels = dashboard.panels();
    for criterion in criteria {
        let name = format!("{}: {}", text(criterion, "criterion"), text(criterion, "title"));
        let Some(panel) = panels.iter().find(|panel| panel["title"] == *name) else {
            found.push(format!("no panel for {name}"));
            continue;
        };
        let targets = list(&panel["targets"]);
        if panel["type"] != "stat" || targets.len() != 1 || targets[0]["instant"] != true {
            found.push(format!("{name}: not one number for one moment"));
        }
        if targets.first().is_none_or(|target| target["expr"] != criterion["query"]) {
            found.push(format!("{name}: asks something else than the judge"));
        }
        if panel["fieldConfig"]["defaults"]["unit"] != criterion["unit"] {
            found.push(format!("{name}: another unit"));
        }
        // Grafana colours from a limit on, the judge passes up to it: the last step before or after decides.
        let limit = criterion["limit"].as_f64().expect("a limit");
        let little = (limit.abs() * 0.001).max(0.001);
        let (good, bad) = match text(criterion, "better") {
            "below" => (if limit == 0.0 { 0.0 } else { limit - little }, limit + little),
            _ => (limit, limit - little),
        };
        if (colour(panel, good), colour(panel, bad)) != ("green", "red") {
            found.push(format!("{name}: does not turn red at {limit}"));
        }
    }
    let shown = panels.iter().filter(|panel| is_criterion(panel, criteria)).count();
    if shown != criteria.len() {
        found.push(format!("{shown} panels for {} criteria", criteria.len()));
    }
    found
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn load_test() -> Dashboard {
    files().into_iter().find(|file| file.name == "todo-loadtest").expect("the load test's dashboard").dashboard
}

#[test]
fn the_load_test_and_its_dashboard_ask_the_same_questions() {
    let found = objections(&load_test(), &criteria());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_panel_that_differs_from_the_judge_is_found() {
    type Break = fn(&mut Value);
    let breaks: [(Break, &str); 5] = [
        (|panel| panel["targets"][0]["expr"] = "vector(1)".into(), "asks something else"),
        (|panel| panel["fieldConfig"]["defaults"]["unit"] = "ms".into(), "another unit"),
        (|panel| panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = 2.into(), "turn red at"),
        (|panel| panel["title"] = "Health".into(), "no panel for"),
        (|panel| panel["targets"][0]["instant"] = false.into(), "not one number"),
    ];
    for (mutate, expected) in breaks {
        let mut dashboard = load_test();
        let panels = dashboard.json["panels"].as_array_mut().expect("panels");
        let panel = panels.iter_mut().find(|panel| text(panel, "title").starts_with("HEALTH")).expect("a criterion");
        mutate(panel);
        let found = objections(&dashboard, &criteria());
        assert!(found.iter().any(|objection| objection.contains(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn a_criterion_that_nobody_shows_is_found() {
    let mut criteria = criteria();
    criteria.push(serde_json::json!({"criterion": "NEW", "title": "x", "query": "up", "limit": 1, "unit": "s", "better": "below"}));
    assert!(objections(&load_test(), &criteria).iter().any(|objection| objection.starts_with("no panel for NEW")));
}
