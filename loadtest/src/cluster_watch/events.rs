//! What Kubernetes says about the release's objects, each sentence once. Absent on purpose: the routine of every pod start.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;

use crate::phases::sentence;
use crate::target::cluster::{Cluster, ClusterError};

/// Told by the replicas and the milestones already, or the usual course of a claim.
const ROUTINE: [&str; 7] =
    ["Pulled", "Created", "Started", "Scheduled", "SuccessfulCreate", "SuccessfulDelete", "WaitForFirstConsumer"];

/// A probe that fails says so every second; once a minute is enough.
const AGAIN_AFTER: f64 = 60.0;

/// Which sentences are known, how often each has been said, and when it was last told.
#[derive(Debug, Default)]
pub(super) struct Events {
    known: Option<HashMap<String, (i32, f64)>>,
}

impl Events {
    /// Reason and sentence of every event that is new since the last call; the first call only learns what is old.
    pub(super) async fn since_last(
        &mut self,
        cluster: &Cluster,
        now: f64,
    ) -> Result<Vec<(String, String)>, ClusterError> {
        let events = cluster.api::<Event>().list(&ListParams::default()).await;
        let events = events.map_err(ClusterError::api("the events cannot be read"))?.items;
        Ok(self.told(&cluster.fullname, &events, now))
    }

    fn told(&mut self, prefix: &str, events: &[Event], now: f64) -> Vec<(String, String)> {
        let first = self.known.is_none();
        let known = self.known.get_or_insert_default();
        let mut told = Vec::new();
        for event in events {
            let object = event.involved_object.name.as_deref().unwrap_or_default();
            let (Some(id), true) = (event.metadata.uid.clone(), object.starts_with(prefix)) else { continue };
            let times = event.count.unwrap_or(1);
            let reason = event.reason.as_deref().unwrap_or("Event");
            let known_as = known.get(&id).copied();
            let news = known_as.is_none_or(|(before, at)| times > before && now - at >= AGAIN_AFTER);
            if first || !news || ROUTINE.contains(&reason) {
                // What was there before us was told long ago.
                known.entry(id).or_insert((times, f64::NEG_INFINITY));
                continue;
            }
            known.insert(id, (times, now));
            let message = sentence(&event.message.as_deref().unwrap_or(reason).replace('\n', " "));
            told.push((reason.to_owned(), format!("{object}: {message}")));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(id: &str, object: &str, reason: &str, count: i32) -> Event {
        let told = json!({
            "metadata": { "uid": id }, "involvedObject": { "name": object },
            "reason": reason, "message": "it is so", "count": count,
        });
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn every_sentence_is_told_once_and_again_when_it_is_said_again() {
        let mut events = Events::default();
        let old = event("1", "todo-backend-x", "Unhealthy", 1);
        assert!(events.told("todo", std::slice::from_ref(&old), 0.0).is_empty(), "it was there before us");
        assert!(events.told("todo", std::slice::from_ref(&old), 3.0).is_empty());
        let told = events.told("todo", &[old, event("2", "todo-backend-y", "Killing", 1)], 6.0);
        assert_eq!(told, [("Killing".to_owned(), "todo-backend-y: It is so.".to_owned())]);
        assert_eq!(events.told("todo", &[event("1", "todo-backend-x", "Unhealthy", 2)], 9.0).len(), 1);
        assert!(events.told("todo", &[event("1", "todo-backend-x", "Unhealthy", 3)], 12.0).is_empty(), "just told");
        assert_eq!(events.told("todo", &[event("1", "todo-backend-x", "Unhealthy", 4)], 70.0).len(), 1);
    }

    #[test]
    fn routine_and_other_releases_are_left_out() {
        let mut events = Events::default();
        events.told("todo", &[], 0.0);
        let new = [event("3", "todo-backend-x", "Pulled", 1), event("4", "other-1", "Killing", 1)];
        assert!(events.told("todo", &new, 1.0).is_empty());
    }
}
