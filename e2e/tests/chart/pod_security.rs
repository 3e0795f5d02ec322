//! The Pod Security standard `restricted` as a function, and this project's own rules on top of it; every pod of every
//! render has to satisfy both, those of hooks and jobs too.

use serde_json::{Value, json};

use crate::{
    helm::Chart,
    objects::{containers, list, map},
};

/// Kinds of volumes that `restricted` lets a pod use.
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

/// What the standard's level `restricted` objects to.
fn objections(spec: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |right: bool, objection: String| {
        if !right {
            found.push(objection);
        }
    };
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        check(spec[field] != true, field.to_owned());
    }
    let pod = &spec["securityContext"];
    check(list(&pod["sysctls"]).is_empty(), "sysctls".to_owned());
    check(pod["windowsOptions"]["hostProcess"] != true, "hostProcess".to_owned());
    for volume in list(&spec["volumes"]) {
        let kinds: Vec<&String> = map(volume).map(|(kind, _)| kind).filter(|kind| *kind != "name").collect();
        check(kinds.iter().all(|kind| VOLUMES.contains(&kind.as_str())), format!("volume of kind {kinds:?}"));
    }
    for container in containers(spec) {
        let name = container["name"].as_str().unwrap_or("?");
        let own = &container["securityContext"];
        // What a container does not say, the pod says for it.
        let either = |field: &str| if own[field].is_null() { &pod[field] } else { &own[field] };
        check(own["privileged"] != true, format!("{name}: privileged"));
        check(own["windowsOptions"]["hostProcess"] != true, format!("{name}: hostProcess"));
        check(own["allowPrivilegeEscalation"] == false, format!("{name}: allowPrivilegeEscalation"));
        check(either("runAsNonRoot") == true, format!("{name}: runAsNonRoot"));
        check(either("runAsUser").as_u64() != Some(0), format!("{name}: runAsUser 0"));
        let profile = either("seccompProfile")["type"].as_str().unwrap_or("none");
        check(["RuntimeDefault", "Localhost"].contains(&profile), format!("{name}: seccomp {profile}"));
        let profile = either("appArmorProfile")["type"].as_str().unwrap_or("RuntimeDefault");
        check(["RuntimeDefault", "Localhost"].contains(&profile), format!("{name}: AppArmor {profile}"));
        let linux = either("seLinuxOptions");
        check(linux["user"].is_null() && linux["role"].is_null(), format!("{name}: SELinux user or role"));
        check(list(&own["capabilities"]["drop"]).contains(&json!("ALL")), format!("{name}: capabilities kept"));
        let added = list(&own["capabilities"]["add"]);
        check(added.iter().all(|capability| capability == "NET_BIND_SERVICE"), format!("{name}: capabilities added"));
        check(["Default", ""].contains(&own["procMount"].as_str().unwrap_or("")), format!("{name}: procMount"));
        let ports = list(&container["ports"]);
        check(ports.iter().all(|port| port["hostPort"].as_u64().unwrap_or(0) == 0), format!("{name}: hostPort"));
        for action in ["livenessProbe", "readinessProbe", "startupProbe"].map(|probe| &container[probe]) {
            check(
                action["httpGet"]["host"].is_null() && action["tcpSocket"]["host"].is_null(),
                format!("{name}: probe of another host"),
            );
        }
    }
    found
}

/// What this project asks on top: nothing that the cluster or the image has to fill in.
fn own_objections(spec: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |right: bool, objection: String| {
        if !right {
            found.push(objection);
        }
    };
    // Nothing in the chart asks the API server for anything.
    check(spec["automountServiceAccountToken"] == false, "a token is mounted".to_owned());
    check(
        spec["serviceAccountName"].as_str().is_some_and(|name| name != "default"),
        "no account of its own".to_owned(),
    );
    for container in containers(spec) {
        let name = container["name"].as_str().unwrap_or("?");
        let own = &container["securityContext"];
        let user = if own["runAsUser"].is_null() { &spec["securityContext"]["runAsUser"] } else { &own["runAsUser"] };
        check(user.as_u64().is_some_and(|user| user > 0), format!("{name}: no numeric user"));
        check(own["readOnlyRootFilesystem"] == true, format!("{name}: the root file system can be written"));
        for kind in ["requests", "limits"] {
            for resource in ["cpu", "memory"] {
                check(!container["resources"][kind][resource].is_null(), format!("{name}: no {kind} of {resource}"));
            }
        }
    }
    found
}

