//! SC-006: a changed value of the ConfigMap is visible after a restart of the same image, and nobody notices the restart.
//! Absent on purpose: broken values (`isolation`).

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::rest::{MIX, USERS, and_back, at_rest, fresh, rolled_out, traffic_flows};
use super::{Traffic, under_load};
use crate::api::{Api, Call, cause};
use crate::measurements::ConfigurationChange;
use crate::phases::{Context, Stopped};
use crate::target::cluster::{Cluster, Component, insist};

const SETTING: &str = "API_VERSION";
/// Each on a new connection, so that every pod is asked.
const ASKED: usize = 20;
const BETWEEN: Duration = Duration::from_millis(20);

/// Changes the value, restarts the backend, reads it back, and puts everything back, also after Ctrl-C.
pub async fn run(context: &Context, cluster: &Cluster, traffic: &Traffic) -> Result<ConfigurationChange, Stopped> {
    let _phase = context.watch.phase("configuration");
    let map = cluster.sources().await?.config;
    let map = map.ok_or_else(|| Stopped::Impossible("The backend reads no ConfigMap.".to_owned()))?;
    let original = cluster.config(&map, SETTING).await?;
    at_rest(cluster).await?;
    let fresh = fresh(traffic)?;
    let changing = async {
        let seen = change(context, cluster, &fresh, &map, original.as_deref()).await;
        let back = async {
            insist(|| cluster.set_config(&map, SETTING, original.as_deref())).await?;
            insist(|| cluster.restart(Component::Backend, None)).await?;
            rolled_out(cluster, Component::Backend).await.map(drop)
        };
        and_back(seen, back.await)
    };
    under_load(context, traffic, USERS, MIX, changing).await
}

async fn change(
    context: &Context,
    cluster: &Cluster,
    fresh: &Api,
    map: &str,
    original: Option<&str>,
) -> Result<ConfigurationChange, Stopped> {
    traffic_flows(context).await?;
    let first_set = original.unwrap_or_default().to_owned();
    let (first_seen, first_executable) = (versions(context, fresh).await?, images(cluster).await?);
    let second_set = format!("{first_set}-changed");
    cluster.set_config(map, SETTING, Some(&second_set)).await?;
    let what = format!("{SETTING} in the ConfigMap is changed and the backend restarted.");
    context.watch.happened("configuration", &what);
    cluster.restart(Component::Backend, Some(&second_set)).await?;
    context.unless_interrupted(rolled_out(cluster, Component::Backend)).await??;
    let (second_seen, second_executable) = (versions(context, fresh).await?, images(cluster).await?);
    Ok(ConfigurationChange {
        setting: SETTING.to_owned(),
        first_set,
        first_seen,
        second_set,
        second_seen,
        first_executable,
        second_executable,
    })
}

/// What the pods report; several versions when they disagree.
async fn versions(context: &Context, fresh: &Api) -> Result<String, Stopped> {
    let mut seen = BTreeSet::new();
    for _ in 0..ASKED {
        let answer = context.unless_interrupted(fresh.send(&Call::get("/health"))).await?;
        let answer = answer.map_err(|error| Stopped::Broken(format!("/health did not answer: {}.", cause(&error))))?;
        seen.insert(answer.json()["version"].as_str().unwrap_or("nothing").to_owned());
        context.pause(BETWEEN).await?;
    }
    Ok(joined(seen))
}

/// The images that the backend's pods really run, by their digests.
async fn images(cluster: &Cluster) -> Result<String, Stopped> {
    Ok(joined(cluster.pods(Component::Backend).await?.iter().flat_map(image_ids).collect()))
}

fn image_ids(pod: &Pod) -> Vec<String> {
    let containers = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    let id = |id: &str| id.rsplit_once("sha256:").map_or(id, |(_, digest)| digest).to_owned();
    containers.iter().map(|container| id(&container.image_id)).filter(|id| !id.is_empty()).collect()
}

fn joined(all: BTreeSet<String>) -> String {
    all.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_digest() {
        let pod = |id: &str| {
            let container =
                serde_json::json!({ "name": "backend", "image": "", "imageID": id, "ready": true, "restartCount": 0 });
            serde_json::from_value(serde_json::json!({ "status": { "containerStatuses": [container] } })).unwrap()
        };
        assert_eq!(image_ids(&pod("docker.io/library/todo-backend@sha256:abc")), ["abc"]);
        assert_eq!(image_ids(&pod("sha256:abc")), ["abc"]);
        assert!(image_ids(&pod("")).is_empty(), "an image that nobody knows is not the same as before");
        assert!(image_ids(&Pod::default()).is_empty());
    }

    #[test]
    fn pods_that_disagree_are_seen() {
        assert_eq!(joined(["v1".to_owned(), "v2".to_owned(), "v1".to_owned()].into()), "v1, v2");
    }
}
