//! Dashboards and rules reach the cluster as the bytes that are in their folders: one object per file, through links and
//! through the package. What is in them is not judged here.

use std::{fs, os::unix::fs::symlink};

use crate::{
    helm::{Chart, Render},
    objects::{Objects, list},
};

const BOTH: &str = "metrics.dashboards.enabled=true,metrics.prometheusRule.enabled=true";
/// Looks like a template of Helm's, and must stay what it is.
const RULES: &str = "\
groups:
  - name: todo
    rules:
      - alert: Example
        expr: up == 0
        annotations:
          summary: \"{{ $labels.pod }} is down\"
          runbook_url: https://todo.example.com/docs/runbooks/example.md
          dashboard_url: https://grafana.example.com/d/todo-overview?var-namespace={{ $labels.namespace }}
";
const DASHBOARD: &str = "\
{
  \"description\": \"https://todo.example.com/docs/runbooks/example.md, https://grafana.example.com/d/todo-overview\",
  \"title\": \"{{ label }}\",
  \"uid\": \"example\"
}
";
const LINKS: &str = "metrics.prometheusRule.runbookBaseUrl=https://book.example/a/,metrics.prometheusRule.grafanaUrl=http://[2001:db8::1]:3000";

/// Names of the files with this ending in a folder of the chart.
fn files(chart: &Chart, folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(chart.folder.join(folder)).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    names
}

/// The files that dashboards and rules were made of.
fn carried(objects: &Objects) -> (Vec<String>, Vec<String>) {
    let dashboards = objects.of_kind("ConfigMap").filter(|map| !map.at("/metadata/labels/grafana_dashboard").is_null());
    let mut keys: Vec<String> =
        dashboards.flat_map(|map| crate::objects::map(map.at("/data")).map(|(key, _)| key.clone())).collect();
    keys.sort();
    let rules =
        objects.of_kind("PrometheusRule").map(|rule| format!("{}.yaml", rule.name().trim_start_matches("todo-")));
    (keys, rules.collect())
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
    assert!(!dashboards.is_empty() && !rules.is_empty(), "{dashboards:?} {rules:?}");
    let folder = tempfile::tempdir().expect("a folder");
    for rendered in [&chart, &package(&chart, folder.path())] {
        let objects = both(&rendered.render());
        assert_eq!(carried(&objects), (dashboards.clone(), rules.clone()));
        for file in &dashboards {
            let name = file.trim_end_matches(".json").trim_start_matches("todo-");
            let map = objects.get("ConfigMap", &format!("todo-dashboard-{name}"));
            assert_eq!(map.text(&format!("/data/{file}")), chart.text(&format!("dashboards/{file}")), "{file}");
        }
        for file in &rules {
            let rule = objects.get("PrometheusRule", &format!("todo-{}", file.trim_end_matches(".yaml")));
            assert_eq!(rule.at("/spec"), &chart.yaml(&format!("rules/{file}")), "{file}");
        }
    }
}

/// Where a ConfigMap ends, and the Secret in which Helm keeps a release.
const MOST_BYTES: usize = 1 << 20;

#[test]
fn no_object_is_larger_than_the_api_server_takes() {
    let Some(chart) = Chart::open() else { return };
    for object in both(&chart.render()).iter() {
        let bytes = object.0.to_string().len();
        assert!(bytes < MOST_BYTES, "{} has {bytes} bytes", object.id());
    }
    // Helm keeps the chart's files and what was made of them, packed, and then in base64 twice over.
    let folder = tempfile::tempdir().expect("a folder");
    package(&chart, folder.path());
    let packed = fs::read_dir(folder.path()).expect("the folder").map(|entry| entry.expect("an entry").metadata());
    let bytes: u64 = packed.map(|file| file.expect("a file").len()).sum();
    assert!(bytes * 4 < MOST_BYTES as u64, "a package of {bytes} bytes makes too large a release");
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
        assert_eq!(carried(&objects), (vec!["todo-example.json".to_owned()], vec!["example.yaml".to_owned()]));
        let map = objects.get("ConfigMap", "todo-dashboard-example");
        assert_eq!(map.text("/data/todo-example.json"), DASHBOARD);
        assert_eq!(map.text("/metadata/annotations/grafana_folder"), "Todo");
        let rule = objects.of_kind("PrometheusRule").next().expect("the rules");
        let alert = &list(&rule.at("/spec/groups")[0]["rules"])[0];
        assert_eq!(alert["annotations"]["summary"], "{{ $labels.pod }} is down");
        assert_eq!(alert["annotations"]["runbook_url"], "https://todo.example.com/docs/runbooks/example.md");

        let objects = both(&chart.render().argument(&format!("--set={LINKS}")));
        let map = objects.get("ConfigMap", "todo-dashboard-example").text("/data/todo-example.json").to_owned();
        let (runbook, dashboard) = ("https://book.example/a/example.md", "http://[2001:db8::1]:3000/d/todo-overview");
        assert!(map.contains(&format!("{runbook}, {dashboard}")), "{map}");
        let rule = objects.of_kind("PrometheusRule").next().expect("the rules");
        let annotations = &list(&rule.at("/spec/groups")[0]["rules"])[0]["annotations"];
        assert_eq!(annotations["runbook_url"], runbook);
        let query = "?var-namespace={{ $labels.namespace }}";
        assert_eq!(annotations["dashboard_url"], format!("{dashboard}{query}"));
    }
}

