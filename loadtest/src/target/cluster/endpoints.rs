//! Which pods a Service sends requests to. Absent on purpose: the Services' other properties.

use std::collections::BTreeSet;

use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::ListParams;

use super::{Cluster, ClusterError, Component};

impl Cluster {
    /// Names of the pods behind a component's Service that are ready to serve.
    pub async fn ready_endpoints(&self, component: Component) -> Result<BTreeSet<String>, ClusterError> {
        let selector = format!("kubernetes.io/service-name={}", self.name(component));
        let slices = self.api::<EndpointSlice>().list(&ListParams::default().labels(&selector)).await;
        Ok(ready(&slices.map_err(ClusterError::api("the EndpointSlices cannot be read"))?.items))
    }
}

fn ready(slices: &[EndpointSlice]) -> BTreeSet<String> {
    let endpoints = slices.iter().flat_map(|slice| slice.endpoints.iter());
    endpoints
        // Absent means ready, by the API's own words.
        .filter(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true))
        .filter_map(|endpoint| endpoint.target_ref.as_ref()?.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ready_endpoints_count_and_each_pod_once() {
        let endpoint = |name: &str, conditions: serde_json::Value| serde_json::json!({ "addresses": ["10.0.0.1"], "conditions": conditions, "targetRef": { "name": name } });
        let slice = |endpoints: Vec<serde_json::Value>| {
            serde_json::from_value(serde_json::json!({ "addressType": "IPv4", "endpoints": endpoints })).unwrap()
        };
        let slices = [
            slice(vec![
                endpoint("a", serde_json::json!({ "ready": true })),
                endpoint("b", serde_json::json!({ "ready": false, "serving": true, "terminating": true })),
            ]),
            slice(vec![endpoint("a", serde_json::json!({ "ready": true })), endpoint("c", serde_json::json!({}))]),
        ];
        assert_eq!(ready(&slices), BTreeSet::from(["a".to_owned(), "c".to_owned()]));
    }
}
