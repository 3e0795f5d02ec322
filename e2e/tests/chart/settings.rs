//! The way from a value to the process: ConfigMap, Secret and environment against what the two programs really read.
//! Their readers are run with a lookup that writes down each name, so there is no list here that could be wrong.

use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

use serde_json::Value;

use crate::{
    helm::Chart,
    objects::{Object, Objects, list, map},
    values::merged,
};

type Names = BTreeSet<String>;

/// The names that a program asks its environment for.
fn asked(read: impl FnOnce(&dyn Fn(&str) -> Option<String>)) -> Names {
    let names = RefCell::new(Names::new());
    read(&|name| {
        names.borrow_mut().insert(name.to_owned());
        None
    });
    names.into_inner()
}

fn read_by(component: &str) -> Names {
    match component {
        "backend" => asked(|lookup| drop(backend::config::Config::from_lookup(lookup))),
        "frontend" => asked(|lookup| drop(frontend::config::Config::from_lookup(lookup))),
        other => panic!("{other} has no settings"),
    }
}

/// Another name of OPENAI_MODEL, for environments that have it already; the chart needs one name only.
const OTHER_NAMES: [&str; 1] = ["OPENAI_AGENT_MODEL"];

/// What only the database reads.
const OF_THE_DATABASE: [&str; 3] = ["POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_USER"];

fn keys(object: &Object) -> Names {
    map(object.at("/data")).chain(map(object.at("/stringData"))).map(|(key, _)| key.clone()).collect()
}

/// The names in the environment of a component's first container.
fn given(objects: &Objects, component: &str) -> Names {
    let container = &objects.of_component("Deployment", component).pod_spec()["containers"][0];
    let mut names: Names =
        list(&container["env"]).iter().map(|variable| variable["name"].as_str().expect("a name").to_owned()).collect();
    for source in list(&container["envFrom"]) {
        for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            let Some(name) = source[field]["name"].as_str() else { continue };
            // A Secret of somebody else's is not rendered.
            names.extend(objects.find(kind, name).map(keys).unwrap_or_default());
        }
    }
    names
}

#[test]
fn every_variable_that_a_program_reads_can_be_set() {
    let Some(chart) = Chart::open() else { return };
    let renders = chart.every_render();
    for component in ["backend", "frontend"] {
        let has_it = |objects: &&Arc<Objects>| {
            objects.of_kind("Deployment").any(|deployment| deployment.component() == component)
        };
        let given: Names = renders
            .iter()
            .map(|(_, objects)| objects)
            .filter(has_it)
            .flat_map(|objects| given(objects, component))
            .collect();
        let mut missing: Names = read_by(component).difference(&given).cloned().collect();
        missing.retain(|name| !OTHER_NAMES.contains(&name.as_str()));
        assert!(missing.is_empty(), "no values file sets {missing:?} of {component}: it would need one that does");
    }
}

#[test]
fn every_variable_that_is_set_is_read_by_a_program() {
    let Some(chart) = Chart::open() else { return };
    let read: Names = read_by("backend").union(&read_by("frontend")).cloned().collect();
    for name in OTHER_NAMES {
        assert!(read.contains(name), "{name} is read by nobody: no exception any more");
    }
    for (file, objects) in chart.every_render() {
        for object in [("ConfigMap", "todo-config"), ("Secret", "todo-secrets")] {
            let Some(object) = objects.find(object.0, object.1) else { continue };
            let unread: Vec<String> = keys(object)
                .into_iter()
                .filter(|name| !read.contains(name) && !OF_THE_DATABASE.contains(&name.as_str()))
                .collect();
            assert!(unread.is_empty(), "{file}: {} has {unread:?}, which nobody reads", object.id());
        }
    }
}

#[test]
fn both_programs_read_the_config_map_and_the_secret() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().objects();
    for component in ["backend", "frontend"] {
        let container = &objects.of_component("Deployment", component).pod_spec()["containers"][0];
        let sources = list(&container["envFrom"]);
        assert!(sources.iter().any(|source| source["configMapRef"]["name"] == "todo-config"), "{component}");
        let secret = sources.iter().any(|source| source["secretRef"]["name"] == "todo-secrets");
        // The frontend needs none of the secrets, and what a pod does not have it cannot lose.
        assert_eq!(secret, component == "backend", "{component}");
        assert!(sources.iter().all(|source| source["secretRef"]["optional"] != true), "{component}");
    }
}

