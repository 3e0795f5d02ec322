//! What is left of a release that was removed.

use std::time::Duration;

use crate::release::{Release, fresh_namespace};
use crate::tools::{eventually, kubectl, objects, run};

const OWN: &str = "todo-uninstall";

#[tokio::test]
async fn uninstalling_leaves_the_data_its_dumps_and_its_password_and_nothing_else() {
    fresh_namespace(OWN);
    let release = Release::small("todo", OWN);
    let kinds = run("kubectl", &["api-resources", "--namespaced", "--verbs=list", "--output=name"]).out;
    // Events and the pods' measurements are about the past, not of the release.
    let kinds: Vec<&str> =
        kinds.lines().filter(|kind| !kind.starts_with("events") && !kind.ends_with("metrics.k8s.io")).collect();
    let kinds = kinds.join(",");
    release.uninstall();

    let kept =
        ["PersistentVolumeClaim data-todo-database-0", "PersistentVolumeClaim todo-backup", "Secret todo-secrets"];
    eventually(Duration::from_secs(60), async || {
        let mut left: Vec<String> = objects(OWN, &[&kinds])
            .iter()
            .map(|object| {
                format!(
                    "{} {}",
                    object["kind"].as_str().unwrap_or("?"),
                    object["metadata"]["name"].as_str().unwrap_or("?")
                )
            })
            // Every namespace has these two.
            .filter(|name| name != "ServiceAccount default" && name != "ConfigMap kube-root-ca.crt")
            .collect();
        left.sort();
        if left == kept { Ok(()) } else { Err(format!("left: {left:?}")) }
    })
    .await;

    // Installed again it finds its data: the password that was kept opens the database that was kept.
    let again = Release::small("todo", OWN);
    again.uninstall();
    kubectl("default", &["delete", "namespace", OWN, "--timeout=120s"]);
}
