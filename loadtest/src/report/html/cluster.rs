//! What was done to the release and what came of it: scaling, kills, outage, mistakes, rollouts, backup, and everything
//! that happened, in order.

use super::tables::{empty, table};
use super::{escape, scaling};
use crate::limits::Limits;
use crate::measurements::{Backup, Broken, Happening, Measurements, Outage, Part, Pending, PodKill, Rollout, Served};
use crate::words::{number, number_or_dash, whole};

/// Nothing for a run without a cluster.
pub(super) fn section(measurements: &Measurements, limits: &Limits) -> String {
    if !measurements.run.on_cluster() {
        return String::new();
    }
    let cluster = &measurements.cluster;
    let mut html =
        "<section aria-labelledby=\"cluster\">\n<h2 id=\"cluster\">The release in its cluster</h2>\n".to_owned();
    html.push_str(&scaling::section(cluster, limits));
    let heads = ["kill at", "component", "how", "Ready again in s", "writes before", "in flight", "pod"];
    html.push_str(&part("Kills", &heads, &cluster.pod_kills, |kills| kills.iter().map(kill).collect()));
    let heads = ["", "in s", "replaced pods", "requests", "failed"];
    html.push_str(&part("Upgrade and rollback", &heads, &cluster.rollouts, |rows| rows.iter().map(rollout).collect()));
    let heads = ["broken", "Ready pods", "requests", "failed", "well again in s", "what it said"];
    html.push_str(&part("Isolation", &heads, &cluster.isolation, |rows| rows.iter().map(broken).collect()));
    let heads = ["asked for", "Ready pods", "requests", "failed", "well again in s", "what it said"];
    html.push_str(&part("A request that fits nowhere", &heads, &cluster.pending, pending));
    html.push_str(&part("Without a database", &["", "measured", "allowed"], &cluster.outage, |seen| {
        outage(seen, limits)
    }));
    html.push_str(&part("Backup and restore", &["", "measured"], &cluster.backup, backup));
    html.push_str(&happenings(&measurements.timeline.happenings));
    html.push_str("</section>\n");
    html
}

fn part<T>(title: &str, heads: &[&str], part: &Part<T>, rows: impl Fn(&T) -> String) -> String {
    let body = match part {
        Part::Measured(value) => table(title, heads, &rows(value)),
        Part::NotMeasured(reason) | Part::Broken(reason) => empty(reason),
    };
    format!("<h3>{title}</h3>\n<div class=\"words\">{body}</div>\n")
}

fn kill(kill: &PodKill) -> String {
    format!(
        "<tr><th scope=\"row\">{} s</th><td>{}</td><td>{}</td>{}<td>{}</td><td>{}</td><td><code>{}</code></td></tr>\n",
        number((kill.at * 10.0).round() / 10.0),
        escape(&kill.component),
        if kill.forced { "by force" } else { "evicted" },
        needed(kill.ready_again_seconds),
        whole(kill.acknowledged_before),
        whole(kill.in_flight),
        escape(&kill.pod),
    )
}

/// A duration without which something is wrong.
fn needed(seconds: Option<f64>) -> String {
    let class = if seconds.is_some_and(f64::is_finite) { "" } else { " class=\"over\"" };
    format!("<td{class}>{}</td>", seconds.map_or_else(|| "never".to_owned(), number))
}

fn served(served: Served) -> String {
    let class = if served.failed == 0 { "" } else { " class=\"over\"" };
    format!("<td>{}</td><td{class}>{}</td>", whole(served.requests), whole(served.failed))
}

fn rollout(rollout: &Rollout) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th>{}<td>{}</td>{}</tr>\n",
        escape(&rollout.kind),
        needed(rollout.seconds),
        whole(rollout.replaced_pods),
        served(rollout.served),
    )
}

fn broken(row: &Broken) -> String {
    beside(&row.what, (row.ready_pods, row.wanted_pods), row.served, row.recovered_seconds, row.message.as_deref())
}

