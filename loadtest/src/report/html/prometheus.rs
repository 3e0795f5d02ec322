//! What Prometheus saw: the criteria in the eyes of a second witness.

use super::escape;
use super::tables::{empty, table};
use crate::measurements::{Better, Measurements, Part, Testimony};
use crate::words::with_unit;

/// Nothing for a run without a cluster.
pub(super) fn section(measurements: &Measurements) -> String {
    if !measurements.run.on_cluster() {
        return String::new();
    }
    let body = match &measurements.cluster.monitoring.testimonies {
        Part::Measured(all) => {
            let rows: String = all.iter().map(row).collect();
            let heads = ["criterion", "asked about", "", "seen", "limit", "agrees with a pass"];
            format!(
                "<p class=\"lead\">A second witness: queries that stand on the load test\u{2019}s dashboard as well. It counts everybody\u{2019}s \
                 requests, knows nothing of announced windows, and is judged only for ERRORS, LATENCY and METRICS.</p>\n\
                 <div class=\"words\">{}</div>\n<details class=\"limits words\"><summary>The queries</summary>\n{}</details>\n",
                table("What Prometheus saw", &heads, &rows),
                table("The queries", &["criterion", "query"], &all.iter().map(query).collect::<String>()),
            )
        }
        Part::NotMeasured(reason) | Part::Broken(reason) => empty(reason),
    };
    format!(
        "<section aria-labelledby=\"prometheus\">\n<h2 id=\"prometheus\">What Prometheus saw</h2>\n{body}</section>\n"
    )
}

fn row(testimony: &Testimony) -> String {
    let agrees = testimony.agrees();
    let class = if agrees == Some(false) { " class=\"over\"" } else { "" };
    let seen = match testimony.value {
        Some(value) => with_unit(value, &testimony.unit),
        None if testimony.refusal.is_some() => "refused".to_owned(),
        None => "no sample".to_owned(),
    };
    let title = match &testimony.refusal {
        Some(refusal) => format!("{}: {refusal}", testimony.title),
        None => testimony.title.clone(),
    };
    let bound = match testimony.better {
        Better::Below => "≤",
        Better::Above => "≥",
    };
    let word = match agrees {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"text\">{}</td><td{class}>{}</td><td class=\"dim\">{bound} {}</td><td>{word}</td></tr>\n",
        escape(&testimony.criterion),
        escape(&testimony.phase),
        escape(&title),
        escape(&seen),
        escape(&with_unit(testimony.limit, &testimony.unit)),
    )
}

fn query(testimony: &Testimony) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"text\"><code>{}</code></td></tr>\n",
        escape(&testimony.criterion),
        escape(&testimony.query),
    )
}
