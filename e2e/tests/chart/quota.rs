//! Whether everything that may run at the same time fits into the quota, by the arithmetic that the API server does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    helm::Chart,
    objects::{Object, Objects, containers, list, map},
    values::{at, merged, truthy},
};

type Amounts = BTreeMap<String, f64>;

/// A quantity such as `250m` or `8Gi` as a number.
fn quantity(value: &Value) -> f64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1.0,
        "m" => 0.001,
        "k" => 1e3,
        "Ki" => 1024.0,
        "M" => 1e6,
        "Mi" => 1024.0 * 1024.0,
        "G" => 1e9,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        unit => panic!("{text}: the unit {unit:?}"),
    };
    digits.parse::<f64>().unwrap_or_else(|error| panic!("{text}: {error}")) * factor
}

/// The most pods of a workload that exist at once: the HPA's maximum, and one more during a rollout.
fn most_pods(objects: &Objects, workload: &Object) -> u64 {
    let scaled = objects
        .of_kind("HorizontalPodAutoscaler")
        .find(|autoscaler| autoscaler.text("/spec/scaleTargetRef/name") == workload.name());
    let surge = workload.at("/spec/strategy/rollingUpdate/maxSurge").as_u64().unwrap_or(0);
    match (workload.kind(), scaled) {
        ("Deployment", Some(autoscaler)) => autoscaler.at("/spec/maxReplicas").as_u64().expect("a maximum") + surge,
        ("Deployment", None) => workload.at("/spec/replicas").as_u64().unwrap_or(1) + surge,
        ("StatefulSet", _) => workload.at("/spec/replicas").as_u64().unwrap_or(1),
        // A restore is started by hand, while no dump and no test runs.
        ("CronJob", _) if workload.at("/spec/suspend") == true => 0,
        _ => 1,
    }
}

/// What the release takes out of a quota at its largest.
fn used(objects: &Objects) -> Amounts {
    let mut used = Amounts::new();
    let mut take = |what: String, amount: f64| *used.entry(what).or_default() += amount;
    for workload in objects.workloads() {
        let pods = f64::from(u32::try_from(most_pods(objects, workload)).expect("a small number"));
        for container in containers(workload.pod_spec()) {
            for kind in ["requests", "limits"] {
                for (resource, amount) in map(&container["resources"][kind]) {
                    take(format!("{kind}.{resource}"), pods * quantity(amount));
                }
            }
        }
        for _ in list(workload.at("/spec/volumeClaimTemplates")) {
            take("persistentvolumeclaims".to_owned(), 1.0);
        }
    }
    for _ in objects.of_kind("PersistentVolumeClaim") {
        take("persistentvolumeclaims".to_owned(), 1.0);
    }
    for service in objects.of_kind("Service").filter(|service| service.at("/spec/type") == "NodePort") {
        take("services.nodeports".to_owned(), list(service.at("/spec/ports")).iter().map(|_| 1.0).sum());
    }
    used
}

/// What does not fit.
fn excess(used: &Amounts, hard: &Value) -> Vec<String> {
    map(hard)
        .filter_map(|(what, limit)| {
            let needed = used.get(what).copied().unwrap_or(0.0);
            (needed > quantity(limit)).then(|| format!("{what}: {needed} of {limit}"))
        })
        .collect()
}

#[test]
fn everything_at_its_largest_fits_into_the_quota() {
    let Some(chart) = Chart::open() else { return };
    let hard = at(&merged(&chart, Some("values-dev.yaml")), "resourceQuota.hard").clone();
    for (what, amount) in [
        ("requests.cpu", "4"),
        ("limits.cpu", "8"),
        ("requests.memory", "8Gi"),
        ("limits.memory", "16Gi"),
        ("persistentvolumeclaims", "5"),
        ("services.nodeports", "2"),
    ] {
        assert_eq!(hard[what], amount, "{what}");
    }
    for file in chart.values_files() {
        let values = merged(&chart, file.as_deref());
        if truthy(at(&values, "resourceQuota.enabled")) {
            let objects = chart.render().file(file.as_deref()).objects();
            let excess = excess(&used(&objects), at(&values, "resourceQuota.hard"));
            assert_eq!(excess, Vec::<String>::new(), "{file:?}");
        }
    }
    // The defaults with production's number of pods, backups and everything, in a namespace of that size.
    let production =
        "backup.enabled=true,backend.autoscaling.maxReplicas=10,frontend.replicas=3,database.maxConnections=150";
    assert_eq!(excess(&used(&chart.render().set(production).objects()), &hard), Vec::<String>::new());
}

#[test]
fn what_does_not_fit_is_found_out() {
    let Some(chart) = Chart::open() else { return };
    let small = serde_json::json!({"requests.cpu": "1", "limits.memory": "16Gi", "services.nodeports": "0"});
    let objects = chart.render().objects();
    let found = excess(&used(&objects), &small);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((quantity(&"250m".into()) - 0.25).abs() < 1e-9 && (quantity(&2.into()) - 2.0).abs() < 1e-9);
}
