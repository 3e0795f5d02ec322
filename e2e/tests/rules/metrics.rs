//! Rules ask only for what somebody exports: our servers, by the list in `names.rs`; the cluster, by the list here; other rules.

use std::collections::BTreeSet;

use e2e::selectors;
use telemetry::names;

use crate::files::{Monitoring, Rule};

/// What kube-state-metrics, the kubelet, the node exporter and Prometheus export, as far as rules use it.
const CLUSTER: &[&str] = &[
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_memory_working_set_bytes",
    "kube_cronjob_created",
    "kube_cronjob_next_schedule_time",
    "kube_cronjob_spec_suspend",
    "kube_cronjob_status_last_schedule_time",
    "kube_cronjob_status_last_successful_time",
    "kube_deployment_metadata_generation",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_observed_generation",
    "kube_deployment_status_replicas_available",
    "kube_deployment_status_replicas_ready",
    "kube_deployment_status_replicas_updated",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_spec_min_replicas",
    "kube_horizontalpodautoscaler_status_condition",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_horizontalpodautoscaler_status_desired_replicas",
    "kube_job_failed",
    "kube_job_owner",
    "kube_job_status_start_time",
    "kube_pod_container_resource_limits",
    "kube_pod_container_resource_requests",
    "kube_pod_container_status_last_terminated_reason",
    "kube_pod_container_status_restarts_total",
    "kube_pod_created",
    "kube_pod_status_ready_time",
    "kube_statefulset_metadata_generation",
    "kube_statefulset_replicas",
    "kube_statefulset_status_observed_generation",
    "kube_statefulset_status_replicas_ready",
    "node_time_seconds",
    "prometheus_rule_evaluation_failures_total",
    "scrape_samples_post_metric_relabeling",
    "up",
];

pub(crate) fn objections(monitoring: &Monitoring) -> Vec<String> {
    let recorded: BTreeSet<&str> = monitoring.records().map(|record| record.name.as_str()).collect();
    let used: BTreeSet<String> = monitoring.rules.iter().flat_map(|rule| selectors::series(&rule.expr)).collect();
    let known = |name: &str| CLUSTER.contains(&name) || recorded.contains(name) || names::find(name).is_some();
    let of = |rule: &Rule| {
        let unknown = selectors::series(&rule.expr).into_iter().filter(|name| !known(name));
        unknown.map(|name| format!("{}: nobody exports {name}", rule.id())).collect::<Vec<_>>()
    };
    let unused = CLUSTER.iter().filter(|name| !used.contains(**name));
    monitoring.rules.iter().flat_map(of).chain(unused.map(|name| format!("no rule uses {name} any more"))).collect()
}
