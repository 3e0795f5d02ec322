//! The HPA of the backend: its bounds, what it wants and what it sees. Absent on purpose: judging its pace.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;

use super::{Cluster, ClusterError, Component};

/// The autoscaler as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scaling {
    pub minimum: u32,
    pub maximum: u32,
    pub desired: u32,
    pub current: u32,
    /// Mean CPU use of the pods in percent of their request; absent while there is no metric.
    pub cpu_percent: Option<f64>,
    pub target_percent: Option<f64>,
    /// How long it looks back before it lets a pod go.
    pub stabilization_seconds: f64,
}

/// What Kubernetes takes when the HPA does not say.
const DEFAULT_STABILIZATION: i32 = 300;

impl Cluster {
    /// The backend's HPA; `None` when autoscaling is off.
    pub async fn scaling(&self) -> Result<Option<Scaling>, ClusterError> {
        let name = self.name(Component::Backend);
        let found = self.api::<HorizontalPodAutoscaler>().get_opt(&name).await;
        Ok(found.map_err(ClusterError::api(format!("the HPA {name} cannot be read")))?.as_ref().map(scaling))
    }

    /// Why the HPA cannot do its work, in its own words; absent while it can.
    pub async fn scaling_fault(&self) -> Result<Option<String>, ClusterError> {
        let name = self.name(Component::Backend);
        let found = self.api::<HorizontalPodAutoscaler>().get_opt(&name).await;
        let found = found.map_err(ClusterError::api(format!("the HPA {name} cannot be read")))?;
        Ok(found.as_ref().and_then(fault))
    }
}

fn fault(hpa: &HorizontalPodAutoscaler) -> Option<String> {
    let conditions = hpa.status.as_ref()?.conditions.as_ref()?;
    let inactive =
        conditions.iter().find(|condition| condition.type_ == "ScalingActive" && condition.status == "False");
    inactive.map(|condition| condition.message.clone().unwrap_or_default())
}

fn scaling(hpa: &HorizontalPodAutoscaler) -> Scaling {
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    let (spec, status) = (hpa.spec.clone().unwrap_or_default(), hpa.status.clone().unwrap_or_default());
    let down = spec.behavior.and_then(|behavior| behavior.scale_down);
    let target = spec
        .metrics
        .unwrap_or_default()
        .into_iter()
        .find_map(|metric| metric.resource.filter(|resource| resource.name == "cpu")?.target.average_utilization);
    let seen = status
        .current_metrics
        .unwrap_or_default()
        .into_iter()
        .find_map(|metric| metric.resource.filter(|resource| resource.name == "cpu")?.current.average_utilization);
    Scaling {
        minimum: spec.min_replicas.map_or(1, count),
        maximum: count(spec.max_replicas),
        desired: count(status.desired_replicas),
        current: status.current_replicas.map_or(0, count),
        cpu_percent: seen.map(f64::from),
        target_percent: target.map(f64::from),
        stabilization_seconds: f64::from(
            down.and_then(|down| down.stabilization_window_seconds).unwrap_or(DEFAULT_STABILIZATION),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_autoscaler_is_read_with_its_metric() {
        let hpa = json!({
            "spec": {
                "minReplicas": 2, "maxReplicas": 5, "scaleTargetRef": { "kind": "Deployment", "name": "todo-backend" },
                "metrics": [{ "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 70 } } }],
                "behavior": { "scaleDown": { "stabilizationWindowSeconds": 15 } },
            },
            "status": {
                "desiredReplicas": 3, "currentReplicas": 2, "conditions": [],
                "currentMetrics": [{ "type": "Resource", "resource": { "name": "cpu", "current": { "averageUtilization": 115, "averageValue": "115m" } } }],
            },
        });
        let read = scaling(&serde_json::from_value(hpa).unwrap());
        assert_eq!((read.minimum, read.maximum, read.desired, read.current), (2, 5, 3, 2));
        assert_eq!(
            (read.cpu_percent, read.target_percent, read.stabilization_seconds),
            (Some(115.0), Some(70.0), 15.0)
        );
    }

    #[test]
    fn an_autoscaler_that_cannot_work_says_why() {
        let hpa = |status: &str| {
            let condition = json!({ "type": "ScalingActive", "status": status, "message": "missing request for cpu" });
            let spec = json!({ "maxReplicas": 5, "scaleTargetRef": { "kind": "Deployment", "name": "x" } });
            json!({ "spec": spec, "status": { "desiredReplicas": 1, "conditions": [condition] } })
        };
        let said = |status| fault(&serde_json::from_value(hpa(status)).unwrap());
        assert_eq!(said("False").as_deref(), Some("missing request for cpu"));
        assert_eq!(said("True"), None);
    }

    #[test]
    fn an_autoscaler_without_a_metric_says_so() {
        let hpa = json!({ "spec": { "maxReplicas": 5, "scaleTargetRef": { "kind": "Deployment", "name": "x" } } });
        let read = scaling(&serde_json::from_value(hpa).unwrap());
        assert_eq!((read.minimum, read.cpu_percent, read.stabilization_seconds), (1, None, 300.0));
    }
}
