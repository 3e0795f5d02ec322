//! SC-004: `helm upgrade` to pods that are really other ones, and `helm rollback` to those of before, both under load. STREAMS: while
//! people listen to the assistant through the Service, on connections that are kept until a pod that ends closes them.
//! Absent on purpose: an upgrade between two versions of the application, for which there must first be two.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rest::{MIX, USERS, and_back, at_rest, requests_since, traffic_flows};
use super::{Traffic, under_load};
use crate::measurements::{Rollout, Streams};
use crate::phases::streams::{Listeners, Manner};
use crate::phases::{Context, Stopped};
use crate::target::cluster::{Cluster, ClusterError, Component, Helm, pods};

/// What differs between the two revisions: a note on the pods, which is enough to replace them all.
const NOTE: &str = "loadtest";
const SERVERS: [Component; 2] = [Component::Backend, Component::Frontend];
/// Requests during each rollout, a little above what the judge asks for.
const REQUESTS: u64 = 350;
const REQUESTS_WITHIN: Duration = Duration::from_secs(15);

/// Streams during each, too.
const STREAMS: u64 = 40;
const LISTENERS: usize = 4;
/// Between two streams of a listener. Together they must not be a load for which the HPA asks for another pod.
const PAUSE: Duration = Duration::from_millis(700);

/// What the rollouts showed.
#[derive(Debug, Default)]
pub struct Seen {
    pub rollouts: Vec<Rollout>,
    pub streams: Vec<Streams>,
}

/// Upgrades and rolls back. The rollback is also what puts the release back, so it is done whatever came of the upgrade.
pub async fn run(
    context: &Context,
    cluster: &Cluster,
    traffic: &Traffic,
    helm: Option<&Helm>,
) -> Result<Seen, Stopped> {
    let _phase = context.watch.phase("upgrade and rollback");
    let helm = helm.ok_or_else(|| Stopped::Impossible("There is no helm on the PATH.".to_owned()))?;
    if helm.chart.is_none() {
        return Err(Stopped::Impossible("There is no chart to upgrade with: --chart helm/todo.".to_owned()));
    }
    let history = helm.history().await?;
    let deployed = history.iter().rev().find(|revision| revision.status == "deployed");
    let revision = deployed.map(|revision| revision.revision);
    let revision = revision.ok_or_else(|| Stopped::Broken("Helm knows no deployed revision.".to_owned()))?;
    at_rest(cluster).await?;

    let rolling = async {
        traffic_flows(context).await?;
        let settings = SERVERS.map(|server| format!("{server}.podAnnotations.{NOTE}={revision}"));
        let arguments = ["--set-string", &settings[0], "--set-string", &settings[1]];
        // To its end, also after Ctrl-C: helm interrupted half-way leaves a release that nobody can upgrade.
        let upgraded = rollout(context, cluster, traffic, "upgrade", helm.upgrade(&arguments)).await;
        let rolled_back = rollout(context, cluster, traffic, "rollback", helm.rollback(revision)).await;
        let (rolled_back, back) = match rolled_back {
            Ok(rollout) => (Some(rollout), Ok(())),
            Err(stopped) => (None, Err(stopped)),
        };
        let upgraded = and_back(upgraded, back)?;
        let mut seen = Seen::default();
        for (rollout, streams) in [Some(upgraded), rolled_back].into_iter().flatten() {
            seen.rollouts.push(rollout);
            seen.streams.extend(streams);
        }
        Ok(seen)
    };
    under_load(context, traffic, USERS, MIX, rolling).await
}

/// One change by helm, until the last old pod has gone, and what became of the streams meanwhile.
async fn rollout<Change>(
    context: &Context,
    cluster: &Cluster,
    traffic: &Traffic,
    kind: &str,
    change: Change,
) -> Result<(Rollout, Option<Streams>), Stopped>
where
    Change: Future<Output = Result<(), ClusterError>>,
{
    let manner =
        Manner { listeners: LISTENERS, pause: PAUSE, one_server: false, watch: Some(Arc::clone(&context.watch)) };
    let listeners =
        traffic.shared.chat.is_ok().then(|| Listeners::start(&traffic.api, &traffic.shared.accounts, &manner));
    let rolled = replace(context, cluster, kind, change, listeners.as_ref()).await;
    // Nobody may go on listening to a release that is being put back, or is torn down.
    let streams = match listeners {
        Some(listeners) => Some(listeners.end(&format!("helm {kind}"), None).await),
        None => None,
    };
    Ok((rolled?, streams))
}

async fn replace<Change>(
    context: &Context,
    cluster: &Cluster,
    kind: &str,
    change: Change,
    listeners: Option<&Listeners>,
) -> Result<Rollout, Stopped>
where
    Change: Future<Output = Result<(), ClusterError>>,
{
    let before = context.watch.served();
    let old = names(cluster).await?;
    context.watch.happened("rollout", &format!("helm {kind} begins."));
    let began = Instant::now();
    change.await?;
    let complete = async {
        for server in SERVERS {
            let done = cluster.wait_rollout(server, super::rest::ROLLOUT).await?;
            done.ok_or_else(|| Stopped::Broken(format!("After helm {kind} the {server}'s rollout did not end.")))?;
        }
        Ok::<_, Stopped>(())
    };
    complete.await?;
    let seconds = Some(began.elapsed().as_secs_f64());
    context.watch.happened("rollout", &format!("helm {kind} is done."));
    at_rest(cluster).await?;
    let replaced_pods = old.difference(&names(cluster).await?).count() as u64;
    if !context.interrupted.is_cancelled() {
        requests_since(context, before, REQUESTS, REQUESTS_WITHIN).await?;
        if let Some(listeners) = listeners {
            context.unless_interrupted(listeners.at_least(STREAMS, REQUESTS_WITHIN)).await?;
        }
    }
    let (pods, served) = (old.len() as u64, context.watch.served().since(before));
    Ok(Rollout { kind: kind.to_owned(), seconds, pods, replaced_pods, served })
}

async fn names(cluster: &Cluster) -> Result<BTreeSet<String>, Stopped> {
    let mut names = BTreeSet::new();
    for server in SERVERS {
        names.extend(cluster.pods(server).await?.iter().map(pods::name));
    }
    Ok(names)
}
