//! SC-001 and SC-002: from `helm install` until somebody can sign up and add a task by the pages, and until every pod is Ready.
//! And the way back: nothing of the release stays. Absent on purpose: releases that were there before.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim, Secret};
use kube::api::{DeleteParams, ListParams};
use kube::{Api, ResourceExt as _};

use crate::measurements::Install;
use crate::phases::{Context, Stopped};
use crate::target::cluster::pods::ready;
use crate::target::cluster::{Cluster, ClusterError, Component, Helm, until};
use crate::visitor::Visitor;

const POLL: Duration = Duration::from_millis(300);
/// Longer than the requirements allow, so that a late installation is measured and not only missed.
const PATIENCE: Duration = Duration::from_secs(420);
const GONE_WITHIN: Duration = Duration::from_secs(120);
const TITLE: &str = "the first task of all";

/// Installs and waits for both, whatever comes first.
pub async fn run(context: &Context, cluster: &mut Cluster, helm: &Helm) -> Result<Install, Stopped> {
    let _phase = context.watch.phase("install");
    let began = Instant::now();
    // Not dropped half-way by Ctrl-C: helm only creates the objects here, which takes seconds.
    helm.install().await?;
    if let Some(fullname) = cluster.installed().await? {
        cluster.fullname = fullname;
    }
    let (all_ready, usable) = tokio::join!(until_ready(context, cluster, began), until_usable(context, cluster, began));
    let ready_seconds = all_ready?;
    let mut install = Install { ready_seconds, usable_seconds: usable?, ..Install::default() };
    for component in Component::ALL {
        install.pods += cluster.pods(component).await?.len() as u64;
        install.restarts += cluster.restarts(component).await?;
    }
    Ok(install)
}

async fn until_ready(context: &Context, cluster: &Cluster, began: Instant) -> Result<Option<f64>, Stopped> {
    let waiting = until(PATIENCE, POLL, || async move {
        let floor = cluster.scaling().await?.map_or(0, |scaling| scaling.minimum);
        for component in Component::ALL {
            let (mut wanted, pods) = (cluster.wanted_pods(component).await?, cluster.pods(component).await?);
            if component == Component::Backend {
                // Until the HPA has looked for the first time, the Deployment has one replica.
                wanted = wanted.max(floor);
            }
            if pods.len() < wanted as usize || !pods.iter().all(ready) {
                return Ok(false);
            }
        }
        Ok(true)
    });
    let done = context.unless_interrupted(waiting).await??;
    Ok(done.map(|_| began.elapsed().as_secs_f64()))
}

/// A person signs up and adds a task by the pages; what does not work yet is tried again.
async fn until_usable(context: &Context, cluster: &Cluster, began: Instant) -> Result<Option<f64>, Stopped> {
    let trying = async {
        while began.elapsed() < PATIENCE {
            if try_once(cluster).await.is_ok() {
                return Some(began.elapsed().as_secs_f64());
            }
            tokio::time::sleep(POLL).await;
        }
        None
    };
    context.unless_interrupted(trying).await
}

async fn try_once(cluster: &Cluster) -> Result<(), String> {
    let frontend = cluster.reach(Component::Frontend).await.map_err(|error| error.to_string())?;
    let mut visitor = Visitor::new(&frontend).map_err(|error| error.to_string())?;
    let id = uuid::Uuid::new_v4().simple();
    visitor.sign_up(&format!("first-{id}@example.com"), &format!("first-{id}")).await?;
    let added = visitor.add(TITLE).await;
    // Also after a failure: nothing of ours stays.
    added.and(visitor.leave().await)
}

/// Whether the namespace exists: one that helm makes is removed again.
pub async fn has_namespace(cluster: &Cluster) -> Result<bool, ClusterError> {
    let namespaces = Api::<Namespace>::all(cluster.client.clone());
    let found = namespaces.get_opt(&cluster.namespace).await;
    Ok(found.map_err(ClusterError::api("the namespace cannot be read"))?.is_some())
}

/// What an earlier release of this name has left in the namespace: the installation would go on with it, and its end would take
/// it along.
pub async fn left_before(cluster: &Cluster) -> Result<Vec<String>, ClusterError> {
    let instance = of_release(cluster);
    let claims = cluster.api::<PersistentVolumeClaim>().list(&instance).await;
    let claims = claims.map_err(ClusterError::api("the claims cannot be read"))?.items;
    let secrets = cluster.api::<Secret>().list(&instance).await;
    let secrets = secrets.map_err(ClusterError::api("the Secrets cannot be read"))?.items;
    let claims = claims.iter().map(|claim| format!("claim {}", claim.name_any()));
    Ok(claims.chain(secrets.iter().map(|secret| format!("Secret {}", secret.name_any()))).collect())
}

/// Selects everything of the release.
fn of_release(cluster: &Cluster) -> ListParams {
    ListParams::default().labels(&format!("app.kubernetes.io/instance={}", cluster.release))
}

/// Uninstalls, and removes what helm keeps on purpose: the claims with the data, and the generated Secret.
pub async fn undo(cluster: &Cluster, helm: &Helm, with_namespace: bool) -> Result<(), ClusterError> {
    helm.uninstall().await?;
    let instance = of_release(cluster);
    let how = DeleteParams::default();
    let claims = cluster.api::<PersistentVolumeClaim>();
    claims.delete_collection(&how, &instance).await.map_err(ClusterError::api("the claims cannot be deleted"))?;
    let secrets = cluster.api::<Secret>().delete_collection(&how, &instance).await;
    secrets.map_err(ClusterError::api("the Secret cannot be deleted"))?;
    if with_namespace {
        let namespaces = Api::<Namespace>::all(cluster.client.clone());
        let deleted = namespaces.delete(&cluster.namespace, &how).await;
        deleted.map_err(ClusterError::api("the namespace cannot be deleted"))?;
        return Ok(());
    }
    let gone = until(GONE_WITHIN, POLL, || async {
        let left = claims.list(&instance).await.map_err(ClusterError::api("the claims cannot be read"))?;
        Ok(left.items.is_empty())
    });
    match gone.await? {
        Some(_) => Ok(()),
        None => Err(ClusterError::Other("the claims of the release are still there".to_owned())),
    }
}
