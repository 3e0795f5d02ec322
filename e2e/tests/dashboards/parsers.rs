//! Every query parses: Prometheus' own promtool reads all of PromQL in one batch, Loki's own logcli each line of LogQL.

use std::fmt::Write as _;

use e2e::{
    dashboards::{Language, Query, Values, files},
    tool::Tool,
};

use crate::judge::criteria;

fn queries(language: Language) -> Vec<Query> {
    let all = files().into_iter().flat_map(|file| file.dashboard.queries());
    all.filter(|query| query.language == language).collect()
}

/// The expression that Prometheus would parse; of a variable, its series.
fn expression(query: &Query) -> String {
    let values = Values { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), ..Values::everything("todo") };
    let filled = query.filled(&values);
    match query.label_values() {
        Some(_) => filled.trim_start_matches("label_values(").rsplit_once(',').expect("two arguments").0.to_owned(),
        None => filled,
    }
}

/// A file of recording rules with one rule per expression. promtool names the number of the rule that it can't read.
fn as_rules(expressions: &[String]) -> String {
    let mut text = "groups:\n  - name: dashboards\n    rules:\n".to_owned();
    for (number, expression) in expressions.iter().enumerate() {
        let quoted = serde_json::Value::from(expression.as_str());
        let _ = writeln!(text, "      - record: query:number_{}\n        expr: {quoted}", number + 1);
    }
    text
}

#[test]
fn prometheus_understands_every_query() {
    let Some(promtool) = Tool::find("promtool", "prometheus") else { return };
    let asked = queries(Language::PromQl).iter().map(expression).collect::<Vec<_>>();
    assert!(asked.len() > 100, "only {} queries were found", asked.len());
    promtool.run_on(&["check", "rules"], &as_rules(&asked)).unwrap_or_else(|error| panic!("{error}\n{asked:#?}"));
    let broken = promtool.run_on(&["check", "rules"], &as_rules(&["sum by (job (up)".to_owned()]));
    broken.expect_err("promtool objects to a broken query");
}

#[test]
fn loki_understands_every_query() {
    let Some(logcli) = Tool::find("logcli", "loki") else { return };
    let asked = queries(Language::LogQl).iter().map(expression).collect::<Vec<_>>();
    assert!(asked.len() >= 6, "only {} queries were found", asked.len());
    for query in &asked {
        logcli.run_on(&["fmt"], query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    }
    logcli.run_on(&["fmt"], "sum(count_over_time({app=\"todo\"}))").expect_err("logcli objects to a broken query");
}

#[test]
fn no_variable_is_left_when_a_query_is_asked() {
    let judged: Vec<String> = criteria().iter().map(|criterion| criterion["query"].to_string()).collect();
    let values = Values::everything("todo");
    let judged = judged.iter().map(|query| e2e::dashboards::interpolate(query, &values));
    let asked = [Language::PromQl, Language::LogQl, Language::Jaeger].into_iter().flat_map(queries);
    for text in asked.map(|query| expression(&query)).chain(judged) {
        assert!(!text.contains('$'), "{text}");
    }
}
