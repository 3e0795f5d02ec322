//! What the values files say, where somebody would miss it: the selectors, the password, the sidecar's label, sizes, intervals.

use std::fs;

use e2e::tool::root;
use serde_json::Value;

pub(crate) const STACK: &str = "monitoring/kube-prometheus-stack.yaml";
pub(crate) const LOKI: &str = "monitoring/loki.yaml";
pub(crate) const JAEGER: &str = "monitoring/jaeger.yaml";
pub(crate) const FILES: [&str; 3] = [STACK, LOKI, JAEGER];

pub(crate) fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub(crate) fn document(file: &str) -> Value {
    serde_saphyr::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The value at a path such as `/prometheus/prometheusSpec`, which must be there.
pub(crate) fn at(document: &Value, path: &str) -> Value {
    document.pointer(path).unwrap_or_else(|| panic!("nothing at {path}")).clone()
}

#[test]
fn every_kind_of_monitoring_object_is_selected_whatever_its_labels() {
    let spec = at(&document(STACK), "/prometheus/prometheusSpec");
    for kind in ["serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"] {
        assert_eq!(spec[format!("{kind}SelectorNilUsesHelmValues")], false, "{kind}s of other releases are not seen");
        // One that is set would be taken instead, and could leave ours out.
        assert!(spec.get(format!("{kind}Selector")).is_none(), "{kind}Selector");
        assert!(spec.get(format!("{kind}NamespaceSelector")).is_none(), "{kind}NamespaceSelector");
    }
}

#[test]
fn no_password_stands_anywhere_and_nobody_gets_in_without_one() {
    for file in FILES {
        let mut found = Vec::new();
        secrets(&document(file), "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{file}");
    }
    let stack = document(STACK);
    assert_eq!(at(&stack, "/grafana/admin/existingSecret"), "grafana-admin");
    for section in ["auth.anonymous", "auth.proxy", "security"] {
        assert!(at(&stack, "/grafana/grafana.ini").get(section).is_none(), "grafana.ini has {section}");
    }
}

/// Keys that would hold a secret, by path.
fn secrets(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = format!("{path}/{key}");
                let name = key.to_lowercase();
                if ["password", "token", "apikey", "secretkey"].iter().any(|word| name.contains(word))
                    && !value.is_boolean()
                {
                    found.push(path.clone());
                }
                secrets(value, &path, found);
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| secrets(entry, path, found)),
        _ => {}
    }
}

#[test]
fn a_password_in_a_values_file_would_be_found() {
    let mut found = Vec::new();
    secrets(&serde_json::json!({"grafana": [{"adminPassword": "prom-operator"}]}), "", &mut found);
    assert_eq!(found, ["/grafana/adminPassword"]);
}

#[test]
fn the_sidecar_looks_for_the_label_and_the_folder_that_the_chart_puts_on_dashboards() {
    let sidecar = at(&document(STACK), "/grafana/sidecar/dashboards");
    let label = sidecar["label"].as_str().expect("a label");
    let labels = at(&document("helm/todo/values.yaml"), "/metrics/dashboards/labels");
    assert_eq!(labels[label], sidecar["labelValue"], "{labels}");
    assert_eq!(sidecar["searchNamespace"], "ALL", "the todo release is in another namespace");
    let annotation = sidecar["folderAnnotation"].as_str().expect("an annotation");
    assert!(
        read("helm/todo/templates/monitoring/dashboards.yaml").contains(&format!("{annotation}: ")),
        "{annotation}"
    );
    assert_eq!(sidecar["provider"]["foldersFromFilesStructure"], true);
}

#[test]
fn a_rate_finds_two_samples_of_every_target() {
    let stack = document(STACK);
    let source = seconds(&at(&stack, "/grafana/sidecar/datasources/defaultDatasourceScrapeInterval"));
    // Grafana's $__rate_interval is four of these.
    let window = 4 * source;
    assert!(2 * seconds(&at(&stack, "/prometheus/prometheusSpec/scrapeInterval")) <= window);
    let ours = at(&document("helm/todo/values.yaml"), "/metrics/serviceMonitor/interval");
    assert_eq!(seconds(&ours), source, "Grafana must know how often our targets are read");
    assert_eq!(seconds(&at(&stack, "/kube-state-metrics/prometheus/monitor/http/interval")), source);
}

fn seconds(value: &Value) -> u32 {
    let text = value.as_str().expect("a duration");
    text.strip_suffix('s').and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{text} is not in seconds"))
}

