//! The gates of `monitoring/rules`, as far as no cluster is needed: what promtool says, that every rule has a case, that every
//! alert leads to a page and a dashboard, and that nothing is asked of a metric that nobody exports.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail the test too")]

mod alerts;
mod burn;
mod cases;
mod files;
mod metrics;
mod mutations;
mod promtool;
mod runbooks;

use files::Monitoring;

/// A gate reads everything and returns what it objects to.
type Gate = fn(&Monitoring) -> Vec<String>;

#[test]
fn every_alert_says_who_is_meant_and_where_to_look() {
    passes(alerts::objections);
}

#[test]
fn every_rule_has_a_case_in_the_test_file_of_its_name() {
    passes(cases::objections);
}

#[test]
fn every_objective_burns_in_four_windows_with_factors_that_follow_from_the_budget() {
    passes(burn::objections);
}

#[test]
fn rules_use_only_metrics_that_somebody_exports() {
    passes(metrics::objections);
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    passes(runbooks::objections);
}

fn passes(gate: Gate) {
    let found = gate(&Monitoring::read());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
