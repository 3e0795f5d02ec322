//! Looks at the release once a second, as `kubectl get hpa -w` does, but with causes: replicas and metric of the HPA, the
//! milestones of every new pod, and what Kubernetes says about them, into the run's notebook. Absent on purpose: changing anything.

mod events;
mod milestones;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use events::Events;
use milestones::Milestones;

use crate::measurements::{NewPod, Replicas};
use crate::target::cluster::pods::{deleted, ready};
use crate::target::cluster::{Cluster, Component, Scaling};
use crate::watch::Watch;

const EVERY: Duration = Duration::from_secs(1);
/// Events are many and nobody times by them.
const EVENTS_EVERY: u64 = 3;
/// After so many looks at which no new pod could be asked there is no way to pods from here.
const TRIES: u32 = 20;

/// A watch that looks until it is dropped.
#[derive(Debug)]
pub struct ClusterWatch {
    milestones: Arc<Mutex<Milestones>>,
    looking: JoinHandle<()>,
}

impl ClusterWatch {
    /// Begins to look. `http` asks single pods, where there is a way to them from here.
    pub fn start(cluster: &Cluster, watch: &Arc<Watch>, http: &reqwest::Client) -> Self {
        let milestones = Arc::new(Mutex::new(Milestones::default()));
        let look = Look {
            cluster: cluster.clone(),
            watch: Arc::clone(watch),
            http: http.clone(),
            milestones: Arc::clone(&milestones),
            events: Events::default(),
            wanted: None,
            in_vain: 0,
        };
        Self { milestones, looking: tokio::spawn(look.again_and_again()) }
    }

    /// The pods of the backend that were created after this moment.
    pub fn new_pods(&self, since: f64) -> Vec<NewPod> {
        lock(&self.milestones).since(since)
    }
}

impl Drop for ClusterWatch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

fn lock(milestones: &Mutex<Milestones>) -> MutexGuard<'_, Milestones> {
    // A panic elsewhere leaves moments that are still true.
    milestones.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Look {
    cluster: Cluster,
    watch: Arc<Watch>,
    http: reqwest::Client,
    milestones: Arc<Mutex<Milestones>>,
    events: Events,
    /// What the HPA wanted when it was last looked at.
    wanted: Option<u32>,
    /// Looks in a row at which there were new pods and none of them could be asked.
    in_vain: u32,
}

impl Look {
    async fn again_and_again(mut self) {
        let mut seconds = tokio::time::interval(EVERY);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        for turn in 0_u64.. {
            seconds.tick().await;
            self.replicas().await;
            if turn.is_multiple_of(EVENTS_EVERY) {
                // An answer that fails is asked again in a moment.
                if let Ok(told) = self.events.since_last(&self.cluster, self.watch.clock.now()).await {
                    told.iter().for_each(|(kind, what)| self.watch.happened(kind, what));
                }
            }
        }
    }

    /// One row of the timeline, and the milestones of the pods; nothing while the API server does not answer.
    async fn replicas(&mut self) {
        let asked = tokio::join!(self.cluster.scaling(), self.cluster.all_pods(Component::Backend));
        let (Ok(scaling), Ok(pods)) = asked else { return };
        let now = self.watch.clock.now();
        let living: Vec<_> = pods.iter().filter(|pod| !deleted(pod)).cloned().collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let running = count(living.len());
        let scaling = scaling.unwrap_or(Scaling { desired: running, ..Scaling::default() });
        self.watch.record_replicas(Replicas {
            at: now,
            desired: scaling.desired,
            running,
            ready: count(living.iter().filter(|pod| ready(pod)).count()),
            cpu_percent: scaling.cpu_percent,
            target_percent: scaling.target_percent,
        });
        if let Some(before) = self.wanted.replace(scaling.desired).filter(|before| *before != scaling.desired) {
            self.watch.happened("scale", &decided(before, &scaling));
        }
        lock(&self.milestones).note(now, &living);
        if self.in_vain < TRIES {
            let unserved = lock(&self.milestones).unserved(&living);
            let told = milestones::ask(&unserved, &self.http).await;
            if told.iter().any(|(_, served)| served.is_some()) {
                self.in_vain = 0;
            } else if !unserved.is_empty() {
                self.in_vain += 1;
            }
            for (name, _) in told.iter().filter(|(_, served)| *served == Some(true)) {
                lock(&self.milestones).served(name, self.watch.clock.now());
            }
        }
    }
}

/// Why the HPA changed its mind, as far as it can be seen.
fn decided(before: u32, scaling: &Scaling) -> String {
    let cause = match (scaling.cpu_percent, scaling.target_percent) {
        (Some(seen), Some(target)) => format!(": CPU is at {seen} % of the request, the target is {target} %"),
        _ => String::new(),
    };
    format!("The HPA wants {} replicas instead of {before}{cause}.", scaling.desired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_comes_with_its_cause() {
        let mut scaling =
            Scaling { desired: 4, cpu_percent: Some(145.0), target_percent: Some(70.0), ..Scaling::default() };
        let told = "The HPA wants 4 replicas instead of 2: CPU is at 145 % of the request, the target is 70 %.";
        assert_eq!(decided(2, &scaling), told);
        scaling.cpu_percent = None;
        assert_eq!(decided(2, &scaling), "The HPA wants 4 replicas instead of 2.");
    }
}
