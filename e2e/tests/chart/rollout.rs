//! What a rollout, a scale-down and a drained node rely on: strategy, probes, times that add up, HPA, PDB.

use serde_json::{Value, json};

use crate::{
    helm::Chart,
    objects::{Object, Objects, list},
    values::{at, merged, truthy},
};

const SERVERS: [&str; 2] = ["backend", "frontend"];

/// The servers among the Deployments, which may be switched off or run on a file.
fn servers(objects: &Objects) -> impl Iterator<Item = &Object> {
    objects.of_kind("Deployment").filter(|object| SERVERS.contains(&object.component()))
}

fn autoscaler<'a>(objects: &'a Objects, target: &Object) -> Option<&'a Object> {
    objects.of_kind("HorizontalPodAutoscaler").find(|autoscaler| {
        let reference = autoscaler.at("/spec/scaleTargetRef");
        (&reference["kind"], &reference["name"]) == (&json!(target.kind()), &json!(target.name()))
    })
}

/// Whether the data is a file in a claim, which two pods cannot share even for a moment.
fn on_sqlite(chart: &Chart, file: &str) -> bool {
    let values = merged(chart, (file != "values.yaml").then_some(file));
    at(&values, "secrets.databaseUrl").as_str().is_some_and(|url| url.starts_with("sqlite:"))
}

#[test]
fn a_rollout_never_takes_a_pod_before_its_successor_is_ready() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for server in servers(&objects) {
            let strategy = server.at("/spec/strategy");
            if server.component() == "backend" && on_sqlite(&chart, &file) {
                assert_eq!(strategy, &json!({"type": "Recreate"}), "{file}: {}", server.id());
            } else {
                let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}});
                assert_eq!(strategy, &rolling, "{file}: {}", server.id());
            }
            for time in ["minReadySeconds", "progressDeadlineSeconds"] {
                let seconds = server.at("/spec")[time].as_u64().unwrap_or(0);
                assert!(seconds > 0, "{file}: {} has no {time}", server.id());
            }
        }
    }
}

#[test]
fn the_number_of_pods_is_left_to_the_autoscaler_where_there_is_one() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        let values = merged(&chart, (file != "values.yaml").then_some(&file));
        for server in servers(&objects) {
            let replicas = at(&values, &format!("{}.replicas", server.component()));
            let Some(autoscaler) = autoscaler(&objects, server) else {
                assert_eq!(server.at("/spec/replicas"), replicas, "{file}: {}", server.id());
                continue;
            };
            assert!(server.0.pointer("/spec/replicas").is_none(), "{file}: {} says a number", server.id());
            let floor = at(&values, "backend.autoscaling.minReplicas");
            let floor = if floor.is_null() { replicas } else { floor };
            assert_eq!(autoscaler.at("/spec/minReplicas"), floor, "{file}");
            assert_eq!(autoscaler.at("/spec/maxReplicas"), at(&values, "backend.autoscaling.maxReplicas"), "{file}");
            let target = at(&values, "backend.autoscaling.targetCPUUtilizationPercentage");
            assert_eq!(autoscaler.at("/spec/metrics/0/resource/target/averageUtilization"), target, "{file}");
            for direction in ["scaleUp", "scaleDown"] {
                assert!(
                    !list(&autoscaler.at("/spec/behavior")[direction]["policies"]).is_empty(),
                    "{file}: {direction}"
                );
            }
        }
    }
}

/// Startup, readiness and liveness of a server as the guide for operators has them: path, period, time-out, failures.
const PROBES: [(&str, &str, u64, Option<u64>, u64); 3] = [
    ("startupProbe", "/health", 1, None, 60),
    ("readinessProbe", "/ready", 2, Some(1), 3),
    ("livenessProbe", "/health", 10, Some(3), 3),
];

fn probe_mistakes(container: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, path, period, timeout, failures) in PROBES {
        let probe = &container[kind];
        if probe["httpGet"]["path"] != path {
            found.push(format!("{kind} asks {}", probe["httpGet"]["path"]));
        }
        let is = |key: &str, expected: u64| probe[key].as_u64() == Some(expected);
        if !is("periodSeconds", period) || !is("failureThreshold", failures) {
            found.push(format!("{kind} has other numbers: {probe}"));
        }
        if timeout.is_some_and(|timeout| !is("timeoutSeconds", timeout)) {
            found.push(format!("{kind} waits for {}", probe["timeoutSeconds"]));
        }
    }
    found
}

#[test]
fn probes_have_the_numbers_that_were_decided_and_liveness_never_asks_for_the_database() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for server in servers(&objects) {
            let containers = list(&server.pod_spec()["containers"]);
            assert_eq!(probe_mistakes(&containers[0]), Vec::<String>::new(), "{file}: {}", server.id());
        }
        for database in objects.of_kind("StatefulSet") {
            for kind in PROBES.map(|(kind, ..)| kind) {
                let command = &database.pod_spec()["containers"][0][kind]["exec"]["command"];
                let words: Vec<&str> = list(command).iter().filter_map(Value::as_str).collect();
                let words = words.join(" ");
                // The server of the first initialisation listens on its socket alone and would look ready.
                assert!(words.contains("pg_isready -q -h 127.0.0.1"), "{file}: {kind} {words:?}");
            }
        }
    }
}

