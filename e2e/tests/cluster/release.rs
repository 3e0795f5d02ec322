//! The release that the tests look at, and further ones that they install and remove.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::tools::{kubectl, objects, run};

pub(crate) const NAMESPACE: &str = "todo";
pub(crate) const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../helm/todo");
const PASSWORD: &str = "correct horse battery staple";

/// The release `todo` as `e2e/run` left it.
pub(crate) fn todo() -> Release {
    let there = run("helm", &["list", "--namespace", NAMESPACE, "--deployed", "--short", "--filter", "^todo$"]).out;
    assert_eq!(there.trim(), "todo", "e2e/run installs the release `todo` in namespace `{NAMESPACE}`");
    Release { name: "todo".to_owned(), namespace: NAMESPACE.to_owned() }
}

pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) namespace: String,
}

impl Release {
    /// A small one beside `todo`: one pod each, no node port, no Ingress.
    pub(crate) fn small(name: &str, namespace: &str) -> Self {
        todo();
        let release = Self { name: name.to_owned(), namespace: namespace.to_owned() };
        release.upgrade(&[
            "backend.replicas=1",
            "frontend.replicas=1",
            "backend.autoscaling.enabled=false",
            "frontend.service.type=ClusterIP",
            "ingress.enabled=false",
        ]);
        release
    }

    /// Installs or upgrades with the values of the release `todo`, which fit this cluster, and these settings on top.
    pub(crate) fn upgrade(&self, settings: &[&str]) {
        let values = run("helm", &["get", "values", "todo", "--namespace", NAMESPACE, "--output", "yaml"]).out;
        let mut file = NamedTempFile::new().expect("a file for the values");
        file.write_all(values.as_bytes()).expect("room for the values");
        let mut arguments = vec!["--values", file.path().to_str().expect("a plain path")];
        arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        let release = ["upgrade", "--install", &self.name, CHART, "--namespace", &self.namespace];
        run("helm", &[&release, &arguments[..], &["--wait", "--timeout", "3m"]].concat());
    }

    pub(crate) fn uninstall(&self) {
        run("helm", &["uninstall", &self.name, "--namespace", &self.namespace, "--wait", "--timeout", "2m"]);
    }

    /// The label selector of everything that belongs to it.
    pub(crate) fn selector(&self) -> String {
        format!("app.kubernetes.io/instance={}", self.name)
    }

    pub(crate) fn objects(&self, kinds: &str) -> Vec<Value> {
        objects(&self.namespace, &[kinds, "--selector", &self.selector()])
    }

    /// Where a component's Service answers, from anywhere that the cluster's addresses can be reached.
    pub(crate) fn service_address(&self, component: &str) -> String {
        let selector = format!("{},app.kubernetes.io/component={component}", self.selector());
        let service = objects(&self.namespace, &["services", "--selector", &selector]).remove(0);
        let (address, port) = (&service["spec"]["clusterIP"], &service["spec"]["ports"][0]["port"]);
        format!("http://{}:{port}", address.as_str().expect("an address"))
    }
}

/// A namespace of a test's own that enforces Pod Security `restricted`; made anew.
pub(crate) fn fresh_namespace(name: &str) {
    run("kubectl", &["delete", "namespace", name, "--ignore-not-found", "--timeout=120s"]);
    run("kubectl", &["create", "namespace", name]);
    kubectl(name, &["label", "namespace", name, "todo-e2e=true", "pod-security.kubernetes.io/enforce=restricted"]);
}

/// An address of a node, where node ports answer.
pub(crate) fn node_address() -> String {
    let nodes = objects("default", &["nodes"]);
    let addresses = nodes[0]["status"]["addresses"].as_array().expect("addresses");
    let internal = addresses.iter().find(|address| address["type"] == "InternalIP").expect("an address inside");
    internal["address"].as_str().expect("a text").to_owned()
}

/// A client that stays logged in and reports redirects as they are.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client")
}

/// A sign-up that nobody has made before.
pub(crate) fn newcomer() -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    json!({"email": format!("e2e-{now}@example.com"), "password": PASSWORD})
}
