//! `kubectl top` and `kubectl get hpa -w`, which docs/minikube.md tells people to use.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::release::NAMESPACE;
use crate::tools::kubectl;

#[test]
fn kubectl_top_shows_what_pods_and_nodes_use() {
    let pods = kubectl(NAMESPACE, &["top", "pods"]).out;
    for component in ["todo-backend", "todo-frontend", "todo-database"] {
        let line =
            pods.lines().find(|line| line.starts_with(component)).unwrap_or_else(|| panic!("{component}: {pods}"));
        assert!(line.contains("Mi"), "{line}");
    }
    assert!(kubectl(NAMESPACE, &["top", "nodes"]).out.lines().count() >= 2);
}

#[test]
fn kubectl_get_hpa_watches_the_autoscaler_with_a_metric() {
    let mut watching = Command::new("kubectl")
        .args(["--namespace", NAMESPACE, "get", "hpa", "todo-backend", "-w"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl");
    let mut lines = BufReader::new(watching.stdout.take().expect("its output")).lines();
    let (head, row) = (lines.next().expect("a head").expect("a text"), lines.next().expect("a row").expect("a text"));
    watching.kill().expect("kubectl ends");
    watching.wait().expect("kubectl ends");
    assert!(head.contains("TARGETS") && head.contains("REPLICAS"), "{head}");
    assert!(row.starts_with("todo-backend") && row.contains("%/") && !row.contains("<unknown>"), "{row}");
}
