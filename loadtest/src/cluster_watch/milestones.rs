//! When a pod was created, scheduled, Ready, and when it served its first request: t3 to t6 of the observability guide, as
//! seen from here, because the API server's own times are whole seconds of another clock. Absent on purpose: old pods.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use k8s_openapi::api::core::v1::Pod;

use crate::api::Call;
use crate::exposition::Scrape;
use crate::measurements::NewPod;
use crate::target::cluster::pods::{name, ready, scheduled};
use crate::target::cluster::workloads::port;
use crate::target::cluster::{Component, Direct};

/// A pod that takes longer is asked again: the next reading of the replicas waits for this.
const WITHIN: Duration = Duration::from_millis(1_500);

/// Every pod that was ever seen; the ones of the first look have no beginning.
#[derive(Debug, Default)]
pub(super) struct Milestones {
    begun: bool,
    pods: BTreeMap<String, Option<NewPod>>,
}

impl Milestones {
    /// Notes what is new about these pods.
    pub(super) fn note(&mut self, now: f64, living: &[Pod]) {
        let known_before = !self.begun;
        self.begun = true;
        for pod in living {
            let name = name(pod);
            let entry = self
                .pods
                .entry(name.clone())
                .or_insert_with(|| (!known_before).then(|| NewPod { name, created_at: now, ..NewPod::default() }));
            if let Some(seen) = entry {
                seen.scheduled_at = seen.scheduled_at.or(scheduled(pod).then_some(now));
                seen.ready_at = seen.ready_at.or(ready(pod).then_some(now));
            }
        }
    }

    /// New pods that are Ready and have not been seen to serve.
    pub(super) fn unserved(&self, living: &[Pod]) -> Vec<Pod> {
        let waits = |pod: &&Pod| {
            let seen = self.pods.get(&name(pod)).and_then(Option::as_ref);
            seen.is_some_and(|seen| seen.ready_at.is_some() && seen.served_at.is_none())
        };
        living.iter().filter(waits).cloned().collect()
    }

    pub(super) fn served(&mut self, name: &str, now: f64) {
        if let Some(seen) = self.pods.get_mut(name).and_then(Option::as_mut) {
            seen.served_at = seen.served_at.or(Some(now));
        }
    }

    pub(super) fn since(&self, moment: f64) -> Vec<NewPod> {
        let mut pods: Vec<NewPod> =
            self.pods.values().flatten().filter(|pod| pod.created_at >= moment).cloned().collect();
        pods.sort_by(|left, right| left.created_at.total_cmp(&right.created_at));
        pods
    }
}

/// Asks these pods for their own count of requests, and whether it is above zero; absent for a pod that did not tell in time.
pub(super) async fn ask(pods: &[Pod], http: &reqwest::Client) -> Vec<(String, Option<bool>)> {
    let direct = |pod: &Pod| Direct::to(pod, port(pod, Component::Backend)?, http);
    let asking = pods.iter().filter_map(direct).map(|direct| async move {
        let answer = tokio::time::timeout(WITHIN, direct.ask(&Call::get("/metrics"))).await;
        let served = answer.ok().and_then(Result::ok).map(|answer| has_served(&String::from_utf8_lossy(&answer.body)));
        (direct.pod, served)
    });
    join_all(asking).await
}

/// Whether a scrape counts a request to the API; probes and scrapes are not counted by our servers.
fn has_served(text: &str) -> bool {
    let Ok(scrape) = Scrape::parse(text) else { return false };
    let api = scrape.samples.iter().filter(|sample| sample.name == "axum_http_requests_total");
    api.filter(|sample| sample.labels.get("endpoint").is_some_and(|route| route.starts_with("/api/")))
        .any(|sample| sample.value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::cluster::pods::tests::pod;

    #[test]
    fn only_pods_that_came_later_are_new_and_every_moment_is_the_first() {
        let mut milestones = Milestones::default();
        let old = pod("old", true, true, 0);
        milestones.note(1.0, std::slice::from_ref(&old));
        milestones.note(2.0, &[old.clone(), pod("new", false, false, 0)]);
        milestones.note(3.0, &[old.clone(), pod("new", true, false, 0)]);
        let living = [old, pod("new", true, true, 0)];
        milestones.note(4.0, &living);
        milestones.note(5.0, &living);
        assert_eq!(milestones.unserved(&living).len(), 1);
        milestones.served("new", 6.0);
        milestones.served("new", 7.0);
        milestones.served("old", 7.0);
        assert!(milestones.unserved(&living).is_empty());
        let new = milestones.since(0.0);
        assert_eq!(new.len(), 1);
        assert_eq!((new[0].created_at, new[0].scheduled_at), (2.0, Some(3.0)));
        assert_eq!((new[0].ready_at, new[0].served_at), (Some(4.0), Some(6.0)));
        assert!(milestones.since(2.5).is_empty());
    }

    #[test]
    fn a_pod_has_served_when_its_own_counter_says_so() {
        let none = "axum_http_requests_total{method=\"GET\",endpoint=\"/api/tasks\",status=\"200\"} 0\n";
        let scanner = "axum_http_requests_total{method=\"GET\",endpoint=\"UNMATCHED\",status=\"404\"} 7\n";
        assert!(!has_served(none) && !has_served(scanner) && !has_served(""));
        assert!(has_served(&none.replace(" 0", " 3")));
    }
}
