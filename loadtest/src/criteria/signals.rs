//! Whether its signals can be trusted: METRICS and LOGS.

use super::findings::{Findings, Question};
use crate::limits::{Limit, Limits};
use crate::measurements::{Agreement, Logs, Measurements, Metrics};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number, whole};

/// METRICS: documented names and labels, bounded series, counters that agree with the client.
pub(super) fn metrics(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let metrics = findings.open(&measurements.metrics);
    let apart = if measurements.run.on_cluster() {
        limits.cluster.disagreement_percent
    } else {
        limits.counter_disagreement_percent
    };
    let deviations = metrics.map(|metrics| {
        let series = if metrics.pods.is_empty() {
            judge_series(&mut findings, metrics, limits)
        } else {
            judge_pods(&mut findings, metrics, limits)
        };
        judge_names(&mut findings, metrics) + series + judge_agreement(&mut findings, metrics, limits, apart)
    });
    if metrics.is_some() {
        findings.witnessed(measurements, "METRICS");
    }
    let question = Question {
        id: "METRICS",
        title: "Metrics as documented, bounded and right",
        limit: Figure::Number(0.0),
        unit: "deviations",
    };
    let passed = || {
        metrics.map_or_else(String::new, |metrics| {
            format!(
                "{} are exported as documented, {} stay the same under random paths, and both sides count the same requests.",
                counted(metrics.documented, "metric", "metrics"),
                most_series(metrics),
            )
        })
    };
    findings.conclude(question, deviations.map(|count| Figure::Number(count as f64)), passed, measurements.run.partial)
}

/// Notes what differs from the documented list; returns how many things do.
fn judge_names(findings: &mut Findings, metrics: &Metrics) -> usize {
    let mut deviations = 0;
    if let Some(error) = &metrics.parse_error {
        findings.fault(format!("the text of /metrics could not be parsed ({error})"));
        deviations += 1;
    }
    for (problem, list) in [
        ("documented metrics are missing", &metrics.missing),
        ("exported metrics are not documented", &metrics.undocumented),
        ("metrics do not carry the documented labels", &metrics.wrong_labels),
        ("histograms came as summaries", &metrics.summaries),
    ] {
        findings.none(list.len() as u64, |count| format!("{} {problem} ({})", whole(count), few(list)));
        deviations += list.len();
    }
    if metrics.documented == 0 {
        findings.gap("there was no documented list to compare with");
    }
    findings.fact(format!(
        "{} documented: {} missing, {} undocumented, {} with other labels, {} as summary",
        counted(metrics.documented, "metric", "metrics"),
        metrics.missing.len(),
        metrics.undocumented.len(),
        metrics.wrong_labels.len(),
        metrics.summaries.len(),
    ));
    deviations
}

fn judge_series(findings: &mut Findings, metrics: &Metrics, limits: &Limits) -> usize {
    let (before, after) = (metrics.series_before_random_paths, metrics.series_after_random_paths);
    findings.at_least(metrics.random_paths, limits.random_paths, "random paths");
    if before == 0 || after == 0 {
        findings.gap("the series were not counted");
    }
    let grown = after.saturating_sub(before);
    findings.none(grown, |count| {
        format!("{} made the series grow by {count}", counted(metrics.random_paths, "random path", "random paths"))
    });
    findings.at_most("the number of series", after as f64, limits.series, "series");
    findings.fact(format!(
        "{} before and {} after {}; budget {}",
        counted(before, "series", "series"),
        whole(after),
        counted(metrics.random_paths, "random path", "random paths"),
        number(limits.series.value),
    ));
    usize::from(grown > 0) + usize::from(after as f64 > limits.series.value)
}

/// The same for every pod, as Prometheus holds its series.
fn judge_pods(findings: &mut Findings, metrics: &Metrics, limits: &Limits) -> usize {
    findings.at_least(metrics.random_paths, limits.random_paths, "random paths");
    let mut deviations = 0;
    for row in &metrics.pods {
        if row.before == 0 || row.after == 0 {
            findings.gap(format!("the series of {} were not counted before and after", row.pod));
            continue;
        }
        let grown = row.after.saturating_sub(row.before);
        findings.none(grown, |count| {
            let paths = counted(metrics.random_paths, "random path", "random paths");
            format!("{paths} made the series of {} grow by {count}", row.pod)
        });
        findings.at_most(&format!("the number of series of {}", row.pod), row.after as f64, limits.series, "series");
        findings.fact(format!(
            "{}: {} before and {} after",
            row.pod,
            counted(row.before, "series", "series"),
            whole(row.after)
        ));
        deviations += usize::from(grown > 0) + usize::from(row.after as f64 > limits.series.value);
    }
    let paths = counted(metrics.random_paths, "random path", "random paths");
    findings.fact(format!("{paths} to each server; budget {} series a pod", number(limits.series.value)));
    deviations
}

