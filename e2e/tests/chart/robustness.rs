//! Ways to use the chart that nobody has a values file for: as a part of another chart, with defaults removed, with every
//! place to add something used.

use std::fs;

use serde_json::{Value, json};

use crate::{
    helm::Chart,
    objects::{Objects, map},
};

/// Places in an object that hold nothing, or what a template prints when it has failed.
fn debris(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(format!("{place} is null")),
        Value::String(text) if ["<no value>", "<nil>", "%!", "map["].iter().any(|sign| text.contains(sign)) => {
            found.push(format!("{place} is {text:?}"));
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                debris(entry, &format!("{place}/{index}"), found);
            }
        }
        Value::Object(entries) => {
            for (key, entry) in entries {
                debris(entry, &format!("{place}/{key}"), found);
            }
        }
        _ => {}
    }
}

fn all_debris(objects: &Objects) -> Vec<String> {
    let mut found = Vec::new();
    for object in objects.iter() {
        debris(&object.0, &object.id(), &mut found);
    }
    found
}

#[test]
fn nothing_rendered_is_null_or_the_print_of_a_failed_template() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        assert_eq!(all_debris(&objects), Vec::<String>::new(), "{file}");
    }
    let bad = Objects::of(vec![json!({"kind": "A", "metadata": {"name": "a"}, "x": [null, "<no value>", "fine"]})]);
    assert_eq!(all_debris(&bad).len(), 2);
}

/// Values that may be null, as nested mappings.
fn nulls(schema: &Value, root: &Value) -> Value {
    let mut found = json!({});
    for (key, property) in map(&schema["properties"]) {
        let property = match property["$ref"].as_str() {
            Some(reference) => root.pointer(reference.trim_start_matches('#')).expect("a definition"),
            None => property,
        };
        let nullable = property["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
        let inner = nulls(property, root);
        if nullable {
            found[key] = Value::Null;
        } else if inner.as_object().is_some_and(|inner| !inner.is_empty()) {
            found[key] = inner;
        }
    }
    found
}

#[test]
fn every_default_that_may_be_removed_can_be_removed() {
    let Some(chart) = Chart::open() else { return };
    let schema: Value = serde_json::from_str(&chart.text("values.schema.json")).expect("the schema is JSON");
    let nulls = nulls(&schema, &schema);
    assert!(nulls["backend"]["lifecycle"].is_null() && nulls["backend"].as_object().is_some_and(|keys| keys.len() > 5));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nulls.yaml");
    fs::write(&path, nulls.to_string()).expect("a values file");
    for file in [None, Some("ci/05-everything-on-values.yaml")] {
        let objects = chart.render().file(file).argument(&format!("--values={}", path.display())).objects();
        assert_eq!(all_debris(&objects), Vec::<String>::new(), "{file:?}");
    }
}

#[test]
fn a_setting_that_is_removed_is_left_to_the_servers() {
    let Some(chart) = Chart::open() else { return };
    let required = ["databaseMaxConnections", "environment", "shutdownDelaySeconds", "shutdownGraceSeconds"];
    let values = chart.yaml("values.yaml");
    let keys = map(&values["config"]).map(|(key, _)| key.as_str()).filter(|key| !required.contains(key));
    let removed: Vec<String> = keys.map(|key| format!("config.{key}=null")).collect();
    let objects = chart.render().set(&removed.join(",")).objects();
    assert_eq!(all_debris(&objects), Vec::<String>::new());
    let config = objects.get("ConfigMap", "todo-config").at("/data").clone();
    for variable in ["REQUESTS_PER_MINUTE", "LOGINS_PER_MINUTE", "COOKIE_SECURE", "OTEL_TRACES_SAMPLER_ARG"] {
        assert!(config[variable].is_null(), "{variable} is {}", config[variable]);
    }
}

#[test]
fn the_chart_can_be_part_of_another_chart() {
    let Some(chart) = Chart::open() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let outer = folder.path().join("todo");
    fs::create_dir_all(outer.join("charts")).expect("a folder");
    chart.copy(&outer.join("charts"));
    let version = env!("CARGO_PKG_VERSION");
    let description = json!({
        "apiVersion": "v2", "name": "umbrella", "version": "1.0.0",
        "dependencies": [{"name": "todo", "version": version, "condition": "todo.enabled"}],
    });
    fs::write(outer.join("Chart.yaml"), description.to_string()).expect("a file");
    let values = json!({
        "global": {"imageRegistry": "registry.example.com", "somethingOfTheirs": {"a": 1}},
        "todo": {"enabled": true, "secrets": {"jwtSecret": "0123456789012345678901234567890123"}},
    });
    fs::write(outer.join("values.yaml"), values.to_string()).expect("a file");
    let umbrella = Chart::at(outer).expect("helm, again");
    let alone = chart.render().objects();
    let inside = umbrella.render().objects();
    assert_eq!(inside.ids(), alone.ids());
    let image = inside.get("Deployment", "todo-backend").pod_spec()["containers"][0]["image"].clone();
    assert!(image.as_str().is_some_and(|image| image.starts_with("registry.example.com/")), "{image}");
    assert_eq!(umbrella.render().set("todo.enabled=false").objects().ids(), Vec::<String>::new());
}

#[test]
fn what_is_added_by_values_arrives_at_every_component() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().file(Some("ci/05-everything-on-values.yaml")).objects();
    for object in objects.iter() {
        assert_eq!(object.labels().get("team").map(String::as_str), Some("todo"), "{}", object.id());
    }
    for workload in objects.workloads() {
        let pod = workload.pod().expect("pods");
        let spec = workload.pod_spec();
        let container = &spec["containers"][0];
        let has = |list: &Value, name: &str| crate::objects::list(list).iter().any(|entry| entry["name"] == name);
        for (what, there) in [
            ("podAnnotations", pod["metadata"]["annotations"]["example.com/note"] == "text"),
            ("podLabels", pod["metadata"]["labels"]["example.com/kind"] == "server"),
            ("nodeSelector", spec["nodeSelector"]["kubernetes.io/os"] == "linux"),
            ("tolerations", spec["tolerations"][0]["key"] == "dedicated"),
            ("priorityClassName", spec["priorityClassName"] == "important"),
            ("extraEnv", has(&container["env"], "RUST_BACKTRACE")),
            ("extraEnvFrom", container["envFrom"].to_string().contains("\"more\"")),
            ("extraVolumes", has(&spec["volumes"], "more")),
            ("extraVolumeMounts", has(&container["volumeMounts"], "more")),
        ] {
            assert!(there, "{}: {what} is lost", workload.id());
        }
    }
}
