//! The judge against a good run, and against that run with one thing changed at a time.

mod cluster_tables;
mod latency;
mod tables;

use self::tables::{Breaking, Change, of};
use super::{IDS, judge};
use crate::limits::Limits;
use crate::measurements::sample::{good_cluster_run, good_run};
use crate::measurements::{Measurements, Part};
use crate::verdict::{Criterion, Figure, Status};

/// A target: its good run, what it can judge, and what can be changed about it.
struct Suite {
    target: &'static str,
    good: fn() -> Measurements,
    ids: &'static [&'static str],
    at_the_limit: &'static [(&'static str, Change)],
    broken: &'static [Breaking],
    too_little: &'static [(&'static str, Change)],
    parts: &'static [(&'static str, Change, Change)],
}

const LOCAL: Suite = Suite {
    target: "local",
    good: good_run,
    ids: &[
        "SC-003", "SC-006", "SC-007", "HEALTH", "DRAIN", "STREAMS", "ERRORS", "LATENCY", "CHAT", "METRICS", "LOGS",
        "START", "MEMORY",
    ],
    at_the_limit: tables::AT_THE_LIMIT,
    broken: tables::BROKEN,
    too_little: tables::TOO_LITTLE,
    parts: tables::PARTS,
};

const CLUSTER: Suite = Suite {
    target: "cluster",
    good: good_cluster_run,
    ids: &[
        "SC-001",
        "SC-002",
        "SC-003",
        "SC-004",
        "SC-006",
        "SC-007",
        "SC-008",
        "HEALTH",
        "STREAMS",
        "ERRORS",
        "LATENCY",
        "CHAT",
        "METRICS",
        "HPA-UP",
        "HPA-DOWN",
        "READY",
        "ISOLATION",
        "PENDING",
        "BACKUP",
    ],
    at_the_limit: cluster_tables::AT_THE_LIMIT,
    broken: cluster_tables::BROKEN,
    too_little: cluster_tables::TOO_LITTLE,
    parts: cluster_tables::PARTS,
};

fn criterion(run: &Measurements, id: &str) -> Criterion {
    let verdict = judge(run, &Limits::default());
    verdict.criteria.into_iter().find(|criterion| criterion.id == id).expect("a criterion with this id")
}

impl Suite {
    fn after(&self, change: Change) -> Measurements {
        let mut run = (self.good)();
        change(&mut run);
        run
    }
}

fn after(change: Change) -> Measurements {
    LOCAL.after(change)
}

#[test]
fn a_good_run_passes_every_criterion_of_its_target_and_no_other() {
    for suite in [LOCAL, CLUSTER] {
        let verdict = judge(&(suite.good)(), &Limits::default());
        for criterion in &verdict.criteria {
            let expected = if suite.ids.contains(&criterion.id.as_str()) { Status::Pass } else { Status::NotMeasured };
            assert_eq!(criterion.status, expected, "{}, {}: {}", suite.target, criterion.id, criterion.reason);
            assert!(criterion.reason.ends_with('.'), "{}: {}", criterion.id, criterion.reason);
        }
        let ids: Vec<&str> = verdict.criteria.iter().map(|criterion| criterion.id.as_str()).collect();
        assert_eq!(ids, IDS);
        assert_eq!((verdict.passed, verdict.exit_code(), verdict.target.as_str()), (true, 0, suite.target));
    }
}

#[test]
fn the_limit_itself_passes() {
    for suite in [LOCAL, CLUSTER] {
        for (index, (id, change)) in suite.at_the_limit.iter().enumerate() {
            let judged = criterion(&suite.after(*change), id);
            assert_eq!(judged.status, Status::Pass, "{} row {index}, {id}: {}", suite.target, judged.reason);
        }
    }
}

#[test]
fn just_beyond_a_limit_fails_that_criterion_alone_and_says_why() {
    for suite in [LOCAL, CLUSTER] {
        for (index, (id, change, expected)) in suite.broken.iter().enumerate() {
            let row = format!("{} row {index}", suite.target);
            let verdict = judge(&suite.after(*change), &Limits::default());
            assert_eq!((verdict.passed, verdict.exit_code()), (false, 1), "{row}, {id}");
            for judged in verdict.criteria {
                let failed = judged.status == Status::Fail;
                assert_eq!(failed, judged.id == *id, "{row}, {}: {}", judged.id, judged.reason);
                if failed {
                    let (reason, wanted) = (judged.reason.to_lowercase(), expected.to_lowercase());
                    assert!(reason.contains(&wanted), "{row}, {id}: {}", judged.reason);
                }
            }
        }
    }
}

#[test]
fn too_little_evidence_fails_a_complete_run_and_is_not_measured_in_an_interrupted_one() {
    for suite in [LOCAL, CLUSTER] {
        for (index, (id, change)) in suite.too_little.iter().enumerate() {
            let row = format!("{} row {index}", suite.target);
            let mut run = suite.after(*change);
            let complete = criterion(&run, id);
            assert_eq!(complete.status, Status::Fail, "{row}, {id}: {}", complete.reason);
            assert!(complete.reason.starts_with("Too little evidence: "), "{row}, {id}: {}", complete.reason);
            run.run.partial = true;
            let interrupted = criterion(&run, id);
            assert_eq!(interrupted.status, Status::NotMeasured, "{row}, {id}: {}", interrupted.reason);
        }
    }
}

