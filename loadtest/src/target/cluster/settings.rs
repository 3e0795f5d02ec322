//! The ConfigMap and the Secret that the backend reads: their names come from its Deployment, so that an existing Secret
//! is found as well. Absent on purpose: what a value means.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::workloads::container;
use super::{Cluster, ClusterError, Component};

/// Where the backend's variables come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sources {
    pub config: Option<String>,
    pub secret: Option<String>,
}

impl Cluster {
    /// The objects that the backend reads its variables from.
    pub async fn sources(&self) -> Result<Sources, ClusterError> {
        Ok(sources(&self.deployment(Component::Backend).await?))
    }

    /// A value of a ConfigMap.
    pub async fn config(&self, map: &str, key: &str) -> Result<Option<String>, ClusterError> {
        let what = format!("the ConfigMap {map} cannot be read");
        let found = self.api::<ConfigMap>().get(map).await.map_err(ClusterError::api(&what))?;
        Ok(found.data.unwrap_or_default().remove(key))
    }

    /// Sets a value of a ConfigMap, or removes it.
    pub async fn set_config(&self, map: &str, key: &str, value: Option<&str>) -> Result<(), ClusterError> {
        let change = Patch::Merge(json!({ "data": { key: value } }));
        let patched = self.api::<ConfigMap>().patch(map, &PatchParams::default(), &change).await;
        patched.map(drop).map_err(ClusterError::api(&format!("the ConfigMap {map} cannot be changed")))
    }

    /// A value of a Secret.
    pub async fn secret(&self, secret: &str, key: &str) -> Result<Option<Vec<u8>>, ClusterError> {
        let what = format!("the Secret {secret} cannot be read");
        let found = self.api::<Secret>().get(secret).await.map_err(ClusterError::api(&what))?;
        Ok(found.data.unwrap_or_default().remove(key).map(|value| value.0))
    }

    /// Sets a value of a Secret.
    pub async fn set_secret(&self, secret: &str, key: &str, value: &[u8]) -> Result<(), ClusterError> {
        let data = BTreeMap::from([(key, ByteString(value.to_vec()))]);
        let change = Patch::Merge(json!({ "data": data }));
        let patched = self.api::<Secret>().patch(secret, &PatchParams::default(), &change).await;
        patched.map(drop).map_err(ClusterError::api(&format!("the Secret {secret} cannot be changed")))
    }
}

/// The first ConfigMap and the first Secret of the container's `envFrom`, which are the chart's.
fn sources(deployment: &Deployment) -> Sources {
    let from = container(deployment, Component::Backend).and_then(|container| container.env_from.as_deref());
    let from = from.unwrap_or_default();
    Sources {
        config: from.iter().find_map(|source| source.config_map_ref.as_ref().map(|map| map.name.clone())),
        secret: from.iter().find_map(|source| source.secret_ref.as_ref().map(|secret| secret.name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployment_tells_where_its_variables_come_from() {
        let deployment = serde_json::from_value(json!({
            "spec": { "selector": {}, "template": { "spec": { "containers": [{
                "name": "backend",
                "envFrom": [{ "configMapRef": { "name": "todo-config" } }, { "secretRef": { "name": "mine" } }],
            }] } } },
        }));
        let expected = Sources { config: Some("todo-config".to_owned()), secret: Some("mine".to_owned()) };
        assert_eq!(sources(&deployment.unwrap()), expected);
        assert_eq!(sources(&Deployment::default()), Sources { config: None, secret: None });
    }
}