#[test]
fn every_pod_passes_the_standard_restricted_and_the_rules_of_the_house() {
    let Some(chart) = Chart::open() else { return };
    let mut found = Vec::new();
    for (file, objects) in chart.every_render() {
        for workload in objects.workloads() {
            assert!(containers(workload.pod_spec()).next().is_some(), "{} has no containers", workload.id());
            let spec = workload.pod_spec();
            for objection in objections(spec).into_iter().chain(own_objections(spec)) {
                found.push(format!("{file}: {}: {objection}", workload.id()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn good_pod() -> Value {
    json!({
        "automountServiceAccountToken": false,
        "serviceAccountName": "todo-backend",
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "containers": [{
            "name": "backend",
            "ports": [{"containerPort": 8000}],
            "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
        }],
    })
}

#[test]
fn a_good_pod_raises_no_objection() {
    assert_eq!((objections(&good_pod()), own_objections(&good_pod())), (vec![], vec![]));
}

#[test]
fn each_weakness_raises_one_objection() {
    for (place, weakness) in [
        ("/hostNetwork", json!(true)),
        ("/hostPID", json!(true)),
        ("/hostIPC", json!(true)),
        ("/securityContext/sysctls", json!([{"name": "kernel.shm_rmid_forced", "value": "1"}])),
        ("/securityContext/runAsNonRoot", json!(false)),
        ("/securityContext/seccompProfile", json!({"type": "Unconfined"})),
        ("/securityContext/seccompProfile", json!(null)),
        ("/volumes/0", json!({"name": "host", "hostPath": {"path": "/"}})),
        ("/containers/0/ports/0/hostPort", json!(80)),
        ("/containers/0/livenessProbe", json!({"httpGet": {"host": "192.0.2.1", "port": 80}})),
        ("/containers/0/securityContext/privileged", json!(true)),
        ("/containers/0/securityContext/allowPrivilegeEscalation", json!(null)),
        ("/containers/0/securityContext/runAsNonRoot", json!(false)),
        ("/containers/0/securityContext/runAsUser", json!(0)),
        ("/containers/0/securityContext/capabilities", json!({})),
        ("/containers/0/securityContext/capabilities/add", json!(["SYS_ADMIN"])),
        ("/containers/0/securityContext/procMount", json!("Unmasked")),
        ("/containers/0/securityContext/seLinuxOptions", json!({"user": "root"})),
        ("/containers/0/securityContext/appArmorProfile", json!({"type": "Unconfined"})),
    ] {
        assert_eq!(objections(&changed(place, weakness)).len(), 1, "{place}");
    }
    for (place, weakness) in [
        ("/automountServiceAccountToken", json!(null)),
        ("/serviceAccountName", json!("default")),
        ("/securityContext/runAsUser", json!(null)),
        ("/containers/0/securityContext/readOnlyRootFilesystem", json!(false)),
        ("/containers/0/resources/limits/memory", json!(null)),
        ("/containers/0/resources/requests/cpu", json!(null)),
    ] {
        assert_eq!(own_objections(&changed(place, weakness)).len(), 1, "{place}");
    }
}

/// The good pod with one place changed.
fn changed(place: &str, value: Value) -> Value {
    let mut pod = good_pod();
    let (parent, key) = place.rsplit_once('/').expect("a pointer");
    let parent = pod.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match parent {
        Value::Array(entries) => entries[key.parse::<usize>().expect("an index")] = value,
        other => other[key] = value,
    }
    pod
}
