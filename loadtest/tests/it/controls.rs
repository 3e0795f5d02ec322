//! Controls that must fail: the real backend with one fault. A verdict that passes any of them would be worth nothing.

use crate::support::{Finished, alone, faulty_backend, run_with};

/// Judges the faulty backend by these criteria.
fn judged(fault: &str, criteria: &str) -> Finished {
    let backend = faulty_backend();
    let arguments = ["--only", criteria, "--duration", "6s", "--users", "20", "--backend", backend.to_str().unwrap()];
    let finished = run_with(&arguments, &[("TODO_FAULT", fault)]);
    assert_ne!(finished.code, Some(2), "{}", finished.stderr);
    finished
}

/// Checks that exactly this criterion failed, and for this reason.
fn fails_only(finished: &Finished, id: &str, because: &str) {
    assert_eq!(finished.ids("fail"), [id], "{}", finished.verdict());
    fails(finished, id, because);
}

/// Checks that this criterion failed for this reason.
fn fails(finished: &Finished, id: &str, because: &str) {
    assert_eq!(finished.code, Some(1));
    let criterion = finished.criterion(id);
    assert_eq!(criterion["status"], "fail", "{criterion:#}");
    let said = format!("{} {}", criterion["reason"], criterion["evidence"]);
    assert!(said.contains(because), "{because:?} is not the reason: {criterion:#}");
}

#[test]
fn without_durability_acknowledged_writes_are_lost() {
    let _alone = alone();
    let finished = judged("durability", "SC-003,SC-006");
    fails_only(&finished, "SC-003", "lost");
    assert!(finished.verdict()["ledger"]["lost"].as_u64().unwrap() > 0);
}

#[test]
fn writes_dropped_or_done_twice_are_found_and_a_denied_task_is_a_failed_request() {
    let _alone = alone();
    let finished = judged("dropped-write,twice", "SC-003,ERRORS");
    fails(&finished, "SC-003", "lost");
    fails(&finished, "ERRORS", "status 404");
    for kind in ["lost", "duplicated"] {
        assert!(finished.verdict()["ledger"][kind].as_u64().unwrap() > 0, "{kind}");
    }
}

#[test]
fn without_a_drain_accepted_requests_stay_unanswered_and_streams_are_cut() {
    let _alone = alone();
    let finished = judged("drain", "DRAIN,STREAMS,SC-006");
    fails(&finished, "DRAIN", "answer");
    fails(&finished, "STREAMS", "did not end in done");
    assert_eq!(finished.ids("pass"), ["SC-006"], "{:#}", finished.verdict());
}

#[test]
fn a_raw_path_as_label_makes_the_series_grow() {
    let _alone = alone();
    let finished = judged("raw-path", "METRICS,SC-006");
    fails_only(&finished, "METRICS", "random paths");
}

#[test]
fn six_more_faults_fail_their_criteria_in_one_run() {
    let _alone = alone();
    let faults = "cut-streams,errors,leak,no-retry-after,stale-metrics,stuck-setting";
    let finished = judged(faults, "SC-006,SC-007,HEALTH,ERRORS,CHAT,LOGS,START");
    for (id, because) in [
        ("SC-006", "built in"),
        ("SC-007", "never became visible"),
        ("HEALTH", "Retry-After"),
        ("ERRORS", "500"),
        ("CHAT", "without done"),
        ("LOGS", "token"),
    ] {
        fails(&finished, id, because);
    }
    assert_eq!(finished.ids("pass"), ["START"], "{:#}", finished.verdict());
}

#[test]
fn without_a_fault_the_same_program_passes() {
    let _alone = alone();
    let finished = judged("", "DRAIN,STREAMS,CHAT,METRICS,SC-003,SC-006");
    assert_eq!(finished.ids("fail"), Vec::<String>::new(), "{:#}", finished.verdict());
    assert_eq!(finished.code, Some(0));
}
