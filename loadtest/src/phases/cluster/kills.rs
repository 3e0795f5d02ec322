//! SC-003: pods of every component are killed under write load, by force and as a node's drain does it. What is done by
//! force is announced, and so is the absence of the only database; an evicted server must not cost a single request.
//! Absent on purpose: the audit of what was acknowledged (`phases::audit`).

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;

use super::rest::{self, STEADY, STEADY_AFTER_DATABASE, at_rest, fresh, serves_again, traffic_flows};
use super::{Traffic, under_load};
use crate::api::Api;
use crate::measurements::PodKill;
use crate::phases::{Context, Stopped};
use crate::target::cluster::{Cluster, ClusterError, Component, pods, until};
use crate::users::Mix;

/// Mostly writing: a kill proves something only about writes.
const MIX: Mix = Mix { readers: 1, writers: 6, planners: 3, chatters: 1 };
/// Enough writes between two kills; more would only make the HPA scale while pods come and go.
const USERS: usize = 10;
/// Rounds over all components, by force and gently.
const ROUNDS: usize = 2;
const ROUNDS_WITHOUT_DATABASE: usize = 3;
/// Acknowledged writes before each kill, and how long they are waited for.
const WRITES_PER_KILL: u64 = 60;
const LIFE: Duration = Duration::from_secs(10);
/// After its kill a component has this long to be whole again.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// A budget that has just been used up is renewed when the new pod is ready.
const EVICTION: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);
/// Load after the last kill, so that its recovery is part of the run.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// One kill as planned.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Blow {
    component: Component,
    forced: bool,
}

impl Blow {
    /// Whether requests may fail meanwhile.
    fn announced(self) -> bool {
        self.forced || self.component == Component::Database
    }
}

/// Kills until the plan is done, or until Ctrl-C. Kubernetes itself replaces what is killed.
pub async fn run(context: &Context, cluster: &Cluster, traffic: &Traffic) -> Result<Vec<PodKill>, Stopped> {
    let _phase = context.watch.phase("kills");
    let database = cluster.has_database().await?;
    at_rest(cluster).await?;
    let fresh = fresh(traffic)?;
    let killing = async {
        traffic_flows(context).await?;
        let (mut kills, mut acknowledged) = (Vec::new(), context.ledger.acknowledged());
        for (number, blow) in plan(database).into_iter().enumerate() {
            wait_for_writes(context, acknowledged + WRITES_PER_KILL).await?;
            let before = context.ledger.acknowledged() - acknowledged;
            let kill = strike(context, cluster, traffic, &fresh, blow, number).await;
            context.watch.close_windows();
            traffic.up.send_replace(true);
            kills.push(PodKill { acknowledged_before: before, ..kill? });
            acknowledged = context.ledger.acknowledged();
        }
        context.pause(AFTERWARDS).await?;
        Ok(kills)
    };
    under_load(context, traffic, traffic.users.min(USERS), MIX, killing).await
}

fn plan(database: bool) -> Vec<Blow> {
    let components: &[Component] = if database { &Component::ALL } else { &[Component::Backend, Component::Frontend] };
    let rounds = if database { ROUNDS } else { ROUNDS_WITHOUT_DATABASE };
    let round = [true, false]
        .into_iter()
        .flat_map(|forced| components.iter().map(move |component| Blow { component: *component, forced }));
    round.collect::<Vec<_>>().repeat(rounds)
}

