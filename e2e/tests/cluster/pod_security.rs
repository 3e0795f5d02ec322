//! Pod Security `restricted`, as the API server judges it.

use crate::release::{NAMESPACE, todo};
use crate::tools::kubectl;

#[test]
fn every_running_pod_meets_pod_security_restricted_without_a_warning() {
    let release = todo();
    assert!(!release.objects("pods").is_empty());
    // A dry run of the strictest label makes the API server look at each pod of the namespace and name those that break it.
    let label = [
        "label",
        "namespace",
        NAMESPACE,
        "pod-security.kubernetes.io/enforce=restricted",
        "--overwrite",
        "--dry-run=server",
    ];
    let said = kubectl(NAMESPACE, &label);
    assert_eq!(said.err, "");
}

#[test]
fn a_privileged_pod_is_refused_in_the_namespace_of_the_release() {
    todo();
    let overrides = r#"{"spec":{"containers":[{"name":"intruder","image":"todo-busybox:1","securityContext":{"privileged":true}}]}}"#;
    let refused = std::process::Command::new("kubectl")
        .args([
            "--namespace",
            NAMESPACE,
            "run",
            "intruder",
            "--image=todo-busybox:1",
            "--dry-run=server",
            "--overrides",
            overrides,
        ])
        .output()
        .expect("kubectl");
    assert!(!refused.status.success());
    let reason = String::from_utf8_lossy(&refused.stderr);
    assert!(reason.contains("violates PodSecurity"), "{reason}");
}
