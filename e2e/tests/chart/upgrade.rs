//! What Kubernetes refuses to change in an object that exists, compared between this chart and its next version.

use serde_json::{Map, Value, json};

use crate::{
    helm::Chart,
    objects::{Object, Objects, list},
};

/// The parts of an object that can never change once it exists.
fn immutable(object: &Object) -> Value {
    match object.kind() {
        "Deployment" => json!(object.at("/spec/selector")),
        "StatefulSet" => {
            let spec = object.at("/spec").as_object().cloned().unwrap_or_default();
            let changeable = [
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "revisionHistoryLimit",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
            ];
            spec.into_iter().filter(|(key, _)| !changeable.contains(&key.as_str())).collect::<Map<_, _>>().into()
        }
        "Service" => json!([object.at("/spec/clusterIP"), object.at("/spec/ipFamilyPolicy")]),
        "Job" => json!([object.at("/spec/selector"), object.at("/spec/completions"), object.at("/spec/template")]),
        // Only the size may grow.
        "PersistentVolumeClaim" => {
            let spec = object.at("/spec").as_object().cloned().unwrap_or_default();
            spec.into_iter().filter(|(key, _)| key != "resources").collect::<Map<_, _>>().into()
        }
        "Pod" => json!(object.at("/spec")),
        "Secret" => json!(object.at("/type")),
        "RoleBinding" => json!(object.at("/roleRef")),
        _ => Value::Null,
    }
}

/// Hooks that are deleted before they are made again may change at will.
fn is_replaced(object: &Object) -> bool {
    object.text("/metadata/annotations/helm.sh~1hook-delete-policy").contains("before-hook-creation")
}

fn changes(before: &Objects, after: &Objects) -> Vec<String> {
    let mut found = Vec::new();
    for object in before.iter().filter(|object| !is_replaced(object)) {
        match after.find(object.kind(), object.name()) {
            None => found.push(format!("{} is gone, and would be deleted", object.id())),
            Some(next) if immutable(next) != immutable(object) => {
                found.push(format!("{}: {} is now {}", object.id(), immutable(object), immutable(next)));
            }
            Some(_) => {}
        }
        if object.at("/immutable") == true {
            found.push(format!("{} can never be changed", object.id()));
        }
    }
    found
}

#[test]
fn an_upgrade_to_the_next_version_changes_nothing_that_cannot_change() {
    let Some(chart) = Chart::open() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (chart.folder.display().to_string(), folder.path().display().to_string());
    chart
        .helm(&["package", &source, "--version=9.8.7", "--app-version=9.8.7", "--destination", &target])
        .expect("a package");
    let next = Chart::at(folder.path().join("todo-9.8.7.tgz")).expect("helm, again");
    for file in chart.values_files() {
        let before = chart.render().file(file.as_deref()).objects();
        let path = file.as_ref().map(|file| format!("--values={}", chart.folder.join(file).display()));
        let after = path.iter().fold(next.render(), |render, path| render.argument(path)).objects();
        assert_eq!(changes(&before, &after), Vec::<String>::new(), "{file:?}");
        assert!(after.iter().all(|object| object.text("/metadata/labels/app.kubernetes.io~1version") == "9.8.7"));
    }
}

#[test]
fn a_version_in_a_selector_or_a_claim_would_be_found_out() {
    let release = |version: &str| {
        Objects::of(vec![
            json!({"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"v": version}}}}),
            json!({"kind": "StatefulSet", "metadata": {"name": "b"}, "spec": {
                "replicas": version,
                "volumeClaimTemplates": [{"metadata": {"name": "data", "labels": {"v": version}}}],
            }}),
            json!({"kind": "Pod", "metadata": {"name": "test", "annotations": {
                "helm.sh/hook-delete-policy": "before-hook-creation",
            }}, "spec": {"v": version}}),
        ])
    };
    assert_eq!(changes(&release("1"), &release("2")).len(), 2);
    assert_eq!(changes(&release("1"), &Objects::of(Vec::new())).len(), 2);
    let before = release("1");
    let claims = list(before.get("StatefulSet", "b").at("/spec/volumeClaimTemplates"));
    assert_eq!(claims.len(), 1);
}
