//! The notebook: windows, percentiles, phases, seconds without a note.

use super::*;

fn watch() -> Watch {
    Watch::new(Clock::start())
}

fn refused() -> Outcome {
    Outcome::Refused("503, Busy".to_owned())
}

#[test]
fn a_failure_inside_an_announced_window_is_not_counted_against_the_server() {
    let watch = watch();
    watch.open_window("kill 1");
    watch.record("GET /api/tasks", Instant::now(), &Outcome::Failed("connection reset".to_owned()));
    watch.close_windows();
    let errors = watch.errors();
    assert_eq!((errors.failed_inside_windows, errors.failed_outside_windows), (1, 0));
}

#[test]
fn a_request_that_began_before_the_window_and_failed_in_it_belongs_to_it() {
    let watch = watch();
    let began = Instant::now();
    watch.open_window("kill 1");
    watch.record("POST /api/tasks", began, &Outcome::Failed("cut".to_owned()));
    assert_eq!(watch.errors().failed_inside_windows, 1);
}

#[test]
fn a_request_that_was_stuck_long_before_the_window_does_not_belong_to_it() {
    let watch = watch();
    watch.open_window("kill 1");
    let opened = watch.timeline().windows[0].from;
    assert!(watch.announced(opened - 4.9, opened + 10.0));
    assert!(!watch.announced(opened - 5.1, opened + 10.0));
    assert!(watch.announced(opened + 1.0, opened + 20.0), "the window's own requests may take long");
}

#[test]
fn a_failure_after_the_window_counts_and_is_told_in_words() {
    let watch = watch();
    watch.open_window("kill 1");
    watch.close_windows();
    let closed = watch.clock.now();
    while watch.clock.now() <= closed {}
    watch.record("GET /api/tasks", Instant::now(), &Outcome::Failed("500".to_owned()));
    watch.record("GET /api/tasks", Instant::now(), &refused());
    let errors = watch.errors();
    assert_eq!((errors.failed_outside_windows, errors.refused_outside_windows), (1, 1));
    assert_eq!(errors.requests_outside_windows, 2);
    assert!(errors.examples[0].starts_with("GET /api/tasks: 500, once, at "), "{:?}", errors.examples);
    assert!(errors.examples[1].starts_with("GET /api/tasks: 503"), "{:?}", errors.examples);
}

#[test]
fn failures_of_one_kind_are_one_example_with_their_number_and_time_and_kinds_are_bounded() {
    let watch = watch();
    for kind in 0..EXAMPLES + 5 {
        for _ in 0..2 {
            watch.record("GET /api/tasks", Instant::now(), &Outcome::Failed(format!("fault {kind}")));
        }
    }
    let errors = watch.errors();
    assert_eq!((errors.failed_outside_windows, errors.examples.len()), (30, EXAMPLES));
    assert!(errors.examples[0].starts_with("GET /api/tasks: fault 0, 2 times from 0.0 to "), "{:?}", errors.examples);
}

#[test]
fn in_an_overload_a_refusal_is_counted_apart_and_a_failure_in_full() {
    let watch = watch();
    watch.open_overload();
    let note = |outcome| watch.record("GET /api/tasks", Instant::now(), &outcome);
    note(Outcome::Answered);
    note(refused());
    note(Outcome::Failed("status 500".to_owned()));
    let errors = watch.errors();
    assert_eq!((errors.refused_in_overload, errors.refused_outside_windows), (1, 0));
    assert_eq!((errors.requests_outside_windows, errors.failed_outside_windows), (2, 1), "the refusal is no evidence");
    assert_eq!(errors.failed_inside_windows, 0);
    assert_eq!(watch.served(), Served { requests: 2, failed: 1, refused_in_overload: 1 });
    assert!(!watch.announced(0.0, watch.clock.now()), "nothing is down on purpose");
}

#[test]
fn a_refusal_after_the_overload_counts_and_an_outage_forgives_more_than_an_overload() {
    let watch = watch();
    let note = |outcome| watch.record("GET /api/tasks", Instant::now(), &outcome);
    watch.open_overload();
    watch.open_window("kill 1");
    note(Outcome::Failed("connection reset".to_owned()));
    assert_eq!(watch.errors().failed_inside_windows, 1);
    watch.close_windows();
    let closed = watch.clock.now();
    while watch.clock.now() <= closed {}
    note(refused());
    assert_eq!((watch.errors().refused_outside_windows, watch.errors().refused_in_overload), (1, 0));
    let kinds: Vec<_> = watch.timeline().windows.iter().map(|window| window.kind).collect();
    assert_eq!(kinds, [WindowKind::Overload, WindowKind::Outage]);
}

#[test]
fn percentiles_of_a_second_are_values_that_were_measured() {
    let busy = Busy { latencies_ms: (1..=100).rev().map(f64::from).collect(), ..Busy::default() };
    let second = busy.finished(3.0);
    assert_eq!((second.p50_ms, second.p95_ms, second.p99_ms), (Some(50.0), Some(95.0), Some(99.0)));
    assert_eq!(Busy::default().finished(0.0).p50_ms, None);
}

#[test]
fn a_second_in_which_nothing_was_noted_is_a_second_all_the_same() {
    let watch = watch();
    watch.record_replicas(Replicas { at: 3.2, ..Replicas::default() });
    watch.record_replicas(Replicas { at: 6.9, ..Replicas::default() });
    let seconds = watch.timeline().seconds;
    let noted: Vec<_> = seconds.iter().map(|second| (second.at, second.users)).collect();
    assert_eq!(noted, [(3.0, Some(0)), (4.0, None), (5.0, None), (6.0, Some(0))]);
}

#[test]
fn a_phase_lasts_as_long_as_its_guard_and_requests_under_way_are_counted() {
    let watch = watch();
    {
        let _phase = watch.phase("flood");
        let _request = watch.under_way();
        assert_eq!(watch.in_flight.load(Relaxed), 1);
    }
    assert_eq!(watch.in_flight.load(Relaxed), 0);
    let phases = watch.timeline().phases;
    assert_eq!(phases[0].name, "flood");
    assert!(phases[0].to >= phases[0].from);
}
