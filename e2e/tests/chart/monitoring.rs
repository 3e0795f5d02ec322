//! Dashboards and rules reach the cluster as the bytes that are in their folders: one object per file, through links and
//! through the package. What is in them is not judged here.

use std::{fs, os::unix::fs::symlink};

use crate::{
    helm::{Chart, Render},
    objects::{Objects, list},
};

const BOTH: &str = "metrics.dashboards.enabled=true,metrics.prometheusRule.enabled=true";
/// Looks like a template of Helm's, and must stay what it is.
const RULES: &str = "groups:\n  - name: todo\n    rules:\n      - alert: Example\n        expr: up == 0\n        annotations: {summary: \"{{ $labels.pod }} is down\"}\n";
const DASHBOARD: &str = "{\n  \"title\": \"{{ label }}\",\n  \"uid\": \"example\"\n}\n";

/// Names of the files with this ending in a folder of the chart.
fn files(chart: &Chart, folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(chart.folder.join(folder)).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    names
}

/// The files that dashboards and rules were made of.
fn carried(objects: &Objects) -> (Vec<String>, usize) {
    let dashboards = objects.of_kind("ConfigMap").filter(|map| !map.at("/metadata/labels/grafana_dashboard").is_null());
    let mut keys: Vec<String> =
        dashboards.flat_map(|map| crate::objects::map(map.at("/data")).map(|(key, _)| key.clone())).collect();
    keys.sort();
    (keys, objects.of_kind("PrometheusRule").count())
}

fn package(chart: &Chart, target: &std::path::Path) -> Chart {
    let (source, target_text) = (chart.folder.display().to_string(), target.display().to_string());
    chart.helm(&["package", &source, "--destination", &target_text]).expect("a package");
    let packages = fs::read_dir(target).expect("the target").map(|entry| entry.expect("an entry").path());
    let package = packages.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "tgz"));
    Chart::at(package.expect("a package")).expect("helm, again")
}

fn both(render: &Render) -> Objects {
    (*render.clone().set(BOTH).fresh().unwrap_or_else(|error| panic!("{error}"))).clone()
}

#[test]
fn every_dashboard_and_every_file_of_rules_becomes_one_object() {
    let Some(chart) = Chart::open() else { return };
    let (dashboards, rules) = (files(&chart, "dashboards", ".json"), files(&chart, "rules", ".yaml"));
    if dashboards.is_empty() || rules.is_empty() {
        // Then the switches are refused, which another test proves.
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for chart in [&chart, &package(&chart, folder.path())] {
        assert_eq!(carried(&both(&chart.render())), (dashboards.clone(), rules.len()));
    }
}

#[test]
fn links_are_followed_and_contents_are_left_alone() {
    let Some(chart) = Chart::open() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let copy = chart.copy(folder.path());
    for (name, file, text) in [("dashboards", "todo-example.json", DASHBOARD), ("rules", "example.yaml", RULES)] {
        let (outside, inside) = (folder.path().join(name), copy.folder.join(name));
        let _ = fs::remove_dir_all(&inside);
        fs::create_dir(&outside).expect("a folder");
        fs::write(outside.join(file), text).expect("a file");
        symlink(&outside, &inside).expect("a link");
    }
    let packed = tempfile::tempdir().expect("a folder");
    for chart in [&copy, &package(&copy, packed.path())] {
        let objects = both(&chart.render());
        assert_eq!(carried(&objects), (vec!["todo-example.json".to_owned()], 1));
        let map = objects.get("ConfigMap", "todo-dashboard-example");
        assert_eq!(map.text("/data/todo-example.json"), DASHBOARD);
        assert_eq!(map.text("/metadata/annotations/grafana_folder"), "Todo");
        let rule = objects.of_kind("PrometheusRule").next().expect("the rules");
        let alert = &list(&rule.at("/spec/groups")[0]["rules"])[0];
        assert_eq!(alert["annotations"]["summary"], "{{ $labels.pod }} is down");
    }
}

#[test]
fn prometheus_reads_the_port_that_the_servers_have_and_keeps_our_route_label() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().set("metrics.serviceMonitor.enabled=true").objects();
    for component in ["backend", "frontend"] {
        let monitor = objects.of_component("ServiceMonitor", component);
        let endpoint = &monitor.at("/spec/endpoints")[0];
        assert_eq!((&endpoint["path"], &endpoint["interval"]), (&"/metrics".into(), &"5s".into()));
        let service = objects.of_component("Service", component);
        let ports = list(service.at("/spec/ports"));
        assert!(ports.iter().any(|port| port["name"] == endpoint["port"]), "{component}: {endpoint}");
        // The operator adds a label `endpoint`, and ours of that name would become `exported_endpoint`.
        let relabelings = list(&endpoint["relabelings"]);
        assert!(
            relabelings.iter().any(|step| step["action"] == "labeldrop" && step["regex"] == "endpoint"),
            "{component}"
        );
    }
}