#[test]
fn every_criterion_can_pass_at_its_limit_fail_beyond_it_and_lack_evidence() {
    for id in IDS.iter().filter(|id| **id != "SC-005") {
        let suites = [LOCAL, CLUSTER];
        assert!(suites.iter().any(|suite| suite.broken.iter().any(|row| row.0 == *id)), "{id} cannot fail");
        // SC-001 is one question with one answer.
        let evidence = suites.iter().any(|suite| suite.too_little.iter().any(|row| row.0 == *id));
        assert!(evidence || *id == "SC-001", "{id} needs no evidence");
        // SC-006 has no number to be at.
        let limit = suites.iter().any(|suite| suite.at_the_limit.iter().any(|row| row.0 == *id));
        assert!(limit || *id == "SC-006", "{id} has no limit");
    }
}

#[test]
fn what_was_skipped_is_not_measured_and_what_broke_down_is_a_failure() {
    for suite in [LOCAL, CLUSTER] {
        for (id, skip, breakdown) in suite.parts {
            let skipped = criterion(&suite.after(*skip), id);
            assert_eq!(skipped.status, Status::NotMeasured, "{id}: {}", skipped.reason);
            assert_eq!(skipped.reason, "The phase that measures this did not run.", "{id}");
            let failed = criterion(&suite.after(*breakdown), id);
            assert_eq!(failed.status, Status::Fail, "{id}: {}", failed.reason);
            assert_eq!(failed.reason, "The server did not start.", "{id}");
        }
    }
}

#[test]
fn the_floor_of_the_hpa_is_the_share_of_the_window_that_lifts_the_mean_above_its_tolerance() {
    let mut run = good_cluster_run();
    let up = of(&mut run.cluster.scale_up);
    // Target 70: the HPA acts above 77. From 12 to 142 that is half of the way.
    (up.before_percent, up.peak_percent) = (Some(12.0), Some(142.0));
    assert_eq!(super::scaling::share_of_window(up), Some(0.5));
    up.peak_percent = Some(77.0);
    assert_eq!(super::scaling::share_of_window(up), None, "not above the tolerance");
    (up.before_percent, up.peak_percent) = (Some(80.0), Some(142.0));
    assert_eq!(super::scaling::share_of_window(up), None, "already above it");
}

#[test]
fn refusals_in_an_announced_overload_are_shown_where_they_would_have_counted() {
    let mut run = good_cluster_run();
    of(&mut run.errors).refused_in_overload = 43;
    of(&mut run.cluster.scale_up).served.refused_in_overload = 41;
    for (id, told) in [("ERRORS", "43 requests were refused politely"), ("HPA-UP", "41 requests were refused politely")]
    {
        let judged = criterion(&run, id);
        assert_eq!(judged.status, Status::Pass, "{id}: {}", judged.reason);
        assert!(judged.evidence.iter().any(|fact| fact.contains(told)), "{id}: {:?}", judged.evidence);
    }
    assert!(!criterion(&good_run(), "ERRORS").evidence.iter().any(|fact| fact.contains("overload")), "nothing scales");
}

#[test]
fn a_broken_way_to_loki_fails_and_a_missing_one_is_told() {
    let mut run = good_cluster_run();
    run.cluster.monitoring.log_freshness = Part::Broken("Loki did not answer.".to_owned());
    assert_eq!(criterion(&run, "SC-007").status, Status::Fail);
    run.cluster.monitoring.log_freshness = Part::NotMeasured("There is no Loki in the cluster.".to_owned());
    let judged = criterion(&run, "SC-007");
    assert_eq!(judged.status, Status::Pass, "{}", judged.reason);
    let told = "Judged by Prometheus alone, not through Loki: There is no Loki in the cluster";
    assert!(judged.evidence.iter().any(|fact| fact == told), "{:?}", judged.evidence);
}

#[test]
fn both_ways_stand_in_the_evidence_and_the_slower_one_counts() {
    let judged = criterion(&good_cluster_run(), "SC-007");
    assert_eq!(judged.measured, Some(Figure::Number(0.7 + 0.4 * 11.0)));
    for way in ["Through Prometheus, 12 markers: p50 2.7 s, max 5.1 s", "Through Loki, 12 markers: p50 0.7 s, max 1 s"]
    {
        assert!(judged.evidence.iter().any(|fact| fact.starts_with(way)), "{way}: {:?}", judged.evidence);
    }
}

#[test]
fn the_verdict_says_what_prometheus_saw_and_whether_it_agrees() {
    let mut run = good_cluster_run();
    let all = of(&mut run.cluster.monitoring.testimonies);
    let (beyond, silent) = (1, 2);
    all[beyond].value = Some(all[beyond].limit + 1.0);
    all[silent].value = Some(f64::NAN);
    let told = judge(&run, &Limits::default()).prometheus;
    assert_eq!(told.len(), crate::monitoring::queries::all().len());
    assert_eq!((told[0].agrees, told[beyond].agrees), (Some(true), Some(false)));
    assert_eq!(told[silent].value, None, "JSON has no NaN");
    assert!(judge(&good_run(), &Limits::default()).prometheus.is_empty());
}

#[test]
fn a_proven_loss_fails_even_when_the_kills_were_skipped() {
    let run = after(|run| {
        run.kills = Part::default();
        of(&mut run.ledger).lost = 2;
    });
    let judged = criterion(&run, "SC-003");
    assert_eq!((judged.status, judged.measured), (Status::Fail, Some(Figure::Number(2.0))));
}

#[test]
fn a_run_that_measured_nothing_or_was_interrupted_does_not_pass() {
    let mut nothing = good_run();
    nothing = Measurements::new(nothing.run, nothing.environment);
    let verdict = judge(&nothing, &Limits::default());
    assert_eq!((verdict.passed, verdict.exit_code(), verdict.count(Status::NotMeasured)), (false, 2, IDS.len()));

    let interrupted = judge(&after(|run| run.run.partial = true), &Limits::default());
    assert_eq!((interrupted.passed, interrupted.partial, interrupted.exit_code()), (false, true, 2));
}
