//! READY: the database is taken away and brought back. The backend's pods must lose their traffic, say why, live on and
//! come back by themselves. Absent on purpose: what became of the data (`phases::audit`).

use std::time::{Duration, Instant};

use super::absence::observe;
use super::rest::{MIX, STEADY_AFTER_DATABASE, USERS, and_back, at_rest, fresh, serves_again, traffic_flows};
use super::{Traffic, under_load};
use crate::accounts::Account;
use crate::api::{Api, Call};
use crate::measurements::Outage;
use crate::phases::{Context, Stopped};
use crate::probe::created;
use crate::target::cluster::direct::Direct;
use crate::target::cluster::workloads::{container, patience, port};
use crate::target::cluster::{Cluster, ClusterError, Component, insist, pods};
use crate::users::tasks;

const POLL: Duration = Duration::from_millis(200);
/// Beyond the patience of the liveness probe: a wrong one must have had its chance to restart a pod.
const BEYOND: Duration = Duration::from_secs(12);
/// For the database to be Ready again.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// For a write to be acknowledged; longer than what the judge allows.
const WRITE_WITHIN: Duration = Duration::from_secs(90);

/// Takes the database away until every effect has shown, and brings it back, also after Ctrl-C.
pub async fn run(context: &Context, cluster: &Cluster, traffic: &Traffic) -> Result<Outage, Stopped> {
    let _phase = context.watch.phase("outage");
    if !cluster.has_database().await? {
        return Err(Stopped::Impossible("The release has no database of its own that could be stopped.".to_owned()));
    }
    at_rest(cluster).await?;
    let account = traffic.accounts.first();
    let account = account.ok_or_else(|| Stopped::Broken("There is no account to ask with.".to_owned()))?;
    let backends = reach(cluster, &traffic.shared.http).await?;
    let (replicas, hold) = (cluster.wanted_pods(Component::Database).await?, hold(cluster).await?);
    let fresh = fresh(traffic)?;

    let breaking = async {
        traffic_flows(context).await?;
        let restarts = restarts(cluster).await?;
        // Announced before it happens: what fails from here on is expected, and nothing before.
        context.watch.open_window("outage");
        traffic.up.send_replace(false);
        context.watch.happened("outage", "The database is scaled to zero.");
        let began = Instant::now();
        let seen = match cluster.scale_database(0).await {
            Ok(()) => Ok(observe(context, cluster, &backends, account, hold).await),
            Err(error) => Err(error.into()),
        };
        let outage_seconds = began.elapsed().as_secs_f64();
        let back = bring_back(context, cluster, replicas, &fresh, account).await;
        context.watch.close_windows();
        traffic.up.send_replace(true);
        let (recovered_seconds, back) = match back {
            Ok(recovered) => (recovered, Ok(())),
            Err(stopped) => (None, Err(stopped)),
        };
        let seen = and_back(seen, back)?;
        context.unless_interrupted(std::future::ready(())).await?;
        let restarts = self::restarts(cluster).await?.saturating_sub(restarts);
        Ok(Outage { restarts, outage_seconds, recovered_seconds, ..seen })
    };
    under_load(context, traffic, USERS, MIX, breaking).await
}

/// The backend's pods, when there is a way to each of them from here.
async fn reach(cluster: &Cluster, http: &reqwest::Client) -> Result<Vec<Direct>, Stopped> {
    let mut found = Vec::new();
    for pod in cluster.pods(Component::Backend).await? {
        let direct = port(&pod, Component::Backend).and_then(|port| Direct::to(&pod, port, http));
        match direct {
            Some(direct) if direct.reachable().await => found.push(direct),
            Some(_) | None => {
                return Err(Stopped::Impossible(format!(
                    "The pod {} cannot be asked directly from here; run the load test inside the cluster.",
                    pods::name(&pod)
                )));
            }
        }
    }
    if found.is_empty() { Err(Stopped::Broken("The backend has no pod.".to_owned())) } else { Ok(found) }
}

/// So long that a liveness probe which asks for the database would have restarted its pod.
async fn hold(cluster: &Cluster) -> Result<Duration, ClusterError> {
    let deployment = cluster.deployment(Component::Backend).await?;
    let probe = container(&deployment, Component::Backend).and_then(|container| container.liveness_probe.clone());
    Ok(patience(&probe.unwrap_or_default()) + BEYOND)
}

/// Container restarts of both servers.
async fn restarts(cluster: &Cluster) -> Result<u64, ClusterError> {
    Ok(cluster.restarts(Component::Backend).await? + cluster.restarts(Component::Frontend).await?)
}

/// Brings the database back and returns how long after it was Ready a write was acknowledged. Never ends early: the
/// release is to be left as it was found.
async fn bring_back(
    context: &Context,
    cluster: &Cluster,
    replicas: u32,
    fresh: &Api,
    account: &Account,
) -> Result<Option<f64>, Stopped> {
    context.watch.happened("outage", "The database is scaled up again.");
    insist(|| cluster.scale_database(replicas)).await?;
    let late = |what: &str| Stopped::Broken(format!("{what} within {} s.", READY_WITHIN.as_secs()));
    let ready = cluster.wait_pods_ready(Component::Database, replicas as usize, READY_WITHIN).await?;
    ready.ok_or_else(|| late("The database was not Ready again"))?;
    let ready_at = Instant::now();
    let written = tokio::time::timeout(WRITE_WITHIN, write(context, fresh, account)).await;
    let recovered = written.ok().map(|()| ready_at.elapsed().as_secs_f64());
    serves_again(cluster, fresh, &account.token, STEADY_AFTER_DATABASE).await?;
    Ok(recovered)
}

/// Creates one task, with the same key until it is acknowledged.
async fn write(context: &Context, fresh: &Api, account: &Account) {
    let (mark, content) = tasks::content(&mut rand::rng());
    context.ledger.creating(account.index, mark, &content);
    let (key, body) = (mark.to_string(), tasks::creation(&content));
    loop {
        let headers = [("idempotency-key", key.as_str())];
        let call = Call::post("/api/tasks", &body).token(&account.token).headers(&headers);
        if let Ok(answer) = fresh.send(&call).await
            && let Some(id) = created(&answer)
        {
            context.ledger.created(mark, id);
            return;
        }
        tokio::time::sleep(POLL).await;
    }
}
