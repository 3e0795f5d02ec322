//! LATENCY measured more than once: when, which measurement is judged, and that none is hidden.

use super::super::latency::{best, breaks_a_limit};
use super::criterion;
use super::tables::of;
use crate::limits::Limits;
use crate::measurements::sample::good_cluster_run;
use crate::measurements::{LatencyRun, Measurements};
use crate::verdict::{Criterion, Figure, Status};

/// The measurement of the good run, with what Prometheus said, after a change.
fn run(phase: &str, change: impl FnOnce(&mut LatencyRun)) -> LatencyRun {
    let mut good = good_cluster_run();
    let told = of(&mut good.cluster.monitoring.testimonies).iter();
    let testimonies = told.filter(|testimony| testimony.criterion == "LATENCY").cloned().collect();
    let routes = of(&mut good.latency).clone();
    let mut run = LatencyRun { phase: phase.to_owned(), routes, testimonies, judged: false };
    change(&mut run);
    run
}

fn p95(route: usize, milliseconds: f64) -> impl FnOnce(&mut LatencyRun) {
    move |run| run.routes[route].p95_ms = Some(milliseconds)
}

/// The run in which these were measured, and its verdict.
fn judged(runs: Vec<LatencyRun>) -> (Measurements, Criterion) {
    let mut measurements = good_cluster_run();
    let best = best(&runs, &Limits::default());
    measurements.judge_latency(runs, best);
    let judged = criterion(&measurements, "LATENCY");
    (measurements, judged)
}

#[test]
fn a_broken_limit_is_measured_again_and_nothing_else_is() {
    let breaks = |run: LatencyRun| breaks_a_limit(&run, &Limits::default());
    assert!(!breaks(run("a", |_| {})) && !breaks(run("a", p95(0, 100.0))), "the limit itself passes");
    assert!(breaks(run("a", p95(0, 100.5))));
    assert!(breaks(run("a", |run| run.routes[2].p99_ms = Some(250.5))));
    assert!(breaks(run("a", |run| run.testimonies[0].value = Some(0.101))), "the second witness is slow as well");
    let cut = |run: &mut LatencyRun| (run.routes[0].p95_ms, run.routes[1].answered) = (Some(167.0), 800);
    assert!(!breaks(run("a", cut)), "no answer is not slowness");
    let few =
        |run: &mut LatencyRun| (run.routes[0].p95_ms, run.routes[0].due, run.routes[0].answered) = (Some(167.0), 9, 9);
    assert!(!breaks(run("a", few)), "an interrupted measurement is none");
    assert!(!breaks(run("a", |run| run.routes.clear())));
}

#[test]
fn the_best_measurement_is_judged_whole_and_all_of_them_stand_in_the_evidence() {
    let runs = vec![
        run("steady load", p95(0, 167.0)),
        run("steady load 2", p95(2, 140.0)),
        run("steady load 3", |run| {
            run.routes[0].p95_ms = Some(80.0);
            run.testimonies[0].value = Some(0.061);
        }),
    ];
    let (measurements, judged) = judged(runs);
    assert_eq!((judged.status, &judged.measured), (Status::Pass, &Some(Figure::Number(80.0))), "{}", judged.reason);
    assert!(judged.reason.ends_with("80 of 100 ms, in the best of 3 measurements."), "{}", judged.reason);
    for told in [
        "Measured 3 times under the same steady load, because a limit was broken",
        "judged, as a whole, is measurement 3,",
        "Measurement 1, not judged: GET /api/tasks: 880 of 880 arrivals answered at 20/s; p50 3.41, p95 167 of 100",
        "Measurement 2, not judged: POST /api/tasks:",
        "Measurement 1, not judged: Prometheus saw 0.04 s",
        "Prometheus saw 0.061 s",
    ] {
        assert!(judged.evidence.iter().any(|fact| fact.contains(told)), "{told}: {:?}", judged.evidence);
    }
    assert_eq!(measurements.latency.measured().map(|rows| rows[0].p95_ms), Some(Some(80.0)));
}

#[test]
fn routes_of_different_measurements_are_never_mixed() {
    // Each of them keeps what the other one breaks.
    let (_, judged) = judged(vec![run("steady load", p95(0, 130.0)), run("steady load 2", p95(2, 120.0))]);
    assert_eq!((judged.status, &judged.measured), (Status::Fail, &Some(Figure::Number(120.0))));
    assert!(judged.reason.starts_with("p95 of GET /api/tasks/{id} is 120 ms"), "{}", judged.reason);
    assert!(!judged.reason.contains("130"), "{}", judged.reason);
}

#[test]
fn a_slow_release_stays_slow_however_often_it_is_measured() {
    let slow = |phase: &str| run(phase, p95(0, 167.0));
    let (_, judged) = judged(vec![slow("steady load"), slow("steady load 2"), slow("steady load 3")]);
    assert_eq!(judged.status, Status::Fail);
    assert!(judged.reason.starts_with("p95 of GET /api/tasks is 167 ms"), "{}", judged.reason);
    assert!(judged.evidence.iter().any(|fact| fact.contains("is measurement 1,")), "the first of equals");
}

#[test]
fn a_measurement_with_unanswered_arrivals_or_too_few_is_never_the_best() {
    let unanswered = run("steady load 2", |run| run.routes[0].answered = 800);
    let few = run("steady load 3", |run| (run.routes[0].due, run.routes[0].answered) = (9, 9));
    let interrupted = LatencyRun { routes: Vec::new(), ..few.clone() };
    let (_, judged) = judged(vec![run("steady load", p95(0, 167.0)), unanswered, few, interrupted]);
    assert_eq!((judged.status, &judged.measured), (Status::Fail, &Some(Figure::Number(167.0))));
}

#[test]
fn prometheus_is_heard_about_the_judged_measurement_alone() {
    let slow = run("steady load", |run| {
        run.routes[0].p95_ms = Some(167.0);
        run.testimonies[0].value = Some(0.151);
    });
    let mut silent = run("steady load 2", |_| {});
    let (measurements, heard) = judged(vec![slow.clone(), silent.clone()]);
    assert_eq!(heard.status, Status::Pass, "{}", heard.reason);
    let told = measurements.cluster.monitoring.testimonies.measured().map_or(&[][..], Vec::as_slice);
    let about = told.iter().filter(|testimony| testimony.criterion == "LATENCY");
    assert!(about.clone().count() == 2 && about.clone().all(|testimony| testimony.agrees() == Some(true)));
    silent.testimonies.clear();
    let (_, unheard) = judged(vec![slow, silent]);
    assert_eq!(unheard.status, Status::Pass, "{}", unheard.reason);
    // And it can contradict the judged one.
    let (_, doubted) = judged(vec![run("steady load", |run| run.testimonies[0].value = Some(0.101))]);
    assert_eq!(doubted.status, Status::Fail);
}

#[test]
fn one_measurement_is_told_as_before() {
    let (_, judged) = judged(vec![run("steady load", |_| {})]);
    assert_eq!(judged.status, Status::Pass);
    assert!(!judged.reason.contains("best of") && !judged.evidence.iter().any(|fact| fact.contains("easurement")));
}
