//! What the breaking phases have in common: the release is at rest before they begin and again when they end, and there
//! is traffic while they are at work. Absent on purpose: breaking anything.

use std::time::{Duration, Instant};

use super::Traffic;
use crate::api::{Api, Call, cause};
use crate::measurements::Served;
use crate::phases::{Context, Stopped};
use crate::target::cluster::{Cluster, Component};
use crate::users::Mix;

/// Reading and writing, as people do.
pub const MIX: Mix = Mix { readers: 4, writers: 4, planners: 2 };
/// Few: what is asked of the release while it changes is asked by the probe.
pub const USERS: usize = 6;
/// A rollout on a small, busy node; also the image's back-off when it was broken.
pub const ROLLOUT: Duration = Duration::from_secs(180);
/// Longer than the longest grace period of the chart.
pub const DEPARTURE: Duration = Duration::from_secs(90);
const TRAFFIC: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);
/// Twice what a small node needs after a kill of its database.
const SERVES_WITHIN: Duration = Duration::from_secs(60);
/// So many good answers in a row mean that it serves again.
const GOOD_ANSWERS: u32 = 10;

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

/// Waits until the backend answers one request after the other that needs its database; the error says what it did instead.
pub async fn serves_again(api: &Api, token: &str) -> Result<(), Stopped> {
    let (began, mut good, mut last) = (Instant::now(), 0, String::new());
    while good < GOOD_ANSWERS {
        let answer = api.send(&Call::get("/api/tasks?limit=1").template("/api/tasks").token(token)).await;
        good = if answer.as_ref().is_ok_and(|answer| answer.status == 200) { good + 1 } else { 0 };
        match answer {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => last = format!("GET /api/tasks answered {} {}", answer.status, answer.json()["title"]),
            Err(error) => last = cause(&error),
        }
        if began.elapsed() > SERVES_WITHIN {
            let within = SERVES_WITHIN.as_secs();
            return Err(Stopped::Broken(format!("The backend did not serve again within {within} s: {last}.")));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
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