/// The series of the process, or of the pod with most of them.
fn most_series(metrics: &Metrics) -> String {
    match metrics.pods.iter().map(|pod| pod.after).max() {
        Some(most) => format!("at most {} per pod", counted(most, "series", "series")),
        None => counted(metrics.series_after_random_paths, "series", "series"),
    }
}

fn judge_agreement(findings: &mut Findings, metrics: &Metrics, limits: &Limits, apart: Limit) -> usize {
    let total = Agreement {
        route: "all routes together".to_owned(),
        client: metrics.agreement.iter().map(|row| row.client).sum(),
        server: metrics.agreement.iter().map(|row| row.server).sum(),
        ..Agreement::default()
    };
    findings.at_least(total.client, limits.requests, "requests counted on both sides");
    let mut deviations = 0;
    for row in metrics.agreement.iter().chain([&total]) {
        let allowed = apart.value / 100.0 * row.client as f64;
        let rare = limits.counter_disagreement_requests.value;
        if row.client.abs_diff(row.server) as f64 > allowed.max(rare) {
            findings.fault(format!(
                "for {} the client counted {} and the server {}, more than {} % apart",
                row.route,
                whole(row.client),
                whole(row.server),
                number(apart.value),
            ));
            deviations += 1;
        }
    }
    findings.fact(format!(
        "the client counted {} on {}, the server {}",
        counted(total.client, "request", "requests"),
        counted(metrics.agreement.len() as u64, "route", "routes"),
        whole(total.server),
    ));
    for row in &metrics.agreement {
        if let Some((client, server)) = row.client_p95_ms.zip(row.server_p95_ms) {
            findings.fact(format!(
                "p95 of {}: {} ms from the moment it was due, {} ms by the server's buckets",
                row.route,
                number(client),
                number(server)
            ));
        }
    }
    deviations
}

/// LOGS: every line is complete JSON and none holds a secret.
pub(super) fn logs(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let logs = findings.open(&measurements.logs);
    if let Some(logs) = logs {
        judge_logs(&mut findings, logs, limits);
    }
    let bad = logs.map(|logs| logs.not_json + logs.incomplete + logs.secrets_found.len() as u64);
    let question = Question {
        id: "LOGS",
        title: "Log lines are complete JSON without secrets",
        limit: Figure::Number(limits.bad_log_lines.value),
        unit: "findings",
    };
    let passed = || {
        logs.map_or_else(String::new, |logs| {
            format!(
                "All {} are complete JSON, and none of {} appears in them.",
                counted(logs.lines, "line", "lines"),
                counted(logs.secrets_planted.len() as u64, "planted secret", "planted secrets"),
            )
        })
    };
    findings.conclude(question, bad.map(|bad| Figure::Number(bad as f64)), passed, measurements.run.partial)
}

fn judge_logs(findings: &mut Findings, logs: &Logs, limits: &Limits) {
    findings.at_least(logs.lines, limits.log_lines, "log lines");
    findings.at_least(logs.secrets_planted.len() as u64, limits.secrets, "planted secrets");
    if logs.access_lines == 0 {
        findings.gap("no access line was seen");
    }
    findings.none(logs.not_json, |count| format!("{} of {} lines are not JSON", whole(count), whole(logs.lines)));
    findings.none(logs.incomplete, |count| {
        format!("{} of {} lines lack a documented field", whole(count), whole(logs.lines))
    });
    if !logs.secrets_found.is_empty() {
        findings.fault(format!("the log holds a planted secret ({})", few(&logs.secrets_found)));
    }
    findings.fact(format!(
        "{}, {} of them access lines: {} not JSON, {} without a documented field",
        counted(logs.lines, "line", "lines"),
        whole(logs.access_lines),
        whole(logs.not_json),
        whole(logs.incomplete),
    ));
    findings.fact(format!("looked for: {}; found: {}", few(&logs.secrets_planted), few(&logs.secrets_found)));
    findings.examples(&logs.examples);
}

/// The first few names of a list.
fn few(names: &[String]) -> String {
    match names.len() {
        0 => "none".to_owned(),
        1..=4 => names.join(", "),
        more => format!("{} and {} more", names[..4].join(", "), more - 4),
    }
}
