//! The pods of a component: which there are, whether they are Ready, their restarts, and two ways to be rid of one.
//! Absent on purpose: their output (`logs`).

use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, EvictParams};

use super::{Cluster, ClusterError, Component, until};

const POLL: Duration = Duration::from_millis(250);

impl Cluster {
    /// Every pod of the component that is not being deleted and has not ended.
    pub async fn pods(&self, component: Component) -> Result<Vec<Pod>, ClusterError> {
        let mut pods = self.all_pods(component).await?;
        pods.retain(|pod| !deleted(pod) && !ended(pod));
        Ok(pods)
    }

    /// The same, with those that are on their way out.
    pub async fn all_pods(&self, component: Component) -> Result<Vec<Pod>, ClusterError> {
        let pods = self.api::<Pod>().list(&self.selector(component)).await;
        Ok(pods.map_err(ClusterError::api(format!("the pods of the {component} cannot be read")))?.items)
    }

    pub async fn ready_pods(&self, component: Component) -> Result<usize, ClusterError> {
        Ok(self.pods(component).await?.iter().filter(|pod| ready(pod)).count())
    }

    /// How many pods the component should have: what the HPA or the chart wrote into its specification; none when the
    /// release has no such component.
    pub async fn wanted_pods(&self, component: Component) -> Result<u32, ClusterError> {
        let name = self.name(component);
        let unknown = ClusterError::api(format!("{name} cannot be read"));
        let replicas = match component {
            Component::Database => {
                let found = self.api::<StatefulSet>().get_opt(&name).await.map_err(unknown)?;
                found.map(|found| found.spec.unwrap_or_default().replicas)
            }
            Component::Backend | Component::Frontend => {
                let found = self.api::<Deployment>().get_opt(&name).await.map_err(unknown)?;
                found.map(|found| found.spec.unwrap_or_default().replicas)
            }
        };
        // Kubernetes takes one replica where nothing is said.
        Ok(replicas.map_or(0, |replicas| replicas.and_then(|replicas| u32::try_from(replicas).ok()).unwrap_or(1)))
    }

    /// Waits until exactly this many pods live, all of them Ready; `None` when that did not happen in time.
    pub async fn wait_pods_ready(
        &self,
        component: Component,
        count: usize,
        patience: Duration,
    ) -> Result<Option<Duration>, ClusterError> {
        until(patience, POLL, || async move {
            let pods = self.pods(component).await?;
            Ok(pods.len() == count && pods.iter().all(ready))
        })
        .await
    }

    /// Container restarts of the component's pods.
    pub async fn restarts(&self, component: Component) -> Result<u64, ClusterError> {
        Ok(self.all_pods(component).await?.iter().map(restarts).sum())
    }

    /// Deletes a pod: by force as `kubectl delete --grace-period=0 --force` does, else with its grace period.
    pub async fn delete_pod(&self, name: &str, forced: bool) -> Result<(), ClusterError> {
        let how = if forced { DeleteParams::default().grace_period(0) } else { DeleteParams::default() };
        let deleted = self.api::<Pod>().delete(name, &how).await;
        deleted.map_err(ClusterError::api(format!("the pod {name} cannot be deleted")))?;
        Ok(())
    }

    /// Asks for a pod's end as a node's drain does; the PodDisruptionBudget may refuse.
    pub async fn evict(&self, name: &str) -> Result<(), ClusterError> {
        let evicted = self.api::<Pod>().evict(name, &EvictParams::default()).await;
        evicted.map_err(ClusterError::api(format!("the pod {name} cannot be evicted")))?;
        Ok(())
    }
}

pub fn name(pod: &Pod) -> String {
    pod.metadata.name.clone().unwrap_or_default()
}

pub fn deleted(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

fn ended(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

pub fn ready(pod: &Pod) -> bool {
    condition(pod, "Ready")
}

pub fn scheduled(pod: &Pod) -> bool {
    condition(pod, "PodScheduled")
}

fn condition(pod: &Pod, kind: &str) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| all.iter().any(|condition| condition.type_ == kind && condition.status == "True"))
}

/// The pod's own address, once it has one.
pub fn address(pod: &Pod) -> Option<String> {
    pod.status.as_ref()?.pod_ip.clone()
}

pub fn restarts(pod: &Pod) -> u64 {
    let containers = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
    let count = |restarts: i32| u64::try_from(restarts).unwrap_or(0);
    containers.into_iter().flatten().map(|container| count(container.restart_count)).sum()
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A pod as the API server tells it.
    pub fn pod(name: &str, scheduled: bool, ready: bool, restarts: u32) -> Pod {
        let told = |so: bool| if so { "True" } else { "False" };
        serde_json::from_value(json!({
            "metadata": { "name": name },
            "status": {
                "phase": if scheduled { "Running" } else { "Pending" },
                "podIP": "10.244.0.7",
                "conditions": [
                    { "type": "PodScheduled", "status": told(scheduled) },
                    { "type": "Ready", "status": told(ready) },
                ],
                "containerStatuses": [{ "name": "backend", "image": "", "imageID": "", "ready": ready, "restartCount": restarts }],
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_pod_tells_its_state() {
        let running = pod("a", true, true, 2);
        assert!(ready(&running) && scheduled(&running) && !deleted(&running));
        assert_eq!((name(&running).as_str(), restarts(&running)), ("a", 2));
        assert_eq!(address(&running).as_deref(), Some("10.244.0.7"));
        let waiting = pod("b", false, false, 0);
        assert!(!ready(&waiting) && !scheduled(&waiting));
        assert_eq!(phase(&waiting), "Pending");
        assert!(!ready(&Pod::default()), "a pod that nobody has looked at yet is not Ready");
    }
}