#[test]
fn prometheus_reads_the_port_that_the_servers_have_and_keeps_our_route_label() {
    let Some(chart) = Chart::open() else { return };
    // A release of another name, whose objects are called otherwise.
    let on = "metrics.serviceMonitor.enabled=true,metrics.postgresExporter.enabled=true";
    let objects = chart.render().release("other").set(on).objects();
    let jobs = [
        ("backend", "todo-backend", "5s"),
        ("frontend", "todo-frontend", "5s"),
        ("postgres-exporter", "todo-postgres", "15s"),
    ];
    for (component, name, interval) in jobs {
        let monitor = objects.of_component("ServiceMonitor", component);
        let bounds = ["sampleLimit", "labelLimit", "labelValueLengthLimit"].map(|bound| &monitor.at("/spec")[bound]);
        assert_eq!(bounds, [5000, 20, 200], "{component}");
        let endpoint = &monitor.at("/spec/endpoints")[0];
        assert_eq!((&endpoint["path"], &endpoint["interval"]), (&"/metrics".into(), &interval.into()));
        let service = objects.of_component("Service", component);
        let ports = list(service.at("/spec/ports"));
        assert!(ports.iter().any(|port| port["name"] == endpoint["port"]), "{component}: {endpoint}");
        let relabelings = list(&endpoint["relabelings"]);
        // The operator adds a label `endpoint`, and ours of that name would become `exported_endpoint`.
        assert!(
            relabelings.iter().any(|step| step["action"] == "labeldrop" && step["regex"] == "endpoint"),
            "{component}"
        );
        let job = relabelings.iter().find(|step| step["targetLabel"] == "job").expect("a job");
        assert_eq!((&job["action"], &job["replacement"]), (&"replace".into(), &name.into()));
    }
}

/// The environment of the exporter, a secret by its key in braces.
fn exporter(render: &Render) -> Vec<String> {
    let objects = render.clone().set("metrics.postgresExporter.enabled=true").objects();
    let container = &objects.of_component("Deployment", "postgres-exporter").pod_spec()["containers"][0];
    let variables = list(&container["env"]).iter().map(|variable| {
        let key = variable["valueFrom"]["secretKeyRef"]["key"].as_str().map(|key| format!("{{{key}}}"));
        let value = key.or_else(|| variable["value"].as_str().map(str::to_owned)).expect("a value");
        format!("{}={value}", variable["name"].as_str().expect("a name"))
    });
    variables.collect()
}

#[test]
fn the_exporter_asks_the_database_of_the_release_or_the_one_in_the_secret() {
    let Some(chart) = Chart::open() else { return };
    let inside = exporter(&chart.render().set("database.name=tasks,database.user=owner"));
    // Its driver knows no sslmode=prefer, and without a word insists on TLS, which the chart's database does not speak.
    let uri = "DATA_SOURCE_URI=todo-database:5432/tasks?sslmode=disable";
    assert_eq!(inside, [uri, "DATA_SOURCE_USER=owner", "DATA_SOURCE_PASS={POSTGRES_PASSWORD}"]);
    let outside = exporter(&chart.render().file(Some("ci/02-external-database-values.yaml")));
    assert_eq!(outside, ["DATA_SOURCE_NAME={DATABASE_URL}"]);
    let theirs = exporter(&chart.render().set("database.enabled=false,secrets.existingSecret=mine"));
    assert_eq!(theirs, ["DATA_SOURCE_NAME={DATABASE_URL}"]);
}
