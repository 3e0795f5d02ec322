//! A release that does its work restarts nothing.

use crate::release::todo;

#[test]
fn no_container_was_restarted_or_ran_out_of_memory() {
    let pods = todo().objects("pods");
    assert!(!pods.is_empty());
    for pod in &pods {
        for container in pod["status"]["containerStatuses"].as_array().expect("containers") {
            let name = format!("{} {}", pod["metadata"]["name"], container["name"]);
            assert_eq!(container["restartCount"], 0, "{name}: {}", container["lastState"]);
            assert_ne!(container["state"]["terminated"]["reason"], "OOMKilled", "{name}");
        }
    }
}
