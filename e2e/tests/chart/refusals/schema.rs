//! Every rule of values.schema.json, broken once. The wrong values are made from the schema itself, so that a new rule has its
//! case the day it is written; Helm names every place that it objects to, so that few renders try hundreds of them.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use crate::{
    helm::Chart,
    objects::{list, map},
};

/// A wrong value, and the place that Helm has to name.
#[derive(Clone, Debug, PartialEq)]
struct Wrong {
    place: Vec<String>,
    value: Value,
    named: String,
}

/// Wrong values of one depth and turn do not stand in each other's way.
#[derive(Default)]
struct Rounds {
    unknown: Vec<Wrong>,
    /// By depth: a text where a mapping belongs hides what is inside.
    no_mapping: Vec<Vec<Wrong>>,
    /// By turn: one value per leaf at a time.
    leaves: Vec<Vec<Wrong>>,
}

fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("no {reference}")),
        None => schema,
    }
}

fn pointer(place: &[String]) -> String {
    place.iter().map(|key| format!("/{key}")).collect()
}

fn walk(schema: &Value, root: &Value, place: &[String], rounds: &mut Rounds) {
    let schema = resolved(schema, root);
    if schema["properties"].is_object() {
        if schema["additionalProperties"] == false {
            let inside = [place, &["surprise".to_owned()]].concat();
            rounds.unknown.push(Wrong { place: inside, value: json!(true), named: pointer(place) });
        }
        if let Some(depth) = place.len().checked_sub(1) {
            while rounds.no_mapping.len() <= depth {
                rounds.no_mapping.push(Vec::new());
            }
            rounds.no_mapping[depth].push(Wrong { place: place.to_vec(), value: json!("text"), named: pointer(place) });
        }
        for (key, property) in map(&schema["properties"]) {
            walk(property, root, &[place, std::slice::from_ref(key)].concat(), rounds);
        }
        return;
    }
    for (turn, (value, inside)) in wrong_values(schema, root).into_iter().enumerate() {
        if rounds.leaves.len() <= turn {
            rounds.leaves.push(Vec::new());
        }
        let named = format!("{}{inside}", pointer(place));
        rounds.leaves[turn].push(Wrong { place: place.to_vec(), value, named });
    }
}

/// A value against each rule of a leaf, and the place of the objection below it.
fn wrong_values(schema: &Value, root: &Value) -> Vec<(Value, String)> {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        several => list(several).iter().filter_map(Value::as_str).collect(),
    };
    let here = |value: Value| (value, String::new());
    let mut found = Vec::new();
    if !types.is_empty() {
        found.push(here(if types.contains(&"string") { json!([7]) } else { json!("text") }));
    }
    if !schema["enum"].is_null() {
        found.push(here(json!("no such choice")));
    }
    if !schema["pattern"].is_null() {
        found.push(here(json!("-no such form!")));
    }
    if let Some(least) = schema["minimum"].as_i64() {
        found.push(here(json!(least - 1)));
    }
    if let Some(most) = schema["maximum"].as_i64() {
        found.push(here(json!(most + 1)));
    }
    if schema["minLength"].as_u64() > Some(0) {
        found.push(here(json!("")));
    }
    if schema["minItems"].as_u64() > Some(0) {
        found.push(here(json!([])));
    }
    if !schema["not"]["const"].is_null() {
        found.push(here(schema["not"]["const"].clone()));
    }
    if schema["items"].is_object() {
        let inner = wrong_values(resolved(&schema["items"], root), root);
        found.extend(inner.into_iter().map(|(value, inside)| (json!([value]), format!("/0{inside}"))));
    }
    if schema["additionalProperties"].is_object() {
        let inner = wrong_values(resolved(&schema["additionalProperties"], root), root);
        found.extend(inner.into_iter().map(|(value, inside)| (json!({"entry": value}), format!("/entry{inside}"))));
    }
    found
}

fn lay(values: &mut Value, place: &[String], value: Value) {
    match place {
        [] => *values = value,
        [key, rest @ ..] => lay(&mut values[key.as_str()], rest, value),
    }
}

