//! Log line to trace, span to log lines and rates: the same links in the cluster's Grafana and in compose's.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::values::{STACK, at, document};

/// The data sources of the stack that the chart does not make by itself.
pub(crate) fn sources() -> Vec<Value> {
    at(&document(STACK), "/grafana/additionalDataSources").as_array().expect("a list").clone()
}

pub(crate) fn source(uid: &str) -> Value {
    let found = sources().into_iter().find(|source| source["uid"] == uid);
    found.unwrap_or_else(|| panic!("no data source {uid}"))
}

#[test]
fn logs_and_traces_lead_to_each_other_as_they_do_in_compose() {
    let compose = document("compose/grafana/datasources.yaml");
    let compose = compose["datasources"].as_array().expect("a list");
    for uid in ["loki", "jaeger"] {
        let there = compose.iter().find(|source| source["uid"] == uid).expect("a data source of that name");
        let here = source(uid);
        for key in ["name", "type", "access", "jsonData"] {
            assert_eq!(here[key], there[key], "{uid}: {key}");
        }
    }
}

#[test]
fn every_link_leads_to_a_data_source_that_is_there() {
    // The chart makes these two, unless somebody renames them.
    let mut uids: BTreeSet<String> = ["prometheus", "alertmanager"].map(str::to_owned).into();
    let datasources = at(&document(STACK), "/grafana/sidecar/datasources");
    assert!(datasources.get("uid").is_none() && datasources.get("alertmanager").is_none(), "{datasources}");
    uids.extend(sources().iter().map(|source| source["uid"].as_str().expect("a uid").to_owned()));
    let mut links = Vec::new();
    targets(&Value::from(sources()), &mut links);
    assert_eq!(links.len(), 3, "{links:?}");
    for link in links {
        assert!(uids.contains(&link), "{link} is no data source");
    }
}

fn targets(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            found.extend(entries.get("datasourceUid").map(|uid| uid.as_str().expect("a uid").to_owned()));
            entries.values().for_each(|entry| targets(entry, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| targets(entry, found)),
        _ => {}
    }
}

#[test]
fn a_dollar_is_doubled_so_that_grafana_does_not_look_for_a_variable_of_its_own() {
    let text = Value::from(sources()).to_string();
    let singles = text.replace("$$", "").matches('$').count();
    assert_eq!(singles, 0, "{text}");
    assert!(text.matches("$$").count() >= 8, "{text}");
    // The chart sends the data sources through Helm's templates.
    assert!(!text.contains("{{"), "{text}");
}
