//! ISOLATION and PENDING: a rollout of the backend that cannot succeed. The new pod must say why, the old ones must serve
//! on without a failed request, and taking the mistake back must recover. Absent on purpose: the mistakes (`faults`).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;

use super::faults::{self, Fault};
use super::rest::{MIX, ROLLOUT, USERS, and_back, at_rest, requests_since, rolled_out, traffic_flows};
use super::{Traffic, under_load};
use crate::measurements::{Broken, Pending, Served};
use crate::phases::{Context, Stopped};
use crate::target::cluster::reasons::{said, unscheduled};
use crate::target::cluster::{Cluster, Component, insist, pods};

const POLL: Duration = Duration::from_millis(200);
/// Kubernetes starts a pod, sees it fail and says so within this; an image is looked for at a registry that may be silent.
const SAID_WITHIN: Duration = Duration::from_secs(120);
/// Requests while the broken pod is there, beyond what the judge asks for.
const REQUESTS: u64 = 350;
const REQUESTS_WITHIN: Duration = Duration::from_secs(20);

/// What was seen between the mistake and its mending.
#[derive(Debug, Default)]
struct Seen {
    message: Option<String>,
    phase: String,
    ready_pods: u64,
    wanted_pods: u64,
}

/// ISOLATION: a broken ConfigMap, a broken Secret and a broken image, one after the other.
pub async fn run(context: &Context, cluster: &Cluster, traffic: &Traffic) -> Result<Vec<Broken>, Stopped> {
    let _phase = context.watch.phase("isolation");
    at_rest(cluster).await?;
    let faults = [Fault::config(cluster).await?, Fault::secret(cluster).await?, Fault::image(cluster).await?];
    let breaking = async {
        let mut results = Vec::new();
        for (number, fault) in faults.iter().enumerate() {
            let mark = format!("mended-{number}");
            let (seen, served, recovered) = attempt(context, cluster, fault, Some(&mark)).await?;
            results.push(Broken {
                what: fault.what().to_owned(),
                expected: fault.expected().to_owned(),
                message: seen.message,
                ready_pods: seen.ready_pods,
                wanted_pods: seen.wanted_pods,
                served,
                recovered_seconds: recovered,
            });
        }
        Ok(results)
    };
    let results = under_load(context, traffic, USERS, MIX, breaking).await;
    // The pod template of before, to the letter; the marks were needed to see that what is mended really starts.
    let back = async {
        insist(|| cluster.restart(Component::Backend, None)).await?;
        rolled_out(cluster, Component::Backend).await.map(drop)
    };
    and_back(results, back.await)
}

/// PENDING: a request that fits nowhere.
pub async fn pending(context: &Context, cluster: &Cluster, traffic: &Traffic) -> Result<Pending, Stopped> {
    let _phase = context.watch.phase("pending");
    at_rest(cluster).await?;
    let fault = Fault::request(cluster).await?;
    let breaking = attempt(context, cluster, &fault, None);
    let (seen, served, recovered_seconds) = under_load(context, traffic, USERS, MIX, breaking).await?;
    Ok(Pending {
        asked: format!("{} CPU", faults::CPU),
        phase: seen.phase,
        reason: seen.message,
        ready_pods: seen.ready_pods,
        wanted_pods: seen.wanted_pods,
        served,
        recovered_seconds,
    })
}

/// Makes the mistake, looks, and mends it, whatever was seen.
async fn attempt(
    context: &Context,
    cluster: &Cluster,
    fault: &Fault,
    mended: Option<&str>,
) -> Result<(Seen, Served, Option<f64>), Stopped> {
    let before = traffic_flows(context).await?;
    let old = names(&cluster.pods(Component::Backend).await?);
    context.watch.happened("broken", &format!("The backend is rolled out with a broken {}.", fault.what()));
    let seen = match fault.inflict(cluster, "broken").await {
        Ok(()) => look(context, cluster, fault, &old, before).await,
        Err(error) => Err(error.into()),
    };
    context.watch.happened("mended", &format!("The backend is rolled out with the right {} again.", fault.what()));
    let began = Instant::now();
    // Who interrupts does not wait for new pods: the template of before is that of the old ones.
    let mended = mended.filter(|_| !context.interrupted.is_cancelled());
    let back = async {
        insist(|| fault.mend(cluster, mended)).await?;
        let recovered = cluster.wait_rollout(Component::Backend, ROLLOUT).await?.map(|_| began.elapsed().as_secs_f64());
        rolled_out(cluster, Component::Backend).await?;
        Ok(recovered)
    };
    let (recovered, back) = match back.await {
        Ok(recovered) => (recovered, Ok(())),
        Err(stopped) => (None, Err(stopped)),
    };
    let seen = and_back(seen, back)?;
    Ok((seen, context.watch.served().since(before), recovered))
}

/// Watches until the new pod has said why it does not start, and there were enough requests meanwhile.
async fn look(
    context: &Context,
    cluster: &Cluster,
    fault: &Fault,
    old: &BTreeSet<String>,
    before: Served,
) -> Result<Seen, Stopped> {
    let mut seen = Seen { ready_pods: u64::MAX, wanted_pods: u64::MAX, ..Seen::default() };
    let (began, enough) = (Instant::now(), before.requests + REQUESTS);
    while began.elapsed() < SAID_WITHIN {
        let pods = context.unless_interrupted(cluster.pods(Component::Backend)).await??;
        let ready = pods.iter().filter(|pod| old.contains(&pods::name(pod)) && pods::ready(pod)).count() as u64;
        seen.ready_pods = seen.ready_pods.min(ready);
        // The HPA may let a pod go meanwhile, which is not the mistake's doing.
        let wanted = cluster.wanted_pods(Component::Backend).await?;
        seen.wanted_pods = seen.wanted_pods.min(u64::from(wanted));
        if let Some(new) = pods.iter().find(|pod| !old.contains(&pods::name(pod))) {
            pods::phase(new).clone_into(&mut seen.phase);
            let message = match fault {
                Fault::Request { .. } => unscheduled(new),
                // A container that is just being started again has no log to read: nothing has been said yet.
                _ => said(cluster, new).await.unwrap_or_default(),
            };
            if let Some(message) = message {
                let names_it = message.contains(fault.expected());
                if names_it || seen.message.is_none() {
                    seen.message = Some(message);
                }
                if names_it && context.watch.served().requests >= enough {
                    break;
                }
            }
        }
        context.pause(POLL).await?;
    }
    requests_since(context, before, REQUESTS, REQUESTS_WITHIN).await?;
    Ok(seen)
}

fn names(pods: &[Pod]) -> BTreeSet<String> {
    pods.iter().map(pods::name).collect()
}
