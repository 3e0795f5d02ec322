//! Other people's judges: `helm lint`, kubeconform with the cluster's own schemas, kube-score, `helm package`.

use std::{collections::BTreeSet, fs, path::Path};

use e2e::tool::Tool;
use serde_json::Value;

use crate::{
    helm::{Chart, KUBERNETES},
    objects::{Objects, list},
    schemas,
};

#[test]
fn helm_lint_has_nothing_to_say_about_any_values_file() {
    let Some(chart) = Chart::open() else { return };
    for file in chart.values_files() {
        let folder = chart.folder.display().to_string();
        let values = file.as_ref().map(|file| format!("--values={}", chart.folder.join(file).display()));
        let mut arguments = vec!["lint", "--strict", "--quiet", KUBERNETES, &folder];
        arguments.extend(values.as_deref());
        let said = chart.helm(&arguments).unwrap_or_else(|error| panic!("{file:?}:\n{error}"));
        assert_eq!(said.trim(), "", "{file:?}");
    }
}

/// What kubeconform objects to in files of rendered objects.
fn conform(tool: &Tool, schemas: &Path, rendered: &Path) -> Vec<String> {
    let location = format!("{}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", schemas.display());
    let arguments = ["-strict", "-output=json", "-n=2", "-schema-location", &location, &rendered.display().to_string()]
        .map(str::to_owned);
    let (Ok(printed) | Err(printed)) = tool.run(&arguments);
    let answer: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    let resources = list(&answer["resources"]).iter().map(|entry| {
        format!("{}: {} {}: {} {}", entry["filename"], entry["kind"], entry["name"], entry["status"], entry["msg"])
    });
    resources.collect()
}

fn kinds(objects: &Objects) -> BTreeSet<(String, String)> {
    objects.iter().map(|object| (object.text("/apiVersion").to_owned(), object.kind().to_owned())).collect()
}

#[test]
fn every_object_has_the_shape_that_the_cluster_expects() {
    let Some(chart) = Chart::open() else { return };
    let Some(tool) = Tool::find("kubeconform", "kubeconform") else { return };
    let Some(sources) = schemas::sources() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let [schemas, rendered] = ["schemas", "rendered"].map(|name| {
        let path = folder.path().join(name);
        fs::create_dir(&path).expect("a folder");
        path
    });
    let mut all = BTreeSet::new();
    for file in chart.values_files() {
        let name = file.as_deref().unwrap_or("values.yaml").replace('/', "-");
        let text = chart.render().file(file.as_deref()).text();
        all.extend(kinds(&Objects::parse(&text)));
        fs::write(rendered.join(name), text).expect("a file");
    }
    schemas::write(&sources, &all, &schemas);
    assert_eq!(conform(&tool, &schemas, &rendered), Vec::<String>::new());

    // The judge objects: an unknown field, a wrong type, a missing field, a key that stands twice.
    for (number, (from, to)) in [
        ("automountServiceAccountToken: false", "automountServiceAccountToken: false\n      surprise: true"),
        ("minReadySeconds: 3", "minReadySeconds: soon"),
        ("containerPort: 8000", "protocol: TCP"),
        ("minReadySeconds: 3", "minReadySeconds: 3\n  minReadySeconds: 3"),
    ]
    .into_iter()
    .enumerate()
    {
        let good = chart.render().text();
        assert!(good.contains(from), "{from}");
        let file = folder.path().join(format!("bad-{number}.yaml"));
        fs::write(&file, good.replacen(from, to, 1)).expect("a file");
        assert!(!conform(&tool, &schemas, &file).is_empty(), "{to}");
    }
}

/// Findings of kube-score that are decisions here: check, part of the object's name, values file or any, reason.
const DECIDED: &[(&str, &str, &str, &str)] = &[
    (
        "container-image-pull-policy",
        "",
        "",
        "tags are fixed versions and digests; Always would make every restart depend on a registry",
    ),
    ("container-security-context-user-group-id", "StatefulSet/todo-database", "", "the official image's user is 999"),
    ("container-security-context-user-group-id", "CronJob/todo-backup", "", "the official image's user is 999"),
    ("container-security-context-user-group-id", "CronJob/todo-restore", "", "the official image's user is 999"),
    ("pod-networkpolicy", "", "ci/01-minimal-values.yaml", "this file is about having none"),
];

#[test]
fn kube_score_finds_nothing_critical() {
    let Some(chart) = Chart::open() else { return };
    let Some(tool) = Tool::find("kube-score", "kube-score") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut found = BTreeSet::new();
    for file in chart.values_files() {
        let path = folder.path().join("rendered.yaml");
        fs::write(&path, chart.render().file(file.as_deref()).text()).expect("a file");
        found.extend(criticals(&tool, &path).into_iter().map(|finding| (file.clone(), finding)));
    }
    let decided = |exception: &(&str, &str, &str, &str), file: &Option<String>, check: &str, object: &str| {
        let (known, part, only, _) = exception;
        *known == check && object.contains(part) && (only.is_empty() || file.as_deref() == Some(only))
    };
    let open: Vec<String> = found
        .iter()
        .filter(|(file, (check, object, _))| !DECIDED.iter().any(|exception| decided(exception, file, check, object)))
        .map(|(file, (check, object, text))| format!("{file:?}: {object}: {check}: {text}"))
        .collect();
    assert!(open.is_empty(), "{}", open.join("\n"));
    for exception in DECIDED {
        let used = found.iter().any(|(file, (check, object, _))| decided(exception, file, check, object));
        assert!(used, "{exception:?} is found nowhere any more: no exception");
    }
}

/// Check, object and explanation of each critical finding.
fn criticals(tool: &Tool, rendered: &Path) -> Vec<(String, String, String)> {
    const CRITICAL: i64 = 1;
    let arguments = ["score", "--output-format=json", "--kubernetes-version=v1.36", &rendered.display().to_string()]
        .map(str::to_owned);
    let (Ok(printed) | Err(printed)) = tool.run(&arguments);
    let answer: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
    let mut found = Vec::new();
    for object in list(&answer) {
        let name = format!("{}/{}", object["type_meta"]["kind"], object["object_meta"]["name"]).replace('"', "");
        for check in
            list(&object["checks"]).iter().filter(|check| check["grade"] == CRITICAL && check["skipped"] != true)
        {
            let id = check["check"]["id"].as_str().expect("an id").to_owned();
            found.push((id, name.clone(), check["comments"].to_string()));
        }
    }
    found
}

#[test]
fn the_package_renders_what_the_folder_renders() {
    let Some(chart) = Chart::open() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (chart.folder.display().to_string(), folder.path().display().to_string());
    chart.helm(&["package", &source, "--destination", &target]).expect("a package");
    let name = format!("todo-{}.tgz", env!("CARGO_PKG_VERSION"));
    let package = Chart::at(folder.path().join(name)).expect("helm, again");
    for file in chart.values_files() {
        let path = file.as_ref().map(|file| format!("--values={}", chart.folder.join(file).display()));
        let packaged = path.iter().fold(package.render(), |render, path| render.argument(path)).objects();
        assert_eq!(packaged.ids(), chart.render().file(file.as_deref()).objects().ids(), "{file:?}");
    }
}
