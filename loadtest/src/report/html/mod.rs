//! `report.html`: one file without references to anything outside it and without script, for screens of any width in
//! light and dark, and for paper. Absent on purpose: decisions; the verdict comes in finished.

mod charts;
mod cluster;
mod criteria;
mod prometheus;
mod scaling;
mod summary;
mod tables;

use super::chart::escape;
use crate::limits::Limits;
use crate::measurements::Measurements;
use crate::verdict::{Status, Verdict};

/// Nothing may be loaded or run, whatever a server under test has managed to smuggle into a text.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The whole page.
pub(super) fn page(measurements: &Measurements, limits: &Limits, verdict: &Verdict) -> String {
    let title = format!("{} – todo load test, {}", outcome(verdict), summary::date(verdict.started_at));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        escape(&title),
        include_str!("style.css"),
    );
    page.push_str(&summary::section(measurements, verdict));
    page.push_str(&criteria::section(verdict));
    page.push_str(&charts::section(measurements, limits));
    page.push_str(&cluster::section(measurements, limits));
    page.push_str(&prometheus::section(measurements));
    page.push_str(&tables::routes(measurements, limits));
    page.push_str(&tables::environment(measurements, verdict));
    page.push_str(&tables::guide(limits));
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The verdict in a word or two.
fn outcome(verdict: &Verdict) -> &'static str {
    match (verdict.exit_code(), verdict.partial) {
        (0, _) => "Passed",
        (1, false) => "Failed",
        (1, true) => "Failed and interrupted",
        (_, true) => "Interrupted",
        _ => "No verdict",
    }
}

/// The class of a status, and its word.
fn status(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pass => ("pass", "passed"),
        Status::Fail => ("fail", "failed"),
        Status::NotMeasured => ("none", "not measured"),
    }
}

/// A tick, a cross or a dash: the status for eyes that do not tell its colours apart.
fn icon(class: &str) -> String {
    let path = match class {
        "pass" => "M5 10.5l3.5 3.5 7-8",
        "fail" => "M6 6l8 8M14 6l-8 8",
        _ => "M6 10h8",
    };
    format!("<svg class=\"icon {class}\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>")
}
