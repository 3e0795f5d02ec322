//! The images as the nodes hold them (SC-008). Absent on purpose: what is inside them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::ListParams;

use super::{Cluster, ClusterError, Component};
use crate::measurements::Image;

impl Cluster {
    /// The images of backend and frontend, with the size that the kubelet reports.
    pub async fn images(&self) -> Result<Vec<Image>, ClusterError> {
        let nodes = Api::<Node>::all(self.client.clone()).list(&ListParams::default()).await;
        let sizes = sizes(&nodes.map_err(ClusterError::api("the nodes cannot be read"))?.items);
        let mut images = Vec::new();
        for component in [Component::Backend, Component::Frontend] {
            let pods = self.pods(component).await?;
            let name = pods.iter().find_map(|pod| pod.spec.as_ref()?.containers.first()?.image.clone());
            let name = name.ok_or_else(|| ClusterError::Other(format!("there is no pod of the {component}")))?;
            let Some(bytes) = size(&sizes, &name) else {
                return Err(ClusterError::Other(format!("no node tells the size of the image {name}")));
            };
            images.push(Image { component: component.to_string(), name, megabytes: bytes as f64 / 1e6 });
        }
        Ok(images)
    }
}

/// Bytes by every name that a node knows an image by.
fn sizes(nodes: &[Node]) -> BTreeMap<String, i64> {
    let images = nodes.iter().filter_map(|node| node.status.as_ref()?.images.as_ref()).flatten();
    images
        .flat_map(|image| {
            let bytes = image.size_bytes.unwrap_or(0);
            image.names.clone().unwrap_or_default().into_iter().map(move |name| (name, bytes))
        })
        .collect()
}

/// A pod writes `todo-backend:0.1.0`, the node `docker.io/library/todo-backend:0.1.0`.
fn size(sizes: &BTreeMap<String, i64>, name: &str) -> Option<i64> {
    let whole = |known: &str| known == name || known.strip_suffix(name).is_some_and(|front| front.ends_with('/'));
    sizes.iter().find(|(known, _)| whole(known)).map(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_found_under_its_long_name_and_no_other_one_is() {
        let node = serde_json::from_value(serde_json::json!({ "status": { "images": [
            { "names": ["docker.io/library/my-todo-backend:0.1.0"], "sizeBytes": 1 },
            { "names": ["docker.io/library/todo-backend@sha256:1", "docker.io/library/todo-backend:0.1.0"], "sizeBytes": 2 },
        ] } }));
        let sizes = sizes(&[node.unwrap()]);
        assert_eq!(size(&sizes, "todo-backend:0.1.0"), Some(2));
        assert_eq!(size(&sizes, "docker.io/library/todo-backend:0.1.0"), Some(2));
        assert_eq!(size(&sizes, "backend:0.1.0"), None);
    }
}
