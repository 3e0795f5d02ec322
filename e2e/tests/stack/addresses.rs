//! Who is reached where: the values files, the script's last words and the todo chart's NetworkPolicy must agree on names and ports.

use serde_json::Value;
use url::Url;

use crate::{
    install::Stage,
    links::source,
    values::{JAEGER, LOKI, STACK, at, document},
};

const NAMESPACE: &str = "monitoring";

/// An address that the script tells the user to configure.
fn told(setting: &str) -> Url {
    let said = Stage::new().run().said;
    let (_, rest) =
        said.split_once(&format!("{setting}=")).unwrap_or_else(|| panic!("{setting} is not mentioned:\n{said}"));
    rest.split([',', ' ', '\n']).next().expect("a value").parse().expect("an address")
}

fn allowed(rule: &str) -> Vec<u64> {
    let ports = at(&document("helm/todo/values.yaml"), &format!("/networkPolicy/egress/{rule}/ports"));
    ports.as_array().expect("ports").iter().map(|port| port.as_u64().expect("a port")).collect()
}

#[test]
fn the_todo_chart_lets_its_pods_reach_the_addresses_that_the_script_tells() {
    let values = document("helm/todo/values.yaml");
    assert_eq!(at(&values, "/networkPolicy/monitoringNamespace"), NAMESPACE);
    for (setting, rule, host) in
        [("config.lokiUrl", "loki", "loki.monitoring"), ("config.otlpEndpoint", "otlp", "jaeger.monitoring")]
    {
        let address = told(setting);
        assert_eq!(address.host_str(), Some(host), "{setting}");
        let port = u64::from(address.port().expect("a port"));
        assert!(allowed(rule).contains(&port), "{setting}: the NetworkPolicy allows {:?}", allowed(rule));
        let key = setting.trim_start_matches("config.");
        assert!(at(&values, "/config").get(key).is_some(), "the todo chart has no {setting}");
    }
}

#[test]
fn grafana_asks_the_services_that_the_pods_push_to() {
    let url = |uid: &str| source(uid)["url"].as_str().expect("an address").parse::<Url>().expect("an address");
    assert_eq!(url("loki"), told("config.lokiUrl"));
    assert_eq!(url("jaeger").host_str(), told("config.otlpEndpoint").host_str());
    assert_eq!(url("jaeger").port(), Some(16686), "the port of Jaeger's pages and API");
}

#[test]
fn the_services_have_those_names_and_listen_on_those_ports() {
    let otlp = at(&document(JAEGER), "/userconfig/receivers/otlp/protocols/http/endpoint");
    let listens: Url = format!("http://{}", otlp.as_str().expect("an address")).parse().expect("an address");
    assert_eq!(listens.port(), told("config.otlpEndpoint").port());
    assert_eq!(listens.host_str(), Some("0.0.0.0"), "on the loopback nobody else reaches it");
    assert_eq!(at(&document(JAEGER), "/fullnameOverride"), "jaeger");
    // Named after its release, and Loki's own port: neither is changed here.
    let loki = document(LOKI);
    for key in ["/fullnameOverride", "/nameOverride", "/loki/server/http_listen_port"] {
        assert_eq!(loki.pointer(key), None::<&Value>, "{key}");
    }
    assert!(Stage::new().run().helm.iter().any(|call| call.starts_with("upgrade --install loki loki ")));
    // Its Services are monitoring-prometheus and monitoring-alertmanager, which the documentation names.
    assert_eq!(at(&document(STACK), "/fullnameOverride"), NAMESPACE);
}

#[test]
fn alerts_and_log_lines_name_the_same_cluster() {
    let label = at(&document(STACK), "/prometheus/prometheusSpec/externalLabels/cluster");
    let said = Stage::new().run().said;
    assert!(said.contains(&format!("config.clusterName={}\n", label.as_str().expect("a name"))), "{said}");
}
