//! What a run needs, looked for before anything is touched: everything that is missing, in one message. Absent on purpose:
//! helm, without which its criteria are merely not measured.

use futures_util::future::join_all;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::Api;
use kube::api::PostParams;

use super::{Cluster, ClusterError, Component};

/// Criteria whose phases roll the backend out anew, without helm.
const ROLLING: &[&str] = &["SC-006", "ISOLATION", "PENDING"];

/// A right, and the criteria that need it; none named means all.
struct Right(&'static [&'static str], &'static str, &'static str, &'static str);

const RIGHTS: &[Right] = &[
    Right(&[], "list", "", "pods"),
    Right(&[], "get", "", "services"),
    Right(&[], "list", "apps", "deployments"),
    Right(&[], "get", "apps", "deployments"),
    Right(&[], "get", "apps", "statefulsets"),
    Right(&["HPA-UP", "HPA-DOWN"], "get", "autoscaling", "horizontalpodautoscalers"),
    Right(&["SC-003", "BACKUP"], "delete", "", "pods"),
    Right(&["SC-003"], "create", "", "pods/eviction"),
    Right(ROLLING, "patch", "apps", "deployments"),
    Right(&["READY", "BACKUP"], "patch", "apps", "statefulsets/scale"),
    Right(&["SC-003", "READY", "BACKUP"], "list", "discovery.k8s.io", "endpointslices"),
    Right(&["SC-006", "ISOLATION"], "get", "", "configmaps"),
    Right(&["SC-006", "ISOLATION"], "patch", "", "configmaps"),
    Right(&["ISOLATION"], "get", "", "secrets"),
    Right(&["ISOLATION"], "patch", "", "secrets"),
    Right(&["ISOLATION", "BACKUP"], "get", "", "pods/log"),
    Right(&["BACKUP"], "get", "batch", "cronjobs"),
    Right(&["BACKUP"], "create", "batch", "jobs"),
    Right(&["BACKUP"], "get", "batch", "jobs"),
    Right(&["BACKUP"], "delete", "batch", "jobs"),
    Right(&["BACKUP"], "get", "", "persistentvolumeclaims"),
    // Without it the volume could not be lost after the database was stopped for that.
    Right(&["BACKUP"], "delete", "", "persistentvolumeclaims"),
];

impl Cluster {
    /// What is missing for these criteria, each in one clause.
    pub async fn missing(&self, wants: impl Fn(&str) -> bool) -> Result<Vec<String>, ClusterError> {
        let mut missing = Vec::new();
        let needed: Vec<&Right> =
            RIGHTS.iter().filter(|right| right.0.is_empty() || right.0.iter().any(|id| wants(id))).collect();
        let allowed = join_all(needed.iter().map(|right| self.may(right))).await;
        for (Right(_, verb, _, resource), allowed) in needed.iter().zip(allowed) {
            if !allowed? {
                missing.push(format!("the right to {verb} {resource}"));
            }
        }
        if !missing.is_empty() {
            // What may not be looked at cannot be missed.
            return Ok(missing);
        }
        for component in [Component::Backend, Component::Frontend] {
            if self.wanted_pods(component).await? == 0 {
                missing.push(format!("the Deployment {}", self.name(component)));
            }
        }
        if wants("HPA-UP") || wants("HPA-DOWN") {
            if self.scaling().await?.is_none() {
                missing.push(format!(
                    "the HPA {} (backend.autoscaling.enabled, or --skip HPA-UP,HPA-DOWN)",
                    self.name(Component::Backend)
                ));
            }
            if !self.measures().await {
                missing.push("the metrics API, which metrics-server gives (or --skip HPA-UP,HPA-DOWN)".to_owned());
            }
        }
        Ok(missing)
    }

    /// Whether there are figures of CPU use for an HPA to go by.
    async fn measures(&self) -> bool {
        let path = format!("/apis/metrics.k8s.io/v1beta1/namespaces/{}/pods", self.namespace);
        match http::Request::get(path).body(Vec::new()) {
            Ok(request) => self.client.request_text(request).await.is_ok(),
            Err(_) => false,
        }
    }

    async fn may(&self, Right(_, verb, group, resource): &Right) -> Result<bool, ClusterError> {
        let (resource, subresource) =
            resource.split_once('/').map_or((*resource, None), |(all, part)| (all, Some(part)));
        let attributes = ResourceAttributes {
            namespace: Some(self.namespace.clone()),
            verb: Some((*verb).to_owned()),
            group: Some((*group).to_owned()),
            resource: Some(resource.to_owned()),
            subresource: subresource.map(str::to_owned),
            ..ResourceAttributes::default()
        };
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(attributes),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let reviewed =
            Api::<SelfSubjectAccessReview>::all(self.client.clone()).create(&PostParams::default(), &review).await;
        let reviewed = reviewed.map_err(ClusterError::api("the own rights cannot be asked for"))?;
        Ok(reviewed.status.is_some_and(|status| status.allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria;

    #[test]
    fn every_right_belongs_to_criteria_that_exist() {
        for Right(ids, verb, _, resource) in RIGHTS {
            for id in *ids {
                assert!(criteria::IDS.contains(id), "{verb} {resource}: {id}");
            }
        }
    }
}
