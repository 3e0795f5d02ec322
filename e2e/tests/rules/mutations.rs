//! Each gate objects to what it is there for: one change of the files as they are, one objection of the right kind.

use serde_json::Value;

use crate::{Gate, alerts, burn, cases, files::Monitoring, metrics, runbooks};

/// What is changed, in which way, by whom it is noticed, and a piece of what is said.
type Mutation = (&'static str, fn(&mut Monitoring), Gate, &'static str);

const MUTATIONS: &[Mutation] = &[
    ("a severity", |all| label(all, "TodoDbDown", "severity", "urgent"), alerts::objections, "severity"),
    ("a team", |all| label(all, "TodoDbDown", "team", ""), alerts::objections, "team"),
    ("an unknown objective", |all| label(all, "TodoDbDown", "slo", "chat"), alerts::objections, "slo"),
    ("no summary", |all| annotation(all, "TodoDbDown", "summary", ""), alerts::objections, "summary"),
    ("no value", |all| annotation(all, "TodoDbDown", "description", "It is down."), alerts::objections, "no value"),
    ("another page", |all| annotation(all, "TodoDbDown", "runbook_url", PAGE), alerts::objections, "runbook_url"),
    ("no dashboard", |all| annotation(all, "TodoDbDown", "dashboard_url", NOWHERE), alerts::objections, "no dashboard"),
    ("no namespace", |all| annotation(all, "TodoDbDown", "dashboard_url", BARE), alerts::objections, "no namespace"),
    ("a dashboard that went", |all| all.dashboards.clear(), alerts::objections, "no dashboard"),
    ("no test file", |all| drop(all.tests.remove("backup")), cases::objections, "no test file"),
    ("no firing case", |all| forget(all, "service", "TodoDbDown"), cases::objections, "fire"),
    ("no case of a severity", |all| label(all, "TodoRestarts", "severity", "ticket"), cases::objections, "fire"),
    ("a record without case", |all| rename(all, "job:http_requests:rate5m"), cases::objections, "value"),
    ("another factor", |all| expr(all, "TodoErrorBudgetBurn", "14.4", "14"), burn::objections, "14.4"),
    ("another guard", |all| expr(all, "TodoErrorBudgetBurn", ">= 5", ">= 1"), burn::objections, ">= 5"),
    ("one objective alone", |all| expr(all, "TodoErrorBudgetBurn", "1h >", "1h{a=\"b\"} >"), burn::objections, "1h"),
    ("a missing window", |all| remove(all, "TodoErrorBudgetBurn"), burn::objections, "no burn alert over 1h"),
    ("a missing series", |all| remove(all, "slo:sli_error:ratio_rate3d"), burn::objections, "ratio_rate3d"),
    ("a lost objective", |all| remove(all, "slo:sli_bad:rate5m"), burn::objections, "slo:sli_bad:rate5m"),
    ("a softer objective", |all| expr(all, "slo:objective:ratio", "0.999", "0.99"), burn::objections, "0.999"),
    (
        "an unknown metric",
        |all| expr(all, "TodoDbDown", "dependency_up", "db_up"),
        metrics::objections,
        "exports db_up",
    ),
    ("a record that went", |all| remove(all, "job:db_pool:used_ratio"), metrics::objections, "job:db_pool:used_ratio"),
    ("an exception too many", |all| remove(all, "TodoClockSkew"), metrics::objections, "node_time_seconds any more"),
    ("no page", |all| drop(all.runbooks.remove("tododbdown")), runbooks::objections, "no page"),
    ("a page too many", |all| remove(all, "TodoRestarts"), runbooks::objections, "no alert"),
    ("another title", |all| page(all, "# TodoDbDown", "# The database"), runbooks::objections, "title"),
    ("a missing part", |all| page(all, "## Impact", "## Effect"), runbooks::objections, "headings"),
    ("an empty part", |all| page(all, "## Impact\n", "## Impact\n\n## Impact\n"), runbooks::objections, "says nothing"),
    ("nothing to copy", |all| page(all, "```", ""), runbooks::objections, "nothing to copy"),
    ("a dead link", |all| page(all, "](../backup.md)", "](../dumps.md)"), runbooks::objections, "dumps.md"),
    ("a query for nothing", |all| page(all, "dependency_up", "db_up"), runbooks::objections, "exports db_up"),
    ("not in the index", |all| all.index.clear(), runbooks::objections, "README"),
];

const PAGE: &str = "https://todo.example.com/docs/runbooks/todopanics.md";
const NOWHERE: &str = "https://grafana.example.com/d/todo-nowhere?var-namespace=todo";
const BARE: &str = "https://grafana.example.com/d/todo-overview";

#[test]
fn each_gate_objects_to_what_it_is_there_for() {
    for (what, change, gate, piece) in MUTATIONS {
        let mut monitoring = Monitoring::read();
        change(&mut monitoring);
        let found = gate(&monitoring);
        assert!(found.iter().any(|text| text.contains(piece)), "{what}: {found:?}");
    }
}

fn first<'a>(all: &'a mut Monitoring, name: &str) -> &'a mut crate::files::Rule {
    all.rules.iter_mut().find(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule {name}"))
}

fn label(all: &mut Monitoring, name: &str, label: &str, value: &str) {
    first(all, name).labels.insert(label.to_owned(), value.to_owned());
}

fn annotation(all: &mut Monitoring, name: &str, annotation: &str, value: &str) {
    first(all, name).annotations.insert(annotation.to_owned(), value.to_owned());
}

fn expr(all: &mut Monitoring, name: &str, from: &str, to: &str) {
    let rule = first(all, name);
    assert!(rule.expr.contains(from), "{name} has no {from}");
    rule.expr = rule.expr.replacen(from, to, 1);
}

fn rename(all: &mut Monitoring, name: &str) {
    first(all, name).name.push_str("_anew");
}

fn remove(all: &mut Monitoring, name: &str) {
    let place = all.rules.iter().position(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule {name}"));
    all.rules.remove(place);
}

fn page(all: &mut Monitoring, from: &str, to: &str) {
    let text = all.runbooks.get_mut("tododbdown").expect("the page of TodoDbDown");
    assert!(text.contains(from), "the page has no {from}");
    *text = text.replace(from, to);
}

/// Takes away what an alert's cases expect.
fn forget(all: &mut Monitoring, file: &str, alert: &str) {
    let tests = all.tests.get_mut(file).and_then(|file| file["tests"].as_array_mut()).expect("tests");
    let cases = tests.iter_mut().filter_map(|test| test.get_mut("alert_rule_test")?.as_array_mut()).flatten();
    for case in cases.filter(|case| case["alertname"] == alert) {
        case["exp_alerts"] = Value::Null;
    }
}
