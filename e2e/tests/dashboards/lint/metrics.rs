//! Every metric of a query is exported by us, recorded by a rule, or one of the cluster's that are listed here.

use e2e::{
    dashboards::{File, Language},
    selectors::read,
};
use telemetry::names;

use super::Surroundings;

/// Made by Prometheus itself for every target, or about its rules.
pub(super) const BUILT_IN: &[&str] =
    &["up", "ALERTS", "scrape_duration_seconds", "scrape_samples_post_metric_relabeling"];

/// Of kube-state-metrics, cAdvisor and postgres-exporter, which may be scraped every 30 seconds.
pub(super) const CLUSTER: &[&str] = &[
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_ready",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_spec_min_replicas",
    "kube_horizontalpodautoscaler_spec_target_metric",
    "kube_horizontalpodautoscaler_status_condition",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_horizontalpodautoscaler_status_desired_replicas",
    "kube_horizontalpodautoscaler_status_target_metric",
    "kube_pod_container_resource_limits",
    "kube_pod_container_resource_requests",
    "kube_pod_container_status_restarts_total",
    "kube_pod_status_phase",
    "kube_pod_status_ready",
    "pg_settings_max_connections",
    "pg_stat_activity_count",
    "pg_stat_database_xact_commit",
    "pg_stat_database_xact_rollback",
];

pub(super) fn exist(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let known = |name: &str| {
        names::find(name).is_some()
            || surroundings.recorded.contains(name)
            || BUILT_IN.contains(&name)
            || CLUSTER.contains(&name)
    };
    let mut found = Vec::new();
    for query in file.dashboard.queries().iter().filter(|query| query.language == Language::PromQl) {
        let text = query.label_values().map_or(&*query.text, |(series, _)| series);
        for selector in read(text).0 {
            // A histogram has no series of its own name.
            let bare = names::find(&selector.name)
                .is_some_and(|metric| metric.name == selector.name && matches!(metric.kind, names::Kind::Histogram(_)));
            if bare || !known(&selector.name) {
                found.push(format!("nobody exports {:?}", selector.name));
            }
        }
    }
    found
}
