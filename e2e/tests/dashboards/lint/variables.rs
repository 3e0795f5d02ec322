//! Rules about a dashboard's variables.

use std::collections::BTreeSet;

use e2e::dashboards::{File, Language, Values, list};
use serde_json::Value;

use super::{Surroundings, text};

fn variable<'a>(file: &'a File, name: &str) -> Option<&'a Value> {
    list(&file.dashboard.json["templating"]["list"]).iter().find(|variable| variable["name"] == name)
}

/// The data sources that a dashboard needs: name, label, kind.
fn wanted(file: &File) -> Vec<(&'static str, &'static str, &'static str)> {
    let languages: BTreeSet<&str> = file
        .dashboard
        .queries()
        .iter()
        .map(|query| match query.language {
            Language::PromQl => "prometheus",
            Language::LogQl => "loki",
            Language::Jaeger => "jaeger",
        })
        .collect();
    if languages.len() == 1 {
        return vec![("datasource", "Data source", "prometheus")];
    }
    let all = [
        ("prometheus_datasource", "Prometheus data source", "prometheus"),
        ("loki_datasource", "Loki data source", "loki"),
        ("jaeger_datasource", "Jaeger data source", "jaeger"),
    ];
    all.into_iter().filter(|(_, _, kind)| languages.contains(kind)).collect()
}

pub(super) fn data_sources(file: &File, _: &Surroundings) -> Vec<String> {
    let variables = list(&file.dashboard.json["templating"]["list"]).iter();
    let sources = variables.filter(|variable| variable["type"] == "datasource");
    let found: Vec<(&str, &str, &str)> =
        sources.map(|source| (text(source, "name"), text(source, "label"), text(source, "query"))).collect();
    if found == wanted(file) { Vec::new() } else { vec![format!("its data sources are {found:?}")] }
}

/// One at a time: a share over two installations tells about neither, and the judge's queries ask for exactly one.
pub(super) fn namespace(file: &File, _: &Surroundings) -> Vec<String> {
    let Some(variable) = variable(file, "namespace") else { return vec!["no variable namespace".to_owned()] };
    let well = asks(variable) && variable["multi"] == false && variable["includeAll"] == false;
    if well { Vec::new() } else { vec!["the variable namespace is not one of a fresh list".to_owned()] }
}

/// Made of what Prometheus knows, anew whenever the time range changes: pods come and go.
fn asks(variable: &Value) -> bool {
    variable["type"] == "query"
        && variable["refresh"] == 2
        && text(&variable["datasource"], "uid").starts_with("${")
        && variable["definition"] == variable["query"]["query"]
        && !text(variable, "label").is_empty()
}

pub(super) fn lists(file: &File, _: &Surroundings) -> Vec<String> {
    let narrows = |name: &str, variable: &Value| {
        let before = if name == "job" { "namespace=~\"$namespace\"}" } else { "job=~\"$job\"" };
        text(&variable["query"], "query").contains(before)
    };
    let all = ["job", "instance", "endpoint", "method"].into_iter();
    let mut found = Vec::new();
    for name in all {
        match variable(file, name) {
            Some(one) => {
                // ".*" would also find series without the label, and Loki refuses it.
                let chooses = one["multi"] == true && one["includeAll"] == true && one["allValue"] == ".+";
                if !(asks(one) && chooses && narrows(name, one)) {
                    found.push(format!("the variable {name} is not a fresh list to choose several of"));
                }
            }
            None if ["job", "instance"].contains(&name) => found.push(format!("no variable {name}")),
            None => {}
        }
    }
    found
}

pub(super) fn known(file: &File, _: &Surroundings) -> Vec<String> {
    let declared: Vec<&str> =
        list(&file.dashboard.json["templating"]["list"]).iter().map(|variable| text(variable, "name")).collect();
    let mut found = Vec::new();
    for query in file.dashboard.queries() {
        if query.filled(&Values::everything("todo")).contains('$') {
            found.push(format!("nobody fills in what {:?} asks for", query.text));
        }
        for name in ["endpoint", "method", "trace_id", "request_id"] {
            if query.text.contains(&format!("${name}")) && !declared.contains(&name) {
                found.push(format!("{:?} uses ${name}, which the dashboard does not declare", query.text));
            }
        }
    }
    found
}