/// Places that Helm does not object to, although it should.
fn accepted(chart: &Chart, round: &[Wrong]) -> Vec<String> {
    let mut values = json!({});
    for wrong in round {
        lay(&mut values, &wrong.place, wrong.value.clone());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wrong.yaml");
    fs::write(&path, values.to_string()).expect("a values file");
    let error = chart.render().argument(&format!("--values={}", path.display())).fresh().err().unwrap_or_default();
    let named = |wrong: &&Wrong| !error.contains(&format!("at '{}'", wrong.named));
    round.iter().filter(named).map(|wrong| format!("{} = {}", pointer(&wrong.place), wrong.value)).collect()
}

#[test]
fn every_rule_of_the_schema_refuses_what_it_forbids() {
    let Some(chart) = Chart::open() else { return };
    let schema: Value = serde_json::from_str(&chart.text("values.schema.json")).expect("the schema is JSON");
    let mut rounds = Rounds::default();
    walk(&schema, &schema, &[], &mut rounds);
    let all: Vec<Vec<Wrong>> = [rounds.unknown].into_iter().chain(rounds.no_mapping).chain(rounds.leaves).collect();
    let tried: usize = all.iter().map(Vec::len).sum();
    assert!(tried > 300, "only {tried} wrong values");
    let accepted: Vec<String> = all.iter().flat_map(|round| accepted(&chart, round)).collect();
    assert!(accepted.is_empty(), "{} of {tried} accepted:\n{}", accepted.len(), accepted.join("\n"));
}

/// Values that a reader would call wrong, whatever the schema says today.
const WRONG: &[(&str, &str)] = &[
    ("backend.enabled", "\"yes\""),
    ("backend.image.digest", "\"sha256:0123\""),
    ("backend.image.pullPolicy", "\"Sometimes\""),
    ("backend.image.tag", "\"latest\""),
    ("backend.replicas", "-1"),
    ("backend.service.port", "70000"),
    ("backend.updateStrategy.type", "\"OnDelete\""),
    ("backup.retention", "0"),
    ("backup.schedule", "\"at night\""),
    ("commonLabels.team", "\"two words\""),
    ("config.backendUrl", "\"todo-backend:8000\""),
    ("config.cookieSecure", "\"perhaps\""),
    ("config.databaseMaxConnections", "0"),
    ("config.logLevel", "\"LOUD\""),
    ("config.lokiUrl", "\"https://loki\""),
    ("config.otelTracesSamplerArg", "\"1.5\""),
    ("config.otlpEndpoint", "\"jaeger:4317\""),
    ("config.requestTimeoutSeconds", "0"),
    ("database.name", "\"to-do; DROP\""),
    ("database.persistence.size", "\"plenty\""),
    ("fullnameOverride", "\"Todo_1\""),
    ("metrics.postgresExporter.serviceMonitor.interval", "\"often\""),
    ("metrics.prometheusRule.grafanaUrl", "\"grafana.example.com\""),
    ("metrics.prometheusRule.runbookBaseUrl", "\"https://example.com/\\\"quoted\""),
    ("metrics.serviceMonitor.interval", "\"often\""),
    ("networkPolicy.egress.loki.ports", "[]"),
    ("resourceQuota.hard", "[]"),
];

#[test]
fn the_schema_refuses_what_a_reader_would_call_wrong() {
    let Some(chart) = Chart::open() else { return };
    let round: Vec<Wrong> = WRONG
        .iter()
        .map(|(path, value)| Wrong {
            place: path.split('.').map(str::to_owned).collect(),
            value: serde_json::from_str(value).expect("JSON"),
            named: format!("/{}", path.replace('.', "/")),
        })
        .collect();
    assert_eq!(accepted(&chart, &round), Vec::<String>::new());
}

/// Parts of the schema that would accept anything.
fn careless(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    let schema = resolved(schema, root);
    if schema["properties"].is_object() {
        // Umbrella charts put what they like there.
        if schema["additionalProperties"] != false && path != "global" {
            found.push(format!("{path}: unknown keys are accepted"));
        }
        for (key, property) in map(&schema["properties"]) {
            careless(property, root, &joined(path, key), found);
        }
    } else if schema["type"].is_null() && schema["enum"].is_null() {
        found.push(format!("{path}: has no type"));
    }
}

#[test]
fn no_part_of_the_schema_accepts_anything() {
    let Some(chart) = Chart::open() else { return };
    let schema: Value = serde_json::from_str(&chart.text("values.schema.json")).expect("the schema is JSON");
    let mut found = Vec::new();
    careless(&schema, &schema, "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_schema_knows_every_value_and_no_other() {
    let Some(chart) = Chart::open() else { return };
    let schema: Value = serde_json::from_str(&chart.text("values.schema.json")).expect("the schema is JSON");
    let mut described = BTreeSet::new();
    keys_of_schema(&schema, &schema, "", &mut described);
    let mut given = BTreeSet::new();
    keys_of_values(&chart.yaml("values.yaml"), &described, "", &mut given);
    // Umbrella charts set it; nothing reads it.
    described.remove("enabled");
    let without_value: Vec<_> = described.difference(&given).filter(|key| !key.ends_with("resources.claims")).collect();
    assert!(without_value.is_empty(), "described, but without a default and a comment: {without_value:?}");
    let unknown: Vec<_> = given.difference(&described).collect();
    assert!(unknown.is_empty(), "not described: {unknown:?}");
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn keys_of_schema(schema: &Value, root: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, property) in map(&resolved(schema, root)["properties"]) {
        let path = joined(path, key);
        keys_of_schema(property, root, &path, found);
        found.insert(path);
    }
}

/// Keys of the defaults, down to where the schema stops to look.
fn keys_of_values(values: &Value, described: &BTreeSet<String>, path: &str, found: &mut BTreeSet<String>) {
    for (key, value) in map(values) {
        let path = joined(path, key);
        let goes_on = described.iter().any(|known| known.starts_with(&format!("{path}.")));
        found.insert(path.clone());
        if goes_on {
            keys_of_values(value, described, &path, found);
        }
    }
}
