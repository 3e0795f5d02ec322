//! What the breaking phases have in common: the release is at rest before they begin and again when they end, and there
//! is traffic while they are at work. Absent on purpose: breaking anything.

use std::time::{Duration, Instant};

use super::Traffic;
use crate::api::{Api, Call, cause};
use crate::measurements::Served;
use crate::phases::{Context, Stopped};
use crate::target::cluster::{Cluster, ClusterError, Component};
use crate::users::Mix;

/// Reading, writing and talking, as people do.
pub const MIX: Mix = Mix { readers: 4, writers: 4, planners: 2, chatters: 1 };
/// Few: what is asked of the release while it changes is asked by the probe.
pub const USERS: usize = 6;
/// A rollout on a small, busy node; also the image's back-off when it was broken.
pub const ROLLOUT: Duration = Duration::from_secs(180);
/// Longer than the longest grace period of the chart.
pub const DEPARTURE: Duration = Duration::from_secs(90);
const TRAFFIC: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);
/// Twice what a small node needs after a kill of its database.
pub const SERVES_WITHIN: Duration = Duration::from_secs(60);
/// After a pod of a server was killed it serves again when it does so for this long.
pub const STEADY: Duration = Duration::from_secs(1);
/// After the database was away for longer: a pod that answers again may still be taken out of the Service by the last failed
/// probe of three, which lie 2 s apart and take their time to be heard of.
pub const STEADY_AFTER_DATABASE: Duration = Duration::from_secs(6);

/// Waits until the rollouts of both servers have ended and nothing is leaving.
pub async fn at_rest(cluster: &Cluster) -> Result<(), Stopped> {
    for component in [Component::Backend, Component::Frontend] {
        rolled_out(cluster, component).await?;
    }
    Ok(())
}

/// Waits until the component's rollout has ended, to the last old pod.
pub async fn rolled_out(cluster: &Cluster, component: Component) -> Result<Duration, Stopped> {
    let late = |what: &str| Stopped::Broken(format!("The {component}'s {what} within {} s.", ROLLOUT.as_secs()));
    let took = cluster.wait_rollout(component, ROLLOUT).await?.ok_or_else(|| late("rollout did not end"))?;
    cluster.wait_departed(component, DEPARTURE).await?.ok_or_else(|| late("old pods did not leave"))?;
    Ok(took)
}

/// Waits until the load has begun, and returns the count from which on requests meanwhile are counted.
pub async fn traffic_flows(context: &Context) -> Result<Served, Stopped> {
    let before = context.watch.served();
    let flows = async {
        while context.watch.served().since(before).requests < 20 {
            tokio::time::sleep(POLL).await;
        }
    };
    match context.unless_interrupted(tokio::time::timeout(TRAFFIC, flows)).await? {
        Ok(()) => Ok(context.watch.served()),
        Err(_) => {
            Err(Stopped::Broken("No request of the load was answered, so nothing can be said about it.".to_owned()))
        }
    }
}

/// Waits until this many requests have been made since `before`, for at most so long.
pub async fn requests_since(context: &Context, before: Served, count: u64, patience: Duration) -> Result<(), Stopped> {
    let enough = async {
        while context.watch.served().since(before).requests < count {
            tokio::time::sleep(POLL).await;
        }
    };
    // Too few of them is for the judge to see.
    context.unless_interrupted(tokio::time::timeout(patience, enough)).await.map(drop)
}

/// The backend's Service with a new connection for every request, so that each pod gets its share.
pub fn fresh(traffic: &Traffic) -> Result<Api, Stopped> {
    let base = traffic.api.base().parse();
    let base = base.map_err(|error| Stopped::Broken(format!("The backend's address is no URL: {error}.")))?;
    Ok(Api::new(traffic.shared.http.clone(), &base))
}

/// Waits until for so long every backend pod was behind the Service and every request that needs the database was answered; the
/// error says what was last in the way.
pub async fn serves_again(cluster: &Cluster, api: &Api, token: &str, steady: Duration) -> Result<(), Stopped> {
    let (began, mut good_since, mut last) = (Instant::now(), None, String::new());
    loop {
        match in_the_way(cluster, api, token).await {
            None => {
                let since = *good_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= steady {
                    return Ok(());
                }
            }
            Some(what) => (good_since, last) = (None, what),
        }
        if began.elapsed() > SERVES_WITHIN + steady {
            let within = SERVES_WITHIN.as_secs();
            return Err(Stopped::Broken(format!("The backend did not serve again within {within} s: {last}.")));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Why the backend does not serve as it should; `None` when it does.
async fn in_the_way(cluster: &Cluster, api: &Api, token: &str) -> Option<String> {
    match api.send(&Call::get("/api/tasks?limit=1").template("/api/tasks").token(token)).await {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) => return Some(format!("GET /api/tasks answered {} {}", answer.status, answer.json()["title"])),
        Err(error) => return Some(cause(&error)),
    }
    let there = async {
        let wanted = cluster.wanted_pods(Component::Backend).await? as usize;
        Ok::<_, ClusterError>((cluster.ready_endpoints(Component::Backend).await?.len(), wanted))
    };
    match there.await {
        Ok((ready, wanted)) if ready >= wanted => None,
        Ok((ready, wanted)) => Some(format!("{ready} of {wanted} pods are behind the Service")),
        Err(error) => Some(error.to_string()),
    }
}

/// The result of a phase that has put the release back, or has failed to.
pub fn and_back<T>(seen: Result<T, Stopped>, back: Result<(), Stopped>) -> Result<T, Stopped> {
    match (seen, back) {
        (seen, Ok(())) => seen,
        (Err(Stopped::Broken(what)), Err(back)) => {
            Err(Stopped::Broken(format!("{what} And the release was not put back as it was: {back}")))
        }
        (_, Err(back)) => Err(Stopped::Broken(format!("The release was not put back as it was: {back}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_that_was_not_put_back_fails_the_phase_whatever_it_saw() {
        let broken = || Stopped::Broken("No pod came.".to_owned());
        assert!(and_back(Ok(1), Ok(())).is_ok());
        let said = and_back(Ok(1), Err(broken())).unwrap_err().to_string();
        assert_eq!(said, "The release was not put back as it was: No pod came.");
        let said = and_back::<u8>(Err(Stopped::Broken("It burns.".to_owned())), Err(broken())).unwrap_err().to_string();
        assert_eq!(said, "It burns. And the release was not put back as it was: No pod came.");
        assert!(matches!(and_back::<u8>(Err(Stopped::Interrupted), Err(broken())), Err(Stopped::Broken(_))));
    }
}
