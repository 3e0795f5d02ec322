//! What the operator made of the ServiceMonitors: targets, and all of them up.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::monitoring::stack::Prometheus;
use crate::release::todo;
use crate::tools::eventually;

/// Jobs that the dashboards and alerts ask for; how many targets each has at least.
const JOBS: &[(&str, usize)] = &[
    ("todo-backend", 2),
    ("todo-frontend", 2),
    ("todo-postgres", 1),
    ("kube-state-metrics", 1),
    // Its own numbers and cAdvisor's.
    ("kubelet", 2),
];

#[tokio::test]
async fn every_target_that_the_operator_found_is_up() {
    let prometheus = Prometheus::connect();
    // Pods that a test before this one ended are forgotten within a scrape or two.
    let targets = eventually(Duration::from_secs(90), async || {
        let told = prometheus.ask("targets", &[("state", "active")]).await?;
        let targets = told["activeTargets"].as_array().cloned().unwrap_or_default();
        let down: Vec<String> = targets
            .iter()
            .filter(|target| target["health"] != "up")
            .map(|target| format!("{} {}", target["scrapeUrl"], target["lastError"]))
            .collect();
        if down.is_empty() { Ok(targets) } else { Err(down.join("; ")) }
    })
    .await;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for target in &targets {
        *counts.entry(target["labels"]["job"].as_str().expect("a job").to_owned()).or_default() += 1;
    }
    for (job, least) in JOBS {
        assert!(counts.get(*job).is_some_and(|count| count >= least), "{job}: at least {least} of {counts:?}");
    }
    let pods = todo().objects("pods");
    for component in ["backend", "frontend"] {
        let running = pods.iter().filter(|pod| {
            pod["metadata"]["labels"]["app.kubernetes.io/component"] == component
                && pod["metadata"]["deletionTimestamp"].is_null()
        });
        assert!(counts[&format!("todo-{component}")] >= running.count(), "every pod of {component} is scraped");
    }
}
