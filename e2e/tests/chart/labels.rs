//! Names, labels and selectors: what finds what, and what two releases must not share.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    helm::Chart,
    objects::{COMPONENT, Labels, Object, Objects, SELECTOR, labels, list},
};

/// What Kubernetes recommends, and the label that tells which chart made the object.
const RECOMMENDED: [&str; 7] = [
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "helm.sh/chart",
];

/// Whether a selector of labels matches.
fn matches(selector: &Value, carried: &Labels) -> bool {
    labels(selector).iter().all(|(key, value)| carried.get(key) == Some(value))
}

#[test]
fn every_object_carries_the_recommended_labels() {
    let Some(chart) = Chart::open() else { return };
    let chart_yaml = chart.yaml("Chart.yaml");
    for (file, objects) in chart.every_render() {
        for object in objects.iter() {
            let carried = object.labels();
            let missing: Vec<_> = RECOMMENDED.iter().filter(|label| !carried.contains_key(**label)).collect();
            assert!(missing.is_empty(), "{file}: {} lacks {missing:?}", object.id());
            assert_eq!(carried["app.kubernetes.io/version"], chart_yaml["appVersion"].as_str().expect("a version"));
            assert_eq!(carried["app.kubernetes.io/managed-by"], "Helm");
            assert_eq!(carried["app.kubernetes.io/part-of"], "todo");
        }
        for workload in objects.workloads() {
            let carried = workload.pod_labels();
            let missing: Vec<_> = SELECTOR.iter().filter(|label| !carried.contains_key(**label)).collect();
            assert!(missing.is_empty(), "{file}: pods of {} lack {missing:?}", workload.id());
            assert_eq!(carried[COMPONENT], workload.component(), "{file}: {}", workload.id());
        }
    }
}

#[test]
fn selectors_are_name_instance_and_component_and_find_the_pods_of_one_workload() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for object in objects.iter() {
            let Some(selector) = object.selector() else { continue };
            let keys: Vec<String> = labels(selector).into_keys().collect();
            assert_eq!(keys, SELECTOR, "{file}: {}", object.id());
            if object.kind() == "ServiceMonitor" {
                let services = objects.of_kind("Service").filter(|service| matches(selector, &service.labels()));
                assert_eq!(services.count(), 1, "{file}: {} finds one Service", object.id());
                continue;
            }
            let found: Vec<String> = objects
                .workloads()
                .filter(|workload| matches(selector, &workload.pod_labels()))
                .map(Object::id)
                .collect();
            assert_eq!(found.len(), 1, "{file}: {} finds the pods of {found:?}", object.id());
            if ["Deployment", "StatefulSet"].contains(&object.kind()) {
                assert_eq!(found, [object.id()], "{file}");
            }
        }
    }
}

#[test]
fn what_a_claim_template_is_labelled_with_never_changes() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for set in objects.of_kind("StatefulSet") {
            for claim in list(set.at("/spec/volumeClaimTemplates")) {
                let carried = labels(&claim["metadata"]["labels"]);
                assert!(
                    carried.keys().all(|label| SELECTOR.contains(&label.as_str())),
                    "{file}: {} {carried:?}",
                    set.id()
                );
            }
        }
    }
}

#[test]
fn nothing_is_made_outside_of_the_release_namespace() {
    const KINDS: [&str; 16] = [
        "ConfigMap",
        "CronJob",
        "Deployment",
        "HTTPRoute",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "ResourceQuota",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    ];
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for object in objects.iter() {
            let monitoring = ["ServiceMonitor", "PrometheusRule"].contains(&object.kind());
            assert!(KINDS.contains(&object.kind()) || monitoring, "{file}: a {}", object.kind());
            assert!(["", "todo"].contains(&object.text("/metadata/namespace")), "{file}: {}", object.id());
        }
    }
}

