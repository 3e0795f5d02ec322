//! JSON Schemas for kubeconform, made from the cluster's own OpenAPI document and from the definitions of the operator's and
//! the Gateway API's objects. Stricter than the API server: a field that it would silently drop is a mistake here.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use e2e::tool::{cache, missing};
use serde_json::{Map, Value, json};

use crate::objects::list;

const DEFINITIONS: &str = "#/definitions/";

/// What `scripts/chart-schemas` has fetched.
pub(crate) fn sources() -> Option<PathBuf> {
    let folder = cache().map(|cache| cache.join("chart-schemas")).filter(|folder| folder.join("stamp").is_file());
    if folder.is_none() {
        missing("the schemas of Kubernetes", "scripts/chart-schemas");
    }
    folder
}

/// Writes a schema for each kind that is asked for, named the way that kubeconform looks for it.
pub(crate) fn write(sources: &Path, kinds: &BTreeSet<(String, String)>, target: &Path) {
    let text = fs::read_to_string(sources.join("kubernetes.json")).expect("the OpenAPI document");
    let document: Value = serde_json::from_str(&text).expect("the OpenAPI document is JSON");
    for (version, kind) in kinds {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let schema = built_in(&document["definitions"], group, version, kind)
            .or_else(|| custom(sources, group, version, kind))
            .unwrap_or_else(|| panic!("no schema of {kind} in {group}/{version}"));
        let first = group.split('.').next().filter(|first| !first.is_empty());
        let name: Vec<&str> = [Some(kind.as_str()), first, Some(version)].into_iter().flatten().collect();
        let path = target.join(format!("{}.json", name.join("-").to_lowercase()));
        fs::write(path, schema.to_string()).expect("the schema");
    }
}

/// The schema of one of Kubernetes' own kinds, with all that it refers to.
fn built_in(definitions: &Value, group: &str, version: &str, kind: &str) -> Option<Value> {
    let wanted = json!({"group": group, "version": version, "kind": kind});
    let is_it = |definition: &Value| list(&definition["x-kubernetes-group-version-kind"]).contains(&wanted);
    let (name, _) = definitions.as_object()?.iter().find(|(_, definition)| is_it(definition))?;
    let mut needed = Map::new();
    let mut open = vec![name.clone()];
    while let Some(name) = open.pop() {
        if needed.contains_key(&name) {
            continue;
        }
        let mut definition = definitions[&name].clone();
        tighten(&mut definition);
        references(&definition, &mut open);
        needed.insert(name, definition);
    }
    Some(json!({"$ref": format!("{DEFINITIONS}{name}"), "definitions": needed}))
}

/// The schema in the definition of a custom kind.
fn custom(sources: &Path, group: &str, version: &str, kind: &str) -> Option<Value> {
    let text = fs::read_to_string(sources.join(format!("{}.yaml", kind.to_lowercase()))).ok()?;
    let definition: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}"));
    let versions = (definition["spec"]["group"] == group).then(|| list(&definition["spec"]["versions"]))?;
    let mut schema = versions.iter().find(|entry| entry["name"] == version)?["schema"]["openAPIV3Schema"].clone();
    // The definition leaves what every object has to the API server.
    schema["properties"]["metadata"] = json!({"type": "object", "additionalProperties": true});
    tighten(&mut schema);
    Some(schema)
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(entries) => {
            let reference = entries.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(DEFINITIONS));
            found.extend(reference.map(str::to_owned));
            entries.values().for_each(|entry| references(entry, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
        _ => {}
    }
}

/// Closes every object whose fields are listed, spells "a number or a text" in JSON Schema, and drops the prose.
fn tighten(schema: &mut Value) {
    let Value::Object(entries) = schema else {
        if let Value::Array(entries) = schema {
            entries.iter_mut().for_each(tighten);
        }
        return;
    };
    if entries.get("description").is_some_and(Value::is_string) {
        entries.remove("description");
    }
    let either = entries.get("format").is_some_and(|format| format == "int-or-string")
        || entries.get("x-kubernetes-int-or-string").is_some_and(|truth| truth == true);
    if either {
        *entries = [("type".to_owned(), json!(["integer", "string"]))].into_iter().collect();
        return;
    }
    let open = entries.contains_key("additionalProperties")
        || entries.get("x-kubernetes-preserve-unknown-fields").is_some_and(|truth| truth == true);
    if entries.get("properties").is_some_and(Value::is_object) && !open {
        entries.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for (key, entry) in entries.iter_mut() {
        match (key.as_str(), entry) {
            // Names of fields, which may be called anything, "description" and "format" too.
            ("properties", Value::Object(fields)) => fields.values_mut().for_each(tighten),
            ("enum" | "default" | "required" | "x-kubernetes-group-version-kind", _) => {}
            (_, entry) => tighten(entry),
        }
    }
}

#[test]
fn schemas_become_strict_all_the_way_down() {
    let mut schema = json!({
        "description": "prose",
        "properties": {
            "description": {"type": "string", "description": "a field of that name stays"},
            "port": {"type": "string", "format": "int-or-string"},
            "labels": {"type": "object", "additionalProperties": {"properties": {"a": {}}}},
            "raw": {"properties": {}, "x-kubernetes-preserve-unknown-fields": true},
        },
    });
    tighten(&mut schema);
    assert_eq!(
        schema,
        json!({
            "additionalProperties": false,
            "properties": {
                "description": {"type": "string"},
                "port": {"type": ["integer", "string"]},
                "labels": {"type": "object", "additionalProperties": {"properties": {"a": {}}, "additionalProperties": false}},
                "raw": {"properties": {}, "x-kubernetes-preserve-unknown-fields": true},
            },
        })
    );
}
