//! compose.yaml, held by reading it: no container engine is needed, and a mistake shows before anybody starts one.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;
use url::Url;

const OURS: [&str; 2] = ["backend", "frontend"];

#[test]
fn every_image_has_a_version_and_ours_have_the_workspaces() {
    for (name, service) in services() {
        let image = service["image"].as_str().unwrap();
        let (_, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{name}: {image} has no version"));
        assert!(tag.chars().any(|character| character.is_ascii_digit()), "{name}: {image} is not pinned");
        assert!(tag.split('.').count() >= 2, "{name}: {image} moves");
        if OURS.contains(&name.as_str()) {
            assert_eq!(image, format!("todo-{name}:{}", env!("CARGO_PKG_VERSION")));
        }
    }
}

#[test]
fn nothing_is_reachable_from_other_machines() {
    let mut seen = BTreeSet::new();
    for (name, service) in services() {
        for port in list(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} publishes {port}");
            assert!(seen.insert(port.split(':').nth(1).unwrap().to_owned()), "{port} is published twice");
        }
    }
    assert!(services()["database"].get("ports").is_none(), "the database is for the backend alone");
    assert_eq!(document("compose.yaml")["networks"]["database"]["internal"], true);
}

#[test]
fn every_container_is_bounded_and_has_no_right_it_does_not_need() {
    for (name, service) in services() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(list(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(list(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        for bound in ["mem_limit", "pids_limit"] {
            assert!(service.get(bound).is_some(), "{name} has no {bound}");
        }
        for right in ["privileged", "cap_add", "network_mode", "pid", "devices"] {
            assert!(service.get(right).is_none(), "{name} has {right}");
        }
    }
}

#[test]
fn no_secret_stands_in_the_file_and_a_missing_one_says_how_to_get_it() {
    let text = read("compose.yaml");
    let secret = |name: &str| ["PASSWORD", "SECRET", "TOKEN", "_KEY"].iter().any(|word| name.contains(word));
    let mut required = BTreeSet::new();
    for variable in text.split("${").skip(1) {
        let variable = variable.split('}').next().unwrap();
        let name = variable.split(':').next().unwrap();
        if secret(name) {
            assert!(variable.contains(":?") && variable.contains("make compose-up"), "{variable}");
            required.insert(name);
        }
    }
    for (service, name, value) in settings() {
        assert!(!secret(&name) || value.starts_with("${"), "{service}: {name} has a value");
    }
    let generated = read("compose/up");
    for name in &required {
        assert!(generated.contains(&format!("{name}=%s")), "compose/up does not generate {name}");
    }
    assert!(required.len() >= 3, "{required:?}");
    assert!(read(".gitignore").lines().any(|line| line == "/.env"), "git would take the passwords");
}

#[test]
fn our_programs_are_given_settings_that_they_read_and_accept() {
    let read_by_backend = RefCell::new(BTreeSet::new());
    let values = environment("backend");
    let backend = backend::config::Config::from_lookup(&|name| {
        read_by_backend.borrow_mut().insert(name.to_owned());
        values.get(name).cloned()
    });
    let backend = backend.unwrap();
    assert_eq!(backend.telemetry.loki_url.unwrap().as_str(), "http://loki:3100/");
    assert!(!backend.jwt_secret_is_random);

    let read_by_frontend = RefCell::new(BTreeSet::new());
    let values = environment("frontend");
    let frontend = frontend::config::Config::from_lookup(&|name| {
        read_by_frontend.borrow_mut().insert(name.to_owned());
        values.get(name).cloned()
    });
    assert_eq!(frontend.unwrap().backend.to_string(), "http://backend:8000");

    for (name, read) in [("backend", read_by_backend.into_inner()), ("frontend", read_by_frontend.into_inner())] {
        for setting in environment(name).keys() {
            assert!(read.contains(setting), "the {name} is given {setting} and never reads it");
        }
    }
}

#[test]
fn every_address_is_that_of_a_container_on_a_shared_network() {
    let mut addresses = Vec::new();
    for (service, _, value) in settings() {
        addresses.extend(Url::parse(&interpolated(&value)).ok().filter(Url::has_host).map(|url| (service, url)));
    }
    for source in document("compose/grafana/datasources.yaml")["datasources"].as_array().unwrap() {
        addresses.push(("grafana".to_owned(), source["url"].as_str().unwrap().parse().unwrap()));
    }
    for job in document("compose/prometheus.yaml")["scrape_configs"].as_array().unwrap() {
        for target in list(&job["static_configs"][0]["targets"]) {
            addresses.push(("prometheus".to_owned(), format!("http://{target}").parse().unwrap()));
        }
    }
    assert!(addresses.len() >= 10, "{addresses:?}");
    let services = services();
    let networks = |service: &str| list(&services[service]["networks"]).into_iter().collect::<BTreeSet<_>>();
    for (from, url) in addresses {
        let to = url.host_str().unwrap();
        assert!(services.contains_key(to), "{from} looks for {to}");
        assert!(!networks(&from).is_disjoint(&networks(to)), "{from} can't reach {to}");
    }
}

#[test]
fn every_file_and_volume_that_is_mounted_exists() {
    let document = document("compose.yaml");
    let volumes = document["volumes"].as_object().unwrap();
    for (name, service) in services() {
        for mount in list(&service["volumes"]) {
            let (source, target) = mount.split_once(':').unwrap();
            match source.strip_prefix("./") {
                Some(file) => {
                    assert!(root().join(file).exists(), "{name} mounts {file}");
                    assert!(target.ends_with(":ro"), "{name} could change {file}");
                }
                None => assert!(volumes.contains_key(source), "{name} mounts {source}"),
            }
        }
    }
}

#[test]
fn the_rules_and_the_dashboards_of_the_repository_are_read_where_they_are_mounted() {
    let services = services();
    let mounted = |service: &str, folder: &str| {
        let mounts = list(&services[service]["volumes"]);
        let target = mounts.iter().find_map(|mount| mount.strip_prefix(&format!("./{folder}:")).map(str::to_owned));
        target.and_then(|target| target.strip_suffix(":ro").map(str::to_owned)).expect("a folder, mounted to be read")
    };
    let rules = list(&document("compose/prometheus.yaml")["rule_files"]);
    assert_eq!(rules, [format!("{}/*.yaml", mounted("prometheus", "monitoring/rules"))]);
    let provider = document("compose/grafana/dashboards.yaml")["providers"][0].clone();
    assert_eq!(provider["options"]["path"], mounted("grafana", "dashboards"));
    assert_eq!(provider["folder"], document("helm/todo/values.yaml")["metrics"]["dashboards"]["folder"]);
}

#[test]
fn a_log_line_leads_to_its_trace_and_a_span_to_its_lines() {
    let document = document("compose/grafana/datasources.yaml");
    let sources = document["datasources"].as_array().unwrap();
    let source = |uid: &str| sources.iter().find(|source| source["uid"] == uid).unwrap()["jsonData"].clone();
    let uids: BTreeSet<_> = sources.iter().map(|source| source["uid"].as_str().unwrap().to_owned()).collect();
    let fields = source("loki")["derivedFields"].clone();
    let (logs, metrics) = (source("jaeger")["tracesToLogsV2"].clone(), source("jaeger")["tracesToMetrics"].clone());
    for link in [&fields[0], &logs, &metrics] {
        assert!(uids.contains(link["datasourceUid"].as_str().unwrap()), "{link}");
    }
    // As the log writes it: a JSON string at the top level, without spaces.
    assert_eq!(fields[0]["matcherRegex"], "\"trace_id\":\"(\\w+)\"");
    assert_eq!(logs["tags"][0]["value"], "service_name", "the label that the push sets");
    for query in metrics["queries"].as_array().unwrap() {
        assert!(query["query"].as_str().unwrap().contains("axum_http_requests_"), "{query}");
    }
}

/// The services with what they share, by name.
fn services() -> BTreeMap<String, Value> {
    document("compose.yaml")["services"].as_object().expect("services").clone().into_iter().collect()
}

/// Service, variable and value, before anything is filled in.
fn settings() -> Vec<(String, String, String)> {
    let mut settings = Vec::new();
    for (service, keys) in services() {
        for (name, value) in keys.get("environment").and_then(Value::as_object).into_iter().flatten() {
            settings.push((service.clone(), name.clone(), value.as_str().expect("a text").to_owned()));
        }
    }
    settings
}

/// What a container's process sees.
fn environment(service: &str) -> BTreeMap<String, String> {
    let ours = settings().into_iter().filter(|(of, ..)| of == service);
    ours.map(|(_, name, value)| (name, interpolated(&value))).collect()
}

/// With the default of each variable, or with a generated password.
fn interpolated(value: &str) -> String {
    let mut parts = value.split("${");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').expect("a closing brace");
        let password = "0123456789abcdef0123456789abcdef0123456789abcdef";
        result.push_str(variable.split_once(":-").map_or(password, |(_, default)| default));
        result.push_str(rest);
    }
    result
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|entry| entry.as_str().expect("a text").to_owned()).collect()
}

fn document(file: &str) -> Value {
    serde_saphyr::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