/// Selectors of every kind that choose pods, those of NetworkPolicies and of spreading included.
fn pod_selectors(value: &Value, found: &mut Vec<Labels>) {
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries {
                if key == "matchLabels" {
                    found.push(labels(entry));
                } else {
                    pod_selectors(entry, found);
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| pod_selectors(entry, found)),
        _ => {}
    }
}

fn shared(one: &Objects, other: &Objects) -> Vec<String> {
    let names: BTreeSet<String> = one.ids().into_iter().collect();
    let mut found: Vec<String> = other.ids().into_iter().filter(|id| names.contains(id)).collect();
    for object in one.iter() {
        let mut selectors = Vec::new();
        pod_selectors(&object.0, &mut selectors);
        if object.kind() == "Service" {
            selectors.push(labels(object.at("/spec/selector")));
        }
        // A selector without our instance means somebody else's pods: the name server, the Ingress controller.
        let ours =
            selectors.iter().filter(|selector| selector.contains_key(COMPONENT) || selector.contains_key(SELECTOR[2]));
        for selector in ours {
            let strangers = other.workloads().filter(|workload| matches(&json!(selector), &workload.pod_labels()));
            found.extend(strangers.map(|stranger| format!("{} finds {}", object.id(), stranger.id())));
        }
    }
    found
}

#[test]
fn two_releases_in_one_namespace_share_nothing() {
    let Some(chart) = Chart::open() else { return };
    for file in chart.values_files() {
        let render = chart.render().file(file.as_deref());
        let [one, other] = ["todo", "todo-two"].map(|name| render.clone().release(name).objects());
        assert_eq!(shared(&one, &other), Vec::<String>::new(), "{file:?}");
        assert_eq!(shared(&other, &one), Vec::<String>::new(), "{file:?}");
    }
}

#[test]
fn a_selector_without_the_instance_would_be_found_out() {
    let pod = |instance: &str| json!({"metadata": {"labels": {SELECTOR[2]: "todo", SELECTOR[1]: instance}}});
    let release = |instance: &str| {
        Objects::of(vec![json!({
            "kind": "Deployment",
            "metadata": {"name": instance},
            "spec": {"selector": {"matchLabels": {SELECTOR[2]: "todo"}}, "template": pod(instance)},
        })])
    };
    assert_eq!(shared(&release("one"), &release("other")), ["Deployment/one finds Deployment/other"]);
}

#[test]
fn names_stay_legal_when_the_release_has_the_longest_name() {
    let Some(chart) = Chart::open() else { return };
    // Helm allows 53 characters. With and without the chart's name in it, because that makes the full name.
    // What is cut off takes the word todo along in the first; rules and dashboards, which need it, are refused then.
    let without = "metrics.prometheusRule.enabled=false,metrics.dashboards.enabled=false";
    for (release, switches) in [("r".repeat(53), without), (format!("todo-{}", "r".repeat(48)), "")] {
        for file in [None, Some("ci/05-everything-on-values.yaml"), Some("ci/03-sqlite-values.yaml")] {
            let objects = chart.render().file(file).release(&release).set(switches).objects();
            for object in objects.iter() {
                let limit = match object.kind() {
                    // Their controllers append ten characters and more, and put the result into a label.
                    "StatefulSet" | "CronJob" => 52,
                    // Nobody makes a label or the name of a machine of these.
                    "ConfigMap" | "PrometheusRule" => 253,
                    _ => 63,
                };
                let name = object.name();
                let legal = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
                assert!(name.len() <= limit, "{file:?}: {} has {} characters", object.id(), name.len());
                assert!(name.chars().all(legal) && !name.ends_with('-'), "{file:?}: {}", object.id());
                let long = object.labels().into_iter().find(|(_, value)| value.len() > 63);
                assert!(long.is_none(), "{file:?}: {} {long:?}", object.id());
            }
            let names: BTreeSet<String> = objects.ids().into_iter().collect();
            assert_eq!(names.len(), objects.iter().count(), "{file:?}: two objects of one name");
        }
    }
}