/// One kill, until the component is whole again. Closing the window is the caller's part.
async fn strike(
    context: &Context,
    cluster: &Cluster,
    traffic: &Traffic,
    fresh: &Api,
    blow: Blow,
    number: usize,
) -> Result<PodKill, Stopped> {
    let Blow { component, forced } = blow;
    let victim = victim(&cluster.pods(component).await?, number);
    let victim = victim.ok_or_else(|| Stopped::Broken(format!("The {component} has no Ready pod to kill.")))?;
    let (name, id) = (pods::name(&victim), victim.metadata.uid.clone());
    let how = if forced { "by force" } else { "gently" };
    // Announced before it happens: what fails from here on is expected, and nothing before.
    if blow.announced() {
        context.watch.open_window(&format!("kill {}", number + 1));
    }
    if component == Component::Database {
        traffic.up.send_replace(false);
    }
    context.watch.happened("kill", &format!("The pod {name} is killed {how}."));
    let in_flight = u64::try_from(context.watch.in_flight.load(Relaxed)).unwrap_or(0);
    let (at, began) = (context.watch.clock.now(), Instant::now());
    if forced {
        cluster.delete_pod(&name, true).await?;
    } else {
        until(EVICTION, POLL, || async { cluster.evict(&name).await.map(|()| true) }).await?;
    }
    let whole = until(READY_WITHIN, POLL, || whole(cluster, component, id.as_deref()));
    let whole = context.unless_interrupted(whole).await??;
    let ready_again_seconds = whole.map(|_| began.elapsed().as_secs_f64());
    if ready_again_seconds.is_some() {
        let token = traffic.accounts.first().map_or("", |account| account.token.as_str());
        // An old pod still answers what it has taken on: until it has gone, the kill is not over.
        let departed = cluster.wait_departed(component, rest::DEPARTURE);
        context.unless_interrupted(departed).await??;
        let steady = if component == Component::Database { STEADY_AFTER_DATABASE } else { STEADY };
        let serving = context.unless_interrupted(serves_again(cluster, fresh, token, steady)).await?;
        serving.map_err(|stopped| Stopped::Broken(format!("After kill {}, of {name}: {stopped}", number + 1)))?;
    }
    Ok(PodKill {
        at,
        component: component.name().to_owned(),
        pod: name,
        forced,
        acknowledged_before: 0,
        in_flight,
        ready_again_seconds,
    })
}

/// Another one every time.
fn victim(pods: &[Pod], number: usize) -> Option<Pod> {
    let mut ready: Vec<&Pod> = pods.iter().filter(|pod| pods::ready(pod)).collect();
    ready.sort_by_key(|pod| pods::name(pod));
    ready.get(number % ready.len().max(1)).map(|pod| (*pod).clone())
}

/// Whether the component has all its pods, Ready and behind its Service, and the victim is none of them.
async fn whole(cluster: &Cluster, component: Component, victim: Option<&str>) -> Result<bool, ClusterError> {
    let pods = cluster.pods(component).await?;
    let wanted = cluster.wanted_pods(component).await? as usize;
    if pods.iter().any(|pod| pod.metadata.uid.as_deref() == victim) {
        return Ok(false);
    }
    let endpoints = cluster.ready_endpoints(component).await?;
    let serving = pods.iter().filter(|pod| pods::ready(pod) && endpoints.contains(&pods::name(pod))).count();
    Ok(serving >= wanted && endpoints.len() == serving)
}

/// Lets the release live until enough was acknowledged, or for long enough.
async fn wait_for_writes(context: &Context, enough: u64) -> Result<(), Stopped> {
    let born = Instant::now();
    while context.ledger.acknowledged() < enough && born.elapsed() < LIFE {
        context.pause(POLL).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::cluster::pods::tests::pod;

    #[test]
    fn every_component_is_killed_by_force_and_gently_at_least_ten_times_in_all() {
        for database in [true, false] {
            let plan = plan(database);
            assert!(plan.len() >= 10, "{plan:?}");
            for component in Component::ALL {
                let expected = database || component != Component::Database;
                for forced in [true, false] {
                    assert_eq!(plan.contains(&Blow { component, forced }), expected, "{component} {forced}");
                }
            }
        }
    }

    #[test]
    fn only_force_and_a_missing_database_excuse_a_failed_request() {
        let announced = |component, forced| Blow { component, forced }.announced();
        assert!(announced(Component::Backend, true) && announced(Component::Database, false));
        assert!(!announced(Component::Backend, false) && !announced(Component::Frontend, false));
    }

    #[test]
    fn the_victims_take_turns_and_are_ready() {
        let pods = [pod("b", true, true, 0), pod("a", true, true, 0), pod("c", true, false, 0)];
        let names: Vec<_> = (0..3).filter_map(|number| victim(&pods, number)).map(|pod| pods::name(&pod)).collect();
        assert_eq!(names, ["a", "b", "a"]);
        assert!(victim(&[], 0).is_none());
    }
}
