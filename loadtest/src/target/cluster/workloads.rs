//! Changing the release's workloads, and telling when a change has arrived at every pod. Absent on purpose: which change,
//! and putting it back, which is the phases' business.

use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Container, Pod, Probe};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::{Cluster, ClusterError, Component, pods, until};

/// Our own annotation, not kubectl's: taking it away again restores the pod template to the letter.
const RESTARTED: &str = "todo.loadtest/restarted";
const POLL: Duration = Duration::from_millis(200);

impl Cluster {
    pub async fn deployment(&self, component: Component) -> Result<Deployment, ClusterError> {
        let name = self.name(component);
        let what = format!("the Deployment {name} cannot be read");
        self.api::<Deployment>().get(&name).await.map_err(ClusterError::api(&what))
    }

    /// Merges a change into a Deployment.
    pub async fn patch_deployment(&self, component: Component, change: &Value) -> Result<(), ClusterError> {
        let name = self.name(component);
        let what = format!("the Deployment {name} cannot be changed");
        let patched = self.api::<Deployment>().patch(&name, &PatchParams::default(), &Patch::Strategic(change)).await;
        patched.map(drop).map_err(ClusterError::api(&what))
    }

    /// Replaces the pods one by one, as `kubectl rollout restart` does; `None` goes back to the pods of before the first
    /// restart.
    pub async fn restart(&self, component: Component, mark: Option<&str>) -> Result<(), ClusterError> {
        self.patch_deployment(component, &with_mark(mark, json!({}))).await
    }

    /// Waits until every pod has the newest template and is available; `None` when it took longer.
    pub async fn wait_rollout(
        &self,
        component: Component,
        patience: Duration,
    ) -> Result<Option<Duration>, ClusterError> {
        until(patience, POLL, || async move { Ok(complete(&self.deployment(component).await?)) }).await
    }

    /// Waits until no pod of the component is on its way out: until then it may still hold connections.
    pub async fn wait_departed(
        &self,
        component: Component,
        patience: Duration,
    ) -> Result<Option<Duration>, ClusterError> {
        until(patience, POLL, || async move { Ok(!self.all_pods(component).await?.iter().any(pods::deleted)) }).await
    }

    /// Replicas of the database's StatefulSet.
    pub async fn scale_database(&self, replicas: u32) -> Result<(), ClusterError> {
        let name = self.name(Component::Database);
        let change = Patch::Merge(json!({ "spec": { "replicas": replicas } }));
        let patched = self.api::<StatefulSet>().patch_scale(&name, &PatchParams::default(), &change).await;
        patched.map(drop).map_err(ClusterError::api(&format!("the StatefulSet {name} cannot be scaled")))
    }

    /// Whether the release has a database of its own.
    pub async fn has_database(&self) -> Result<bool, ClusterError> {
        let name = self.name(Component::Database);
        let what = format!("the StatefulSet {name} cannot be read");
        Ok(self.api::<StatefulSet>().get_opt(&name).await.map_err(ClusterError::api(&what))?.is_some())
    }
}

/// A change of the pod template together with the mark that makes it another template.
pub fn with_mark(mark: Option<&str>, pod_spec: Value) -> Value {
    let annotations = json!({ RESTARTED: mark });
    json!({ "spec": { "template": { "metadata": { "annotations": annotations }, "spec": pod_spec } } })
}

/// The main container, which has the component's name.
pub fn container(deployment: &Deployment, component: Component) -> Option<&Container> {
    let containers = &deployment.spec.as_ref()?.template.spec.as_ref()?.containers;
    containers.iter().find(|container| container.name == component.name()).or(containers.first())
}

/// The port that the component's container listens on.
pub fn port(pod: &Pod, component: Component) -> Option<u16> {
    let containers = &pod.spec.as_ref()?.containers;
    let container = containers.iter().find(|container| container.name == component.name()).or(containers.first())?;
    u16::try_from(container.ports.as_ref()?.first()?.container_port).ok()
}

/// How long a probe must fail until Kubernetes acts on it.
pub fn patience(probe: &Probe) -> Duration {
    let number = |value: Option<i32>, default: i32| u64::try_from(value.unwrap_or(default)).unwrap_or(0);
    let (period, timeout) = (number(probe.period_seconds, 10), number(probe.timeout_seconds, 1));
    Duration::from_secs(period * number(probe.failure_threshold, 3) + timeout)
}

/// How many pods the Deployment is to have.
pub fn desired(deployment: &Deployment) -> u32 {
    let replicas = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    u32::try_from(replicas).unwrap_or(0)
}

/// Whether the rollout has ended, in the sense of `kubectl rollout status`.
pub fn complete(deployment: &Deployment) -> bool {
    let Some(status) = &deployment.status else { return false };
    let wanted = i32::try_from(desired(deployment)).unwrap_or(i32::MAX);
    let updated = status.updated_replicas.unwrap_or(0);
    status.observed_generation.unwrap_or(0) >= deployment.metadata.generation.unwrap_or(i64::MAX)
        && updated >= wanted
        && status.replicas.unwrap_or(0) <= updated
        && status.available_replicas.unwrap_or(0) >= wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(status: Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": { "generation": 7 },
            "spec": {
                "replicas": 2, "selector": {},
                "template": { "spec": { "containers": [{ "name": "proxy" }, { "name": "backend" }] } },
            },
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn a_rollout_is_over_when_all_pods_are_new_and_available_and_no_other_is_left() {
        let done = json!({ "observedGeneration": 7, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2 });
        assert!(complete(&deployment(done.clone())));
        for (key, value) in
            [("observedGeneration", 6), ("replicas", 3), ("updatedReplicas", 1), ("availableReplicas", 1)]
        {
            let mut status = done.clone();
            status[key] = value.into();
            assert!(!complete(&deployment(status)), "{key} = {value}");
        }
        assert!(!complete(&deployment(Value::Null)));
    }

    #[test]
    fn the_container_of_a_component_is_found_beside_others() {
        let found = container(&deployment(Value::Null), Component::Backend).map(|container| container.name.clone());
        assert_eq!(found.as_deref(), Some("backend"));
    }

    #[test]
    fn patience_is_what_the_probe_allows() {
        let probe = Probe {
            period_seconds: Some(10),
            failure_threshold: Some(3),
            timeout_seconds: Some(3),
            ..Probe::default()
        };
        assert_eq!(patience(&probe), Duration::from_secs(33));
        assert_eq!(patience(&Probe::default()), Duration::from_secs(31));
    }

    #[test]
    fn without_a_mark_the_annotation_is_taken_away() {
        let change = with_mark(None, json!({}));
        assert_eq!(change["spec"]["template"]["metadata"]["annotations"][RESTARTED], Value::Null);
        assert!(change["spec"]["template"]["metadata"]["annotations"].as_object().unwrap().contains_key(RESTARTED));
    }
}
