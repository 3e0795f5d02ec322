//! `scripts/monitoring-install` with stand-ins for kubectl and helm, which write down what they are asked: what it makes, that it
//! makes nothing twice, and what it says when something is missing.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use e2e::tool::root;

use crate::values::read;

/// A cluster that has a default class of volumes and keeps what is created; each file in the folder breaks one thing.
const KUBECTL: &str = r#"#!/bin/sh
printf '%s\n' "$*" >> "$STAGE/kubectl"
case "$*" in
  "get --raw /readyz") [ ! -e "$STAGE/no-cluster" ] ;;
  "get --raw /apis/metrics"*) [ ! -e "$STAGE/no-metrics" ] ;;
  "config current-context") echo somewhere ;;
  "get namespaces --selector !todo-monitoring"*)
    [ ! -e "$STAGE/namespace" ] || grep -q 'todo-monitoring: "true"' "$STAGE/namespace" || echo namespace/monitoring ;;
  "get storageclass"*) [ -e "$STAGE/no-class" ] || printf '\ntrue\n' ;;
  "apply --filename -") cat > "$STAGE/namespace" ;;
  *"get secret grafana-admin"*) [ ! -e "$STAGE/secret" ] || echo secret/grafana-admin ;;
  *"create --filename -") cat > "$STAGE/secret" ;;
  *) echo "not expected: $*" >&2; exit 9 ;;
esac
"#;
/// What is there before is told by a file called as the release, with the chart in it.
const HELM: &str = r#"#!/bin/sh
if [ "$1" = list ]; then
  for release in monitoring loki jaeger; do
    case "$*" in *"--filter ^$release\$ --output yaml") [ ! -e "$STAGE/$release" ] || cat "$STAGE/$release" ;; esac
  done
  exit 0
fi
printf '%s\n' "$*" >> "$STAGE/helm"
[ ! -e "$STAGE/no-$3" ]
"#;

/// A folder with the stand-ins and what they have seen.
pub(crate) struct Stage(tempfile::TempDir);

pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    /// Both streams.
    pub(crate) said: String,
    /// One line per call.
    pub(crate) helm: Vec<String>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self(tempfile::tempdir().expect("a folder"));
        for (name, text) in [("kubectl.sh", KUBECTL), ("helm.sh", HELM)] {
            let file = stage.path(name);
            fs::write(&file, text).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a program");
        }
        stage
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).expect("a file");
        self
    }

    fn without(self, what: &str) -> Self {
        fs::write(self.path(&format!("no-{what}")), "").expect("a file");
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn seen(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn run(&self) -> Run {
        self.run_with(&[], &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let output = Command::new(root().join("scripts/monitoring-install"))
            .args(arguments)
            .env("STAGE", self.0.path())
            .env("KUBECTL", self.path("kubectl.sh"))
            .env("HELM", self.path("helm.sh"))
            .env_remove("CHARTS")
            .env_remove("TAKE_OVER")
            .envs(variables.iter().copied())
            .output()
            .expect("the script starts");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Run { code: output.status.code(), said, helm: self.seen("helm").lines().map(str::to_owned).collect() }
    }
}

#[test]
fn three_pinned_charts_are_installed_with_the_values_of_this_repository() {
    let run = Stage::new().run();
    assert_eq!(run.code, Some(0), "{}", run.said);
    let charts = [("monitoring", "kube-prometheus-stack"), ("loki", "loki"), ("jaeger", "jaeger")];
    assert_eq!(run.helm.len(), charts.len(), "{:?}", run.helm);
    for (call, (release, chart)) in run.helm.iter().zip(charts) {
        assert!(call.starts_with(&format!("upgrade --install {release} {chart} --repo https://")), "{call}");
        assert!(call.contains(" --namespace monitoring ") && call.contains(" --wait "), "{call}");
        let word =
            |option: &str| call.split_once(option).and_then(|(_, rest)| rest.split(' ').next()).expect("a value");
        assert!(Path::new(word("--values ")).ends_with(format!("monitoring/{chart}.yaml")), "{call}");
        assert!(Path::new(word("--values ")).is_file(), "{call}");
        let version = word("--version ");
        assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{version} is not pinned");
        let readme = read("monitoring/README.md");
        assert!(
            readme.contains(&format!("{chart} {version}")),
            "README.md tells of other versions than {chart} {version}"
        );
    }
}

#[test]
fn the_password_is_made_once_and_nobody_sees_it() {
    let stage = Stage::new();
    let first = stage.run();
    let secret = stage.seen("secret");
    let password = secret.lines().find_map(|line| line.trim().strip_prefix("admin-password: ")).expect("a password");
    assert!(password.len() >= 32 && password.chars().all(|digit| digit.is_ascii_hexdigit()), "{password}");
    let second = stage.run();
    assert_eq!(second.code, Some(0), "{}", second.said);
    assert_eq!(stage.seen("secret"), secret, "a second run made another password");
    assert_eq!(second.helm.len(), 6, "and upgrades what is there");
    for text in [first.said, second.said, stage.seen("helm"), stage.seen("kubectl")] {
        assert!(!text.contains(password), "{text}");
    }
    let other = Stage::new();
    other.run();
    assert!(!other.seen("secret").contains(password), "every cluster has the same password");
}

#[test]
fn the_namespace_lets_the_node_exporter_read_its_node() {
    let stage = Stage::new();
    stage.run();
    let namespace = stage.seen("namespace");
    assert!(namespace.contains("name: monitoring\n"), "{namespace}");
    assert!(namespace.contains("pod-security.kubernetes.io/enforce: privileged"), "{namespace}");
}

#[test]
fn what_somebody_else_made_is_taken_over_only_when_that_is_said() {
    let release =
        |chart: &str| format!("- app_version: \"1\"\n  chart: {chart}\n  name: some\n  namespace: monitoring\n");
    for (there, text, word) in [
        ("namespace", "labels: {}\n".to_owned(), "namespace monitoring is there"),
        ("monitoring", release("prometheus-25.1.0"), "release monitoring in the namespace"),
        ("loki", release("loki-stack-2.10.2"), "loki-stack-2.10.2"),
        ("jaeger", release("jaeger-operator-2.57.0"), "jaeger-operator-2.57.0"),
    ] {
        let stage = Stage::new().with(there, &text);
        let refused = stage.run();
        assert_eq!(refused.code, Some(2), "{there}: {}", refused.said);
        assert!(refused.said.contains(word) && refused.said.contains("TAKE_OVER=yes"), "{}", refused.said);
        let untouched = !stage.path("secret").exists() && (there == "namespace" || !stage.path("namespace").exists());
        assert!(refused.helm.is_empty() && untouched && stage.seen(there) == text, "{there} was changed");
        assert_eq!(stage.run_with(&[], &[("TAKE_OVER", "yes")]).code, Some(0), "{there}");
        assert!(stage.seen("namespace").contains("todo-monitoring: \"true\""), "asked once, not every time");
    }
    let ours = Stage::new().with("monitoring", &release("kube-prometheus-stack-70.0.0")).run();
    assert_eq!(ours.code, Some(0), "an older one of ours is upgraded: {}", ours.said);
}

#[test]
fn what_is_missing_is_named_before_anything_is_made() {
    for (missing, word) in [("cluster", "somewhere"), ("class", "StorageClass")] {
        let stage = Stage::new().without(missing);
        let run = stage.run();
        assert_eq!(run.code, Some(2), "{}", run.said);
        assert!(run.said.contains(word), "{}", run.said);
        assert!(run.helm.is_empty() && stage.seen("secret").is_empty() && stage.seen("namespace").is_empty());
    }
    let run = Stage::new().run_with(&[], &[("HELM", "/nowhere/helm")]);
    assert!(run.code == Some(2) && run.said.contains("/nowhere/helm is not installed"), "{}", run.said);
    let run = Stage::new().run_with(&[], &[("CHARTS", "/nowhere")]);
    assert!(run.code == Some(2) && run.said.contains("helm pull kube-prometheus-stack --repo"), "{}", run.said);
}

#[test]
fn a_chart_that_fails_is_named_and_the_next_ones_wait_for_another_run() {
    let run = Stage::new().without("loki").run();
    assert_eq!((run.code, run.helm.len()), (Some(2), 2), "{}", run.said);
    assert!(run.said.contains("loki 18") && !run.said.contains("port-forward"), "{}", run.said);
}

#[test]
fn a_cluster_without_cpu_readings_is_told_so() {
    let hint = "metrics-server";
    let run = Stage::new().without("metrics").run();
    assert!(run.code == Some(0) && run.said.contains(hint), "{}", run.said);
    assert!(!Stage::new().run().said.contains(hint));
}

#[test]
fn arguments_and_other_versions_reach_helm() {
    let run = Stage::new().run_with(&["--values", "receivers.yaml"], &[("LOKI_VERSION", "9.9.9")]);
    assert!(run.helm[0].ends_with("--values receivers.yaml"), "{:?}", run.helm);
    assert!(run.helm[1].contains("--version 9.9.9") && !run.helm[1].contains("receivers"), "{:?}", run.helm);
}