#[test]
fn a_liveness_probe_on_readiness_would_be_found_out() {
    let probe = |path: &str, period: u64, timeout: u64, failures: u64| json!({"httpGet": {"path": path}, "periodSeconds": period, "timeoutSeconds": timeout, "failureThreshold": failures});
    let mut container = json!({
        "startupProbe": probe("/health", 1, 1, 60),
        "readinessProbe": probe("/ready", 2, 1, 3),
        "livenessProbe": probe("/health", 10, 3, 3),
    });
    assert_eq!(probe_mistakes(&container), Vec::<String>::new());
    container["livenessProbe"] = probe("/ready", 10, 1, 3);
    assert_eq!(probe_mistakes(&container).len(), 2);
}

/// Spare seconds for the last words: flushing logs and traces takes up to three.
const SPARE: u64 = 5;

/// What a pod needs between the deletion and its last word, and what it gets.
fn budget(server: &Object, config: &Object) -> (u64, u64) {
    let setting = |name: &str| -> u64 {
        let text = config.text(&format!("/data/{name}"));
        text.parse().unwrap_or_else(|_| panic!("{}: {name} is {text:?}", config.id()))
    };
    let spec = server.pod_spec();
    let sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap_or(0);
    let needed = sleep + setting("SHUTDOWN_DELAY_SECONDS") + setting("SHUTDOWN_GRACE_SECONDS") + SPARE;
    (needed, spec["terminationGracePeriodSeconds"].as_u64().expect("a grace period"))
}

#[test]
fn the_grace_period_covers_the_sleep_the_drain_and_the_last_words() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        let config = objects.of_kind("ConfigMap").find(|map| !map.at("/data/SHUTDOWN_GRACE_SECONDS").is_null());
        for server in servers(&objects) {
            let (needed, given) = budget(server, config.expect("the settings"));
            assert!(needed <= given, "{file}: {} needs {needed} s and gets {given} s", server.id());
            // Without it the endpoints are told too late, and every dying pod costs requests.
            let sleep = server.pod_spec()["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64();
            assert!(sleep >= Some(5), "{file}: {} sleeps {sleep:?}", server.id());
        }
    }
}

#[test]
fn a_disruption_budget_never_forbids_a_drain() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for server in servers(&objects) {
            let sure = match autoscaler(&objects, server) {
                Some(autoscaler) => autoscaler.at("/spec/minReplicas").as_u64(),
                None => server.at("/spec/replicas").as_u64(),
            };
            let budget = objects.of_kind("PodDisruptionBudget").find(|budget| budget.component() == server.component());
            assert_eq!(budget.is_some(), sure > Some(1), "{file}: {} has {sure:?} pods for sure", server.id());
            let Some(budget) = budget else { continue };
            assert_eq!(budget.at("/spec/maxUnavailable"), 1, "{file}: {}", budget.id());
            assert!(budget.at("/spec/minAvailable").is_null(), "{file}: {}", budget.id());
        }
        let others = objects.of_kind("PodDisruptionBudget").filter(|budget| !SERVERS.contains(&budget.component()));
        assert_eq!(others.map(Object::id).collect::<Vec<_>>(), Vec::<String>::new(), "{file}: one pod needs no budget");
    }
}

#[test]
fn pods_spread_over_hosts_and_zones_without_insisting() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().objects();
    for server in servers(&objects) {
        let constraints = list(&server.pod_spec()["topologySpreadConstraints"]);
        let keys: Vec<&Value> = constraints.iter().map(|constraint| &constraint["topologyKey"]).collect();
        assert_eq!(keys, ["kubernetes.io/hostname", "topology.kubernetes.io/zone"], "{}", server.id());
        for constraint in constraints {
            assert_eq!(constraint["whenUnsatisfiable"], "ScheduleAnyway", "{}", server.id());
            assert_eq!(&constraint["labelSelector"]["matchLabels"], server.at("/spec/selector/matchLabels"));
        }
        let hard = &server.pod_spec()["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
        assert!(hard.is_null(), "{}: the HPA's maximum must fit on one node", server.id());
    }
}

#[test]
fn the_database_keeps_its_data() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for set in objects.of_kind("StatefulSet") {
            assert_eq!(set.at("/spec/replicas"), 1, "{file}");
            // Else a rollback would wait for ever for the pod that a wrong image keeps from starting.
            assert_eq!(set.at("/spec/podManagementPolicy"), "Parallel", "{file}");
            let values = merged(&chart, (file != "values.yaml").then_some(&file));
            let claims = list(set.at("/spec/volumeClaimTemplates")).len();
            assert_eq!(claims == 1, truthy(at(&values, "database.persistence.enabled")), "{file}");
            let retention = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
            assert_eq!(set.at("/spec/persistentVolumeClaimRetentionPolicy"), &retention, "{file}");
            let service = objects.get("Service", set.text("/spec/serviceName"));
            assert_eq!(service.at("/spec/clusterIP"), "None", "{file}");
            let container = &set.pod_spec()["containers"][0];
            let data = list(&container["env"]).iter().find(|variable| variable["name"] == "PGDATA");
            let folder = data.expect("PGDATA")["value"].as_str().expect("a folder");
            let inside =
                |mount: &Value| folder.starts_with(&format!("{}/", mount["mountPath"].as_str().unwrap_or("/")));
            // The mount itself holds lost+found on many volumes, and initdb refuses a folder that is not empty.
            assert!(list(&container["volumeMounts"]).iter().any(inside), "{file}: {folder}");
            assert!(set.pod_spec()["securityContext"]["fsGroup"].as_u64() > Some(0), "{file}");
        }
    }
}
