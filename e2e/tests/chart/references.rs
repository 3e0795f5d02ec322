//! Objects that name other objects name ones that exist: accounts, settings, claims, Services, ports, targets. Who may read
//! which secret.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    helm::Chart,
    objects::{Object, Objects, containers, list},
};

/// What a values file of `ci/` expects somebody else to have made.
const OF_OTHERS: [&str; 2] = ["ConfigMap/more", "Secret/todo-production"];

/// Every `Kind/name` that the objects refer to, with who does.
fn references(objects: &Objects) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for object in objects.iter() {
        let mut names = |kind: &str, name: &Value| {
            let named = name.as_str().map(|name| (object.id(), format!("{kind}/{name}")));
            found.extend(named);
        };
        if object.pod().is_some() {
            let spec = object.pod_spec();
            names("ServiceAccount", &spec["serviceAccountName"]);
            for volume in list(&spec["volumes"]) {
                names("PersistentVolumeClaim", &volume["persistentVolumeClaim"]["claimName"]);
                names("ConfigMap", &volume["configMap"]["name"]);
                names("Secret", &volume["secret"]["secretName"]);
            }
            for container in containers(spec) {
                for source in list(&container["envFrom"]) {
                    names("ConfigMap", &source["configMapRef"]["name"]);
                    names("Secret", &source["secretRef"]["name"]);
                }
                for variable in list(&container["env"]) {
                    names("ConfigMap", &variable["valueFrom"]["configMapKeyRef"]["name"]);
                    names("Secret", &variable["valueFrom"]["secretKeyRef"]["name"]);
                }
            }
        }
        if object.kind() == "HorizontalPodAutoscaler" {
            names("Deployment", object.at("/spec/scaleTargetRef/name"));
        }
        if object.kind() == "StatefulSet" {
            names("Service", object.at("/spec/serviceName"));
        }
        for rule in list(object.at("/spec/rules")) {
            for path in list(&rule["http"]["paths"]) {
                names("Service", &path["backend"]["service"]["name"]);
            }
            for reference in list(&rule["backendRefs"]) {
                names("Service", &reference["name"]);
            }
        }
    }
    found
}

fn dangling(objects: &Objects) -> Vec<String> {
    let there: BTreeSet<String> = objects.ids().into_iter().collect();
    let missing =
        references(objects).into_iter().filter(|(_, to)| !there.contains(to) && !OF_OTHERS.contains(&to.as_str()));
    missing.map(|(from, to)| format!("{from} names {to}")).collect()
}

#[test]
fn whatever_is_named_exists() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        assert!(references(&objects).len() >= 5, "{file}: the references are not recognised any more");
        assert_eq!(dangling(&objects), Vec::<String>::new(), "{file}");
    }
    let objects = chart.render().objects();
    let without = objects.iter().filter(|object| object.id() != "ConfigMap/todo-config").map(|object| object.0.clone());
    assert_eq!(dangling(&Objects::of(without.collect())).len(), 2, "both servers read it");
}

/// Named ports of the pods that a Service finds.
fn ports_behind(objects: &Objects, service: &Object) -> BTreeSet<String> {
    let selector = crate::objects::labels(service.at("/spec/selector"));
    let behind = objects.workloads().filter(|workload| {
        let carried = workload.pod_labels();
        selector.iter().all(|(key, value)| carried.get(key) == Some(value))
    });
    let ports =
        behind.flat_map(|workload| containers(workload.pod_spec())).flat_map(|container| list(&container["ports"]));
    ports.filter_map(|port| port["name"].as_str().map(str::to_owned)).collect()
}

#[test]
fn every_named_port_is_a_port_of_the_container() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for service in objects.of_kind("Service") {
            for port in list(service.at("/spec/ports")) {
                let target = port["targetPort"].as_str().unwrap_or_else(|| panic!("{}: {port}", service.id()));
                assert!(ports_behind(&objects, service).contains(target), "{file}: {} {target}", service.id());
            }
        }
        for workload in objects.workloads() {
            for container in containers(workload.pod_spec()) {
                let own: Vec<&Value> = list(&container["ports"]).iter().map(|port| &port["name"]).collect();
                for probe in ["startupProbe", "livenessProbe", "readinessProbe"].map(|probe| &container[probe]) {
                    let port = &probe["httpGet"]["port"];
                    assert!(port.is_null() || own.contains(&port), "{file}: {} probes {port}", workload.id());
                }
            }
        }
    }
}

#[test]
fn the_backend_alone_gets_the_whole_secret_and_the_rest_one_key_of_it() {
    let Some(chart) = Chart::open() else { return };
    for (file, objects) in chart.every_render() {
        for workload in objects.workloads() {
            let component = workload.component();
            for container in containers(workload.pod_spec()) {
                let whole = list(&container["envFrom"]).iter().any(|source| !source["secretRef"].is_null());
                assert_eq!(whole, component == "backend", "{file}: {}", workload.id());
                let references =
                    list(&container["env"]).iter().map(|variable| &variable["valueFrom"]["secretKeyRef"]["key"]);
                let keys: Vec<&str> = references.filter_map(Value::as_str).collect();
                let allowed: &[&str] = match component {
                    "database" => &["POSTGRES_PASSWORD"],
                    "backup" | "postgres-exporter" => &["DATABASE_URL", "POSTGRES_PASSWORD"],
                    _ => &[],
                };
                assert!(keys.iter().all(|key| allowed.contains(key)), "{file}: {} reads {keys:?}", workload.id());
            }
            let mounted = list(&workload.pod_spec()["volumes"]).iter().any(|volume| !volume["secret"].is_null());
            assert!(!mounted, "{file}: {} mounts a Secret", workload.id());
        }
        let accounts = objects.of_kind("ServiceAccount");
        assert!(accounts.into_iter().all(|account| account.at("/automountServiceAccountToken") == false), "{file}");
    }
}
