//! What Helm says after an install: commands about objects that exist, honest warnings, no secrets. Helm prints notes only when
//! it installs, so a copy of the chart renders them as an object.

use std::fs;

use crate::{helm::Chart, objects::Objects};

/// The chart with its notes as an object more.
struct Notes {
    chart: Chart,
    _folder: tempfile::TempDir,
}

impl Notes {
    fn of(chart: &Chart) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = chart.copy(folder.path());
        let templates = copy.folder.join("templates");
        let notes = fs::read_to_string(templates.join("NOTES.txt")).expect("the notes");
        fs::write(templates.join("_notes.tpl"), format!("{{{{- define \"notes\" -}}}}\n{notes}{{{{- end }}}}\n"))
            .expect("a template");
        let object = "kind: Notes\nmetadata: {name: notes}\ntext: {{ include \"notes\" . | toJson }}\n";
        fs::write(templates.join("notes.yaml"), object).expect("a template");
        Self { chart: copy, _folder: folder }
    }

    fn text(objects: &Objects) -> String {
        objects.get("Notes", "notes").text("/text").to_owned()
    }

    fn with(&self, assignments: &str) -> String {
        Self::text(&self.chart.render().set(assignments).objects())
    }
}

const SQLITE: &str = "database.enabled=false,secrets.databaseUrl=sqlite:/data/todo.db,backend.autoscaling.enabled=false,backend.replicas=1";

/// Values, and the warning that they earn.
const WARNINGS: &[(&str, &str)] = &[
    ("database.persistence.enabled=false", "all data is lost when the database's pod goes"),
    ("backup.enabled=false", "one lost volume loses all data"),
    (SQLITE, "SQLite: one pod, which is away during every rollout"),
    ("backend.replicas=1", "One backend pod: a drained node interrupts the service"),
    ("frontend.replicas=1", "One frontend pod: a drained node interrupts the pages"),
    ("backend.enabled=false", "the pages have nothing to show"),
    ("backend.resources.requests=null", "the HPA has nothing to count in"),
    ("networkPolicy.ingressNamespace=", "pods of every namespace may reach the two servers"),
    ("config.environment=production", "nobody can log in by http"),
    ("networkPolicy.enabled=false", "every pod of the cluster may reach the database's port"),
    ("metrics.prometheusRule.enabled=true", "links in alerts lead to an example's address"),
    ("metrics.dashboards.enabled=true", "links in dashboards lead to an example's address"),
    (
        "metrics.postgresExporter.enabled=true,database.enabled=false,secrets.existingSecret=mine",
        "a password with a blank in your Secret would stand in the exporter's log",
    ),
    ("config.openaiModel=a-model", "the built-in rules answer"),
    ("config.openaiBaseUrl=https://a.example/v1", "the model that config names is not asked"),
];

/// Nothing to warn of.
const CALM: &str = "backup.enabled=true,networkPolicy.ingressNamespace=traefik,metrics.prometheusRule.enabled=true,\
                    metrics.dashboards.enabled=true,metrics.prometheusRule.runbookBaseUrl=https://a.example,metrics.prometheusRule.grafanaUrl=https://b.example";

#[test]
fn every_warning_is_given_when_it_is_earned_and_only_then() {
    let Some(chart) = Chart::open() else { return };
    let notes = Notes::of(&chart);
    let calm = notes.with(CALM);
    assert!(!calm.contains("Mind:"), "{calm}");
    let mut given = String::new();
    for (assignments, warning) in WARNINGS {
        let said = notes.with(assignments);
        assert!(said.contains(warning), "{assignments}: no {warning:?} in\n{said}");
        given.push_str(&said);
    }
    for line in chart.text("templates/NOTES.txt").lines().filter(|line| line.contains("append $warnings")) {
        let words = line.split('"').nth(1).unwrap_or_else(|| panic!("a warning without words: {line}"));
        assert!(given.contains(words), "no case for the warning {words:?}");
    }
}

/// `kind/name` in commands, in kubectl's words.
const MENTIONED: [(&str, &str); 6] = [
    ("cronjob/", "CronJob"),
    ("service/", "Service"),
    ("get hpa ", "HorizontalPodAutoscaler"),
    ("get secret ", "Secret"),
    ("get service ", "Service"),
    ("minikube service ", "Service"),
];

#[test]
fn commands_in_the_notes_speak_of_objects_that_exist() {
    let Some(chart) = Chart::open() else { return };
    let notes = Notes::of(&chart);
    let mut seen = 0;
    for file in chart.values_files() {
        let render = notes.chart.render();
        let path = file.as_ref().map(|file| format!("--values={}", chart.folder.join(file).display()));
        let objects = path.iter().fold(render, |render, path| render.argument(path)).objects();
        let said = Notes::text(&objects);
        for (words, kind) in MENTIONED {
            for rest in said.split(words).skip(1) {
                let name = rest.split([' ', '\n', '>', ')']).next().unwrap_or_default();
                let theirs = kind == "Secret" && objects.of_kind("Secret").count() == 0;
                assert!(theirs || objects.find(kind, name).is_some(), "{file:?}: {kind} {name} in\n{said}");
                seen += 1;
            }
        }
        assert!(said.contains("--namespace todo"), "{file:?}");
    }
    assert!(seen > 20, "the commands are not recognised any more");
}

#[test]
fn rules_and_dashboards_are_said_to_be_the_whole_clusters() {
    let Some(chart) = Chart::open() else { return };
    let notes = Notes::of(&chart);
    let words = "about every release of the cluster";
    assert!(!notes.with("").contains(words));
    for switch in ["metrics.prometheusRule.enabled=true", "metrics.dashboards.enabled=true"] {
        assert!(notes.with(switch).contains(words), "{switch}");
    }
}

#[test]
fn the_notes_name_every_way_to_the_pages_and_no_secret() {
    let Some(chart) = Chart::open() else { return };
    let notes = Notes::of(&chart);
    let marker = "marker-0123456789-0123456789-0123456789";
    let said = notes
        .with(&format!("secrets.jwtSecret={marker},secrets.databasePassword={marker},secrets.openaiApiKey={marker}"));
    assert!(!said.contains(marker), "{said}");
    assert!(said.contains("http://todo.local/") && said.contains(":30000/"), "{said}");
    let tls = notes.with("ingress.tls[0].secretName=cert,frontend.service.type=ClusterIP");
    assert!(tls.contains("https://todo.local/mcp"), "{tls}");
    assert!(tls.contains("https://todo.local/") && !tls.contains("by the NodePort"), "{tls}");
    let route = notes.with("ingress.enabled=false,httpRoute.enabled=true,httpRoute.parentRefs[0].name=public");
    assert!(route.contains("by the HTTPRoute") && !route.contains("by the Ingress"), "{route}");
    let balanced = notes.with("frontend.service.type=LoadBalancer");
    assert!(balanced.contains("the external address"), "{balanced}");
}