#[test]
fn what_prometheus_keeps_fits_its_volume_with_room_to_spare() {
    let spec = at(&document(STACK), "/prometheus/prometheusSpec");
    let kept = spec["retentionSize"].as_str().expect("a size").strip_suffix("GB").expect("GB");
    let volume = at(&spec, "/storageSpec/volumeClaimTemplate/spec/resources/requests/storage");
    let volume = volume.as_str().expect("a size").strip_suffix("Gi").expect("Gi");
    let (kept, volume): (f64, f64) = (kept.parse().expect("a number"), volume.parse().expect("a number"));
    assert!(kept <= 0.8 * volume, "{kept} GB of {volume} GiB: blocks that are being written are not counted");
    let days: u32 =
        spec["retention"].as_str().and_then(|text| text.strip_suffix('d')).expect("days").parse().expect("days");
    assert!(days > 30, "the error budgets look back 30 days");
}

/// Where containers get their resources, and how many containers get these.
const CONTAINERS: [(&str, &str, u32); 10] = [
    (STACK, "/prometheus/prometheusSpec", 1),
    (STACK, "/alertmanager/alertmanagerSpec", 1),
    (STACK, "/grafana", 1),
    (STACK, "/grafana/sidecar", 2),
    (STACK, "/prometheusOperator", 1),
    (STACK, "/prometheusOperator/prometheusConfigReloader", 2),
    (STACK, "/kube-state-metrics", 1),
    (STACK, "/prometheus-node-exporter", 1),
    (LOKI, "/singleBinary", 1),
    (JAEGER, "/jaeger", 1),
];

#[test]
fn every_container_of_the_stack_asks_for_memory_and_is_bounded() {
    let mut asked = 0;
    for (file, path, count) in CONTAINERS {
        let resources = at(&document(file), &format!("{path}/resources"));
        let size = |kind: &str| mebibytes(&resources[kind]["memory"]);
        assert!(size("limits") >= 2 * size("requests"), "{file}{path}");
        assert!(resources["limits"].get("cpu").is_none(), "{file}{path}: throttled, it would report late");
        asked += count * size("requests");
    }
    // README.md and docs/minikube.md promise one and a half GiB.
    assert!((1500..1600).contains(&asked), "{asked} MiB are asked for");
}

fn mebibytes(value: &Value) -> u32 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no size"));
    let number = |unit: &str| text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok());
    number("Mi").or_else(|| number("Gi").map(|size| size * 1024)).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn loki_is_one_process_without_the_parts_that_are_made_for_clusters() {
    let loki = document(LOKI);
    for part in ["chunksCache", "resultsCache", "lokiCanary", "test", "gateway", "ruler"] {
        assert_eq!(at(&loki, &format!("/{part}/enabled")), false, "{part}");
    }
    for part in ["read", "write", "backend"] {
        assert_eq!(at(&loki, &format!("/{part}/replicas")), 0, "{part}");
    }
    assert_eq!(at(&loki, "/singleBinary/replicas"), 1);
    assert_eq!(at(&loki, "/loki/auth_enabled"), false);
    assert_eq!(at(&loki, "/loki/compactor/retention_enabled"), true, "otherwise the retention period does nothing");
    let compose = document("compose/loki.yaml");
    assert_eq!(at(&loki, "/loki/limits_config/retention_period"), at(&compose, "/limits_config/retention_period"));
    let store = |document: &Value, path: &str| at(document, &format!("{path}/configs/0/schema"));
    assert_eq!(store(&loki, "/loki/schemaConfig"), store(&compose, "/schema_config"));
}

#[test]
fn jaeger_keeps_a_bounded_number_of_traces() {
    let configuration = at(&document(JAEGER), "/userconfig");
    let traces = at(&configuration, "/extensions/jaeger_storage/backends/memory/memory/max_traces");
    assert!(traces.as_u64().is_some_and(|traces| (1_000..=50_000).contains(&traces)), "{traces}: 0 is unbounded");
    // Whatever a pipeline names is configured, and the other way round; Jaeger does not start otherwise.
    for (part, used) in [
        ("receivers", "/service/pipelines/traces/receivers"),
        ("processors", "/service/pipelines/traces/processors"),
        ("exporters", "/service/pipelines/traces/exporters"),
        ("extensions", "/service/extensions"),
    ] {
        let used: Vec<Value> = at(&configuration, used).as_array().expect("a list").clone();
        let mut used: Vec<&str> = used.iter().map(|name| name.as_str().expect("a name")).collect();
        used.sort_unstable();
        let part = at(&configuration, &format!("/{part}"));
        let mut configured: Vec<&str> = part.as_object().expect("a map").keys().map(String::as_str).collect();
        configured.sort_unstable();
        assert_eq!(used, configured);
    }
}