/// Another value than the default, that the schema allows.
fn other_value(key: &str, default: &Value) -> String {
    match (key, default) {
        ("logLevel", _) => "DEBUG".to_owned(),
        ("environment", _) => "staging".to_owned(),
        ("listenHost", _) => "127.0.0.1".to_owned(),
        ("corsOrigins", _) => "https://other.example".to_owned(),
        ("backendUrl" | "openaiBaseUrl", _) => "https://other.example/path".to_owned(),
        ("lokiUrl", _) => "http://loki.example:3100".to_owned(),
        ("otlpEndpoint", _) => "http://otlp.example:4318".to_owned(),
        ("trustedProxies", _) => "192.0.2.0/24".to_owned(),
        ("cookieSecure", _) => "true".to_owned(),
        ("otelTracesSamplerArg" | "agentTemperature", _) => "0.25".to_owned(),
        (_, Value::Number(number)) => (number.as_u64().expect("a count") + 1).to_string(),
        (_, Value::String(text)) if text.parse::<u64>().is_ok() => "7".to_owned(),
        (_, Value::String(_)) => "other".to_owned(),
        (key, default) => panic!("config.{key}: {default}"),
    }
}

#[test]
fn every_setting_reaches_a_program_and_rolls_its_pods() {
    let Some(chart) = Chart::open() else { return };
    let before = chart.render().objects();
    for (key, default) in map(&merged(&chart, None)["config"]) {
        // One second more than the grace period allows would be refused.
        let more = if key.starts_with("shutdown") {
            ",backend.terminationGracePeriodSeconds=60,frontend.terminationGracePeriodSeconds=60"
        } else {
            ""
        };
        let value = other_value(key, default).replace(',', "\\,");
        let kind = if default.is_string() { "--set-string" } else { "--set" };
        let after = chart.render().argument(&format!("{kind}=config.{key}={value}{more}")).objects();
        let settings = |objects: &Objects| {
            let pods = |component: &str| objects.of_component("Deployment", component).pod().cloned();
            (objects.get("ConfigMap", "todo-config").at("/data").clone(), pods("backend"), pods("frontend"))
        };
        let (before, after) = (settings(&before), settings(&after));
        assert!(before != after, "config.{key}={value} changes nothing");
        if before.0 != after.0 {
            assert!(before.1 != after.1 && before.2 != after.2, "config.{key} does not roll the pods");
        }
    }
}

/// The hosts of the ConfigMap, each of which the backend must take.
fn mcp_hosts(objects: &Objects) -> Vec<String> {
    let settings = objects.get("ConfigMap", "todo-config");
    let Some(text) = settings.at("/data/MCP_ALLOWED_HOSTS").as_str() else { return Vec::new() };
    let lookup = |name: &str| (name == "MCP_ALLOWED_HOSTS").then(|| text.to_owned());
    let mistakes = backend::config::Config::from_lookup(&lookup).err().map(|error| error.to_string());
    assert!(!mistakes.is_some_and(|mistakes| mistakes.contains("MCP_ALLOWED_HOSTS")), "{text}");
    text.split(',').map(str::to_owned).collect()
}

#[test]
fn clients_of_mcp_may_come_by_the_service_and_by_every_public_name() {
    let Some(chart) = Chart::open() else { return };
    let service = ["todo-backend", "todo-backend.todo", "todo-backend.todo.svc", "todo-backend.todo.svc.cluster.local"];
    let hosts = |assignments: &str| mcp_hosts(&chart.render().set(assignments).objects());
    let with = |more: &[&str]| service.iter().chain(more).map(|host| (*host).to_owned()).collect::<Vec<_>>();
    assert_eq!(hosts("ingress.enabled=true"), with(&["todo.local"]));
    // Switching it rolls no pods.
    assert_eq!(hosts("ingress.enabled=false"), with(&["todo.local"]));
    assert_eq!(hosts("ingress.host="), with(&[]));
    // A pattern is no name that a client could say.
    assert_eq!(hosts("ingress.host=*.example.com"), with(&[]));
    assert_eq!(
        hosts("config.mcpAllowedHosts=a.example:8443\\, b.example"),
        with(&["todo.local", "a.example:8443", "b.example"])
    );
    let route = "ingress.enabled=false,httpRoute.enabled=true,httpRoute.parentRefs[0].name=public";
    assert_eq!(hosts(route), with(&["todo.local"]));
    assert_eq!(hosts(&format!("{route},httpRoute.hostnames[0]=c.example")), with(&["todo.local", "c.example"]));
}
