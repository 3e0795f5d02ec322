//! Every rule has cases in the test file of its rule file: a recording rule a value, an alert a moment in which it fires and one
//! in which it does not, told apart by severity and windows. What the cases say is promtool's to judge.

use serde_json::Value;

use e2e::dashboards::list;

use crate::files::{Kind, Monitoring, Rule, map, text};

pub(crate) fn objections(monitoring: &Monitoring) -> Vec<String> {
    monitoring
        .rules
        .iter()
        .flat_map(|rule| of(rule, monitoring).into_iter().map(|text| format!("{}: {text}", rule.id())))
        .collect()
}

fn of(rule: &Rule, monitoring: &Monitoring) -> Vec<String> {
    let Some(file) = monitoring.tests.get(&rule.file) else {
        return vec!["its file has no test file".to_owned()];
    };
    let reads = list(&file["rule_files"]).iter().any(|path| text(path) == format!("../rules/{}.yaml", rule.file));
    let tests = list(&file["tests"]);
    let missing = match rule.kind {
        Kind::Record => {
            let recorded = tests.iter().any(|test| records(test, rule));
            [(recorded, "no case asks for its value"), (true, "")]
        }
        Kind::Alert => {
            let cases = || tests.iter().flat_map(|test| list(&test["alert_rule_test"]));
            let cases = || cases().filter(|case| text(&case["alertname"]) == rule.name);
            let fires = cases().any(|case| list(&case["exp_alerts"]).iter().any(|alert| is_of(alert, rule)));
            let silent = cases().any(|case| !list(&case["exp_alerts"]).iter().any(|alert| is_of(alert, rule)));
            // The watchdog's silence is the alarm.
            let never_silent = rule.expr.starts_with("vector(");
            [(fires, "no case sees it fire"), (silent || never_silent, "no case sees it silent")]
        }
    };
    std::iter::once((reads, "its test file reads another file"))
        .chain(missing)
        .filter(|(holds, _)| !holds)
        .map(|(_, text)| text.to_owned())
        .collect()
}

/// Whether a test states samples of a recorded series.
fn records(test: &Value, rule: &Rule) -> bool {
    list(&test["promql_expr_test"]).iter().any(|case| {
        let (expr, samples) = (text(&case["expr"]), list(&case["exp_samples"]));
        // A sum of fractions is compared rounded.
        let asked =
            expr.strip_prefix("round(").and_then(|rest| rest.rsplit_once(',')).map_or(&*expr, |(asked, _)| asked);
        let named = asked == rule.name || asked.starts_with(&format!("{}{{", rule.name));
        let labelled = |sample: &Value| {
            rule.labels.iter().all(|(name, value)| text(&sample["labels"]).contains(&format!("{name}=\"{value}\"")))
        };
        named && samples.iter().any(labelled)
    })
}

/// Whether an expected alert comes from this rule: of its labels, those without a template agree.
fn is_of(alert: &Value, rule: &Rule) -> bool {
    let labels = map(&alert["exp_labels"]);
    rule.labels.iter().filter(|(_, value)| !value.contains("{{")).all(|(name, value)| labels.get(name) == Some(value))
}
