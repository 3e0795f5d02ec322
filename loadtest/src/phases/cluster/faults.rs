//! The ways in which a rollout of the backend is broken on purpose, and how each is taken back. Absent on purpose: watching
//! what comes of it (`isolation`).

use serde_json::{Value, json};

use crate::phases::Stopped;
use crate::target::cluster::workloads::{container, with_mark};
use crate::target::cluster::{Cluster, ClusterError, Component};

/// A log level that there is not.
const LEVEL: &str = "LOUD";
/// Shorter than the 32 characters that a signing key needs.
const KEY: &[u8] = b"too-short";
/// Nobody publishes this tag.
const TAG: &str = "does-not-exist";
/// More than any node has.
pub const CPU: &str = "1000";

/// What is broken, with what it was before.
#[derive(Clone, Debug)]
pub enum Fault {
    Config { map: String, level: Option<String> },
    Secret { name: String, key: Vec<u8> },
    Image { image: String },
    Request { resources: Value },
}

impl Fault {
    pub async fn config(cluster: &Cluster) -> Result<Self, Stopped> {
        let map = cluster.sources().await?.config;
        let map = map.ok_or_else(|| Stopped::Impossible("The backend reads no ConfigMap.".to_owned()))?;
        let level = cluster.config(&map, "LOG_LEVEL").await?;
        Ok(Self::Config { map, level })
    }

    pub async fn secret(cluster: &Cluster) -> Result<Self, Stopped> {
        let secret = cluster.sources().await?.secret;
        let name = secret.ok_or_else(|| Stopped::Impossible("The backend reads no Secret.".to_owned()))?;
        let key = cluster.secret(&name, "JWT_SECRET").await?;
        let key = key.ok_or_else(|| Stopped::Impossible(format!("The Secret {name} has no JWT_SECRET.")))?;
        Ok(Self::Secret { name, key })
    }

    pub async fn image(cluster: &Cluster) -> Result<Self, Stopped> {
        let deployment = cluster.deployment(Component::Backend).await?;
        let image = container(&deployment, Component::Backend).and_then(|container| container.image.clone());
        let image = image.ok_or_else(|| Stopped::Broken("The backend's container has no image.".to_owned()))?;
        Ok(Self::Image { image })
    }

    pub async fn request(cluster: &Cluster) -> Result<Self, Stopped> {
        let deployment = cluster.deployment(Component::Backend).await?;
        let resources = container(&deployment, Component::Backend).and_then(|container| container.resources.clone());
        Ok(Self::Request { resources: json!(resources.unwrap_or_default()) })
    }

    /// For the report.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Config { .. } => "ConfigMap LOG_LEVEL",
            Self::Secret { .. } => "Secret JWT_SECRET",
            Self::Image { .. } => "image",
            Self::Request { .. } => "CPU request",
        }
    }

    /// A word that names the cause.
    pub fn expected(&self) -> &'static str {
        match self {
            Self::Config { .. } => "LOG_LEVEL",
            Self::Secret { .. } => "JWT_SECRET",
            Self::Image { .. } => TAG,
            Self::Request { .. } => "cpu",
        }
    }

    /// Breaks it and starts a rollout under this mark.
    pub async fn inflict(&self, cluster: &Cluster, mark: &str) -> Result<(), ClusterError> {
        match self {
            Self::Config { map, .. } => {
                cluster.set_config(map, "LOG_LEVEL", Some(LEVEL)).await?;
                cluster.restart(Component::Backend, Some(mark)).await
            }
            Self::Secret { name, .. } => {
                cluster.set_secret(name, "JWT_SECRET", KEY).await?;
                cluster.restart(Component::Backend, Some(mark)).await
            }
            Self::Image { image } => roll(cluster, Some(mark), json!({ "image": other_tag(image) })).await,
            Self::Request { .. } => {
                let resources = json!({ "requests": { "cpu": CPU }, "limits": { "cpu": CPU } });
                roll(cluster, Some(mark), json!({ "resources": resources })).await
            }
        }
    }

    /// Takes it back and starts a rollout under this mark; without one it is the pod template of before.
    pub async fn mend(&self, cluster: &Cluster, mark: Option<&str>) -> Result<(), ClusterError> {
        match self {
            Self::Config { map, level } => {
                cluster.set_config(map, "LOG_LEVEL", level.as_deref()).await?;
                cluster.restart(Component::Backend, mark).await
            }
            Self::Secret { name, key } => {
                cluster.set_secret(name, "JWT_SECRET", key).await?;
                cluster.restart(Component::Backend, mark).await
            }
            Self::Image { image } => roll(cluster, mark, json!({ "image": image })).await,
            Self::Request { resources } => {
                // Null where there was none: a merge keeps what it is not told.
                let cpu = |kind: &str| json!({ "cpu": resources[kind]["cpu"] });
                let resources = json!({ "requests": cpu("requests"), "limits": cpu("limits") });
                roll(cluster, mark, json!({ "resources": resources })).await
            }
        }
    }
}

/// Changes the backend's container and rolls it out.
async fn roll(cluster: &Cluster, mark: Option<&str>, mut change: Value) -> Result<(), ClusterError> {
    let deployment = cluster.deployment(Component::Backend).await?;
    let name = container(&deployment, Component::Backend).map(|container| container.name.clone());
    change["name"] = json!(name.unwrap_or_default());
    cluster.patch_deployment(Component::Backend, &with_mark(mark, json!({ "containers": [change] }))).await
}

/// The same repository with a tag that it does not have.
fn other_tag(image: &str) -> String {
    let without_digest = image.split_once('@').map_or(image, |(name, _)| name);
    let from = without_digest.rfind('/').map_or(0, |slash| slash + 1);
    let repository = match without_digest.get(from..).and_then(|name| name.find(':')) {
        Some(colon) => without_digest.get(..from + colon).unwrap_or(without_digest),
        None => without_digest,
    };
    format!("{repository}:{TAG}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broken_image_is_the_same_repository_with_another_tag() {
        for (image, expected) in [
            ("todo-backend:0.1.0", "todo-backend:does-not-exist"),
            (
                "registry.example.com:5000/team/todo-backend",
                "registry.example.com:5000/team/todo-backend:does-not-exist",
            ),
            ("example.com/todo-backend:1@sha256:00", "example.com/todo-backend:does-not-exist"),
        ] {
            assert_eq!(other_tag(image), expected);
        }
    }

    #[test]
    fn a_key_that_is_long_enough_would_break_nothing() {
        assert!(KEY.len() < 32);
    }
}
