//! What every alert carries: who is meant, what happened in numbers, which page and which dashboard.

use crate::files::{Monitoring, Rule};

/// Where a page and a dashboard are found; the chart replaces both by its values.
pub(crate) const RUNBOOKS: &str = "https://todo.example.com/docs/runbooks/";
const DASHBOARDS: &str = "https://grafana.example.com/d/";

pub(crate) fn objections(monitoring: &Monitoring) -> Vec<String> {
    let alerts = monitoring.alerts();
    alerts.flat_map(|alert| of(alert, monitoring).into_iter().map(|text| format!("{}: {text}", alert.id()))).collect()
}

fn of(alert: &Rule, monitoring: &Monitoring) -> Vec<String> {
    let label = |name: &str| alert.labels.get(name).map_or("", String::as_str);
    let annotation = |name: &str| alert.annotations.get(name).map_or("", String::as_str);
    let page = format!("{RUNBOOKS}{}.md", alert.name.to_lowercase());
    let uid = annotation("dashboard_url").strip_prefix(DASHBOARDS).and_then(|rest| rest.split('?').next());
    [
        (alert.name.starts_with("Todo"), "its name does not begin with Todo"),
        (["page", "ticket"].contains(&label("severity")), "severity is neither page nor ticket"),
        (label("team") == "todo", "team is not todo"),
        (slo_is_known(label("slo"), monitoring), "slo names no objective, and is not none"),
        (!annotation("summary").is_empty(), "no summary"),
        (annotation("description").contains("$value"), "the description has no value"),
        (annotation("runbook_url") == page, "runbook_url is not its page's"),
        (uid.is_some_and(|uid| monitoring.dashboards.contains(uid)), "dashboard_url leads to no dashboard"),
        (annotation("dashboard_url").contains("?var-namespace="), "dashboard_url chooses no namespace"),
    ]
    .into_iter()
    .filter(|(holds, _)| !holds)
    .map(|(_, text)| text.to_owned())
    .collect()
}

/// The burn alerts are written once for all objectives and take the name from the series.
fn slo_is_known(slo: &str, monitoring: &Monitoring) -> bool {
    let objectives = || monitoring.records().filter_map(|record| record.labels.get("sloth_slo"));
    slo == "none" || slo == "{{ $labels.sloth_slo }}" || objectives().any(|name| name == slo)
}