fn pending(row: &Pending) -> String {
    let pods = (row.ready_pods, row.wanted_pods);
    let said = format!("{}: {}", row.phase, row.reason.as_deref().unwrap_or("no reason"));
    beside(&row.asked, pods, row.served, row.recovered_seconds, Some(&said))
}

fn beside(what: &str, pods: (u64, u64), requests: Served, recovered: Option<f64>, said: Option<&str>) -> String {
    let class = if pods.0 < pods.1 { " class=\"over\"" } else { "" };
    format!(
        "<tr><th scope=\"row\">{}</th><td{class}>{} of {}</td>{}{}<td class=\"text\">{}</td></tr>\n",
        escape(what),
        whole(pods.0),
        whole(pods.1),
        served(requests),
        needed(recovered),
        escape(said.unwrap_or("nothing")),
    )
}

fn outage(outage: &Outage, limits: &Limits) -> String {
    let bounds = &limits.cluster;
    let seconds = |value: Option<f64>| format!("{} s", number_or_dash(value));
    let most = |value: f64| format!("≤ {} s", number(value));
    let share = |part: u64, all: u64| format!("{} of {}", whole(part), whole(all));
    [
        ("away for", seconds(Some(outage.outage_seconds)), format!("≥ {} s", number(bounds.outage_seconds.value))),
        ("/ready of every pod said 503 after", seconds(outage.unready_seconds), most(bounds.unready_seconds.value)),
        (
            "the Service had no endpoint after",
            seconds(outage.endpoints_removed_seconds),
            most(bounds.unready_seconds.value),
        ),
        ("/health answered", share(outage.health_answered, outage.health_asked), "all".to_owned()),
        ("503 as problem+json", share(outage.explained, outage.asked), "all".to_owned()),
        ("container restarts", whole(outage.restarts), "0".to_owned()),
        ("first write after its return", seconds(outage.recovered_seconds), most(bounds.recovered_seconds.value)),
    ]
    .map(|(name, measured, allowed)| {
        format!("<tr><th scope=\"row\" class=\"moment\">{name}</th><td>{measured}</td><td class=\"dim\">{allowed}</td></tr>\n")
    })
    .concat()
}

fn backup(backup: &Backup) -> String {
    let seconds = |value: Option<f64>| format!("{} s", number_or_dash(value));
    [
        ("backup", seconds(backup.backup_seconds)),
        ("restore", seconds(backup.restore_seconds)),
        ("tasks before the backup", whole(backup.tasks_before)),
        ("tasks after the wipe", whole(backup.tasks_after_wipe)),
        ("tasks after the restore", whole(backup.tasks_after_restore)),
        ("acknowledged writes contradicted", whole(backup.wrong_writes)),
        ("a damaged file", backup.damaged_refusal.clone().unwrap_or_else(|| "was taken".to_owned())),
        ("data after that", if backup.untouched_by_refusal { "untouched" } else { "changed" }.to_owned()),
    ]
    .map(|(name, measured)| {
        format!(
            "<tr><th scope=\"row\" class=\"moment\">{name}</th><td class=\"said\">{}</td></tr>\n",
            escape(&measured)
        )
    })
    .concat()
}

fn happenings(happenings: &[Happening]) -> String {
    if happenings.is_empty() {
        return String::new();
    }
    let rows: String = happenings
        .iter()
        .map(|happening| {
            format!(
                "<tr><th scope=\"row\">{} s</th><td>{}</td><td class=\"text\">{}</td></tr>\n",
                number((happening.at * 10.0).round() / 10.0),
                escape(&happening.kind),
                escape(&happening.what),
            )
        })
        .collect();
    format!(
        "<details class=\"limits words\"><summary>Everything that happened, in order</summary>\n{}</details>\n",
        table("What happened", &["at", "what", "told"], &rows),
    )
}
