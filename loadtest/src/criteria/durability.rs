//! What must survive a restart: acknowledged writes (SC-003) and the settings' effect (SC-006).

use super::findings::{Findings, Question, quantile};
use crate::limits::Limits;
use crate::measurements::{ConfigurationChange, Kill, Ledger, Measurements, PodKill};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number_or_dash, whole};

/// SC-003: kills under write load lose, double or change nothing that was acknowledged.
pub(super) fn acknowledged_writes(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let kills = if measurements.run.on_cluster() {
        let kills = findings.open(&measurements.cluster.pod_kills);
        kills.map(|kills| judge_pod_kills(&mut findings, kills, measurements.cluster.database_elsewhere, limits))
    } else {
        let kills = findings.open(&measurements.kills);
        kills.map(|kills| judge_kills(&mut findings, kills, limits))
    };
    let ledger = findings.open(&measurements.ledger);
    if let Some(ledger) = ledger {
        judge_ledger(&mut findings, ledger, limits);
    }
    let wrong = ledger.map(|ledger| ledger.lost + ledger.duplicated + ledger.altered);
    let question = Question {
        id: "SC-003",
        title: "No acknowledged write lost, doubled or altered",
        limit: Figure::Number(limits.wrong_writes.value),
        unit: "writes",
    };
    let passed = || {
        format!(
            "All {} survived {} unchanged.",
            counted(ledger.map_or(0, |ledger| ledger.acknowledged), "acknowledged write", "acknowledged writes"),
            counted(kills.unwrap_or(0) as u64, "kill", "kills"),
        )
    };
    findings.conclude(question, wrong.map(|wrong| Figure::Number(wrong as f64)), passed, measurements.run.partial)
}

/// Returns how many kills there were.
fn judge_kills(findings: &mut Findings, kills: &[Kill], limits: &Limits) -> usize {
    // A kill before which nothing was acknowledged could not have lost anything.
    let under_load = kills.iter().filter(|kill| kill.acknowledged_before > 0).count() as u64;
    findings.at_least(under_load, limits.kills, "kills with acknowledged writes before them");
    let dead = kills.iter().filter(|kill| !kill.ready_again_ms.is_some_and(f64::is_finite)).count() as u64;
    findings
        .none(dead, |count| format!("after {} the server did not become ready again", counted(count, "kill", "kills")));
    let restarts: Vec<f64> = kills.iter().filter_map(|kill| kill.ready_again_ms).collect();
    let in_flight: u64 = kills.iter().map(|kill| kill.in_flight).sum();
    findings.fact(format!(
        "{} by signal 9, {under_load} of them with acknowledged writes before; {} without an answer at the time of the signal",
        counted(kills.len() as u64, "kill", "kills"),
        counted(in_flight, "request was", "requests were"),
    ));
    findings.fact(format!(
        "ready again after {} ms in the median, {} ms at most",
        number_or_dash(quantile(&restarts, 0.5)),
        number_or_dash(quantile(&restarts, 1.0)),
    ));
    kills.len()
}

/// Returns how many kills there were.
fn judge_pod_kills(findings: &mut Findings, kills: &[PodKill], no_database: bool, limits: &Limits) -> usize {
    let under_load = kills.iter().filter(|kill| kill.acknowledged_before > 0).count() as u64;
    findings.at_least(under_load, limits.cluster.pod_kills, "pod kills with acknowledged writes before them");
    let forced = kills.iter().filter(|kill| kill.forced).count() as u64;
    findings.at_least(forced, limits.cluster.forced_kills, "kills without a grace period");
    for component in ["backend", "frontend", "database"] {
        let of_component: Vec<&PodKill> = kills.iter().filter(|kill| kill.component == component).collect();
        if of_component.is_empty() && no_database && component == "database" {
            findings.fact("the database is not part of the release and was not killed");
            continue;
        }
        if of_component.is_empty() {
            findings.gap(format!("no pod of the {component} was killed"));
            continue;
        }
        let forced = of_component.iter().filter(|kill| kill.forced).count();
        if forced == 0 {
            findings.gap(format!("no pod of the {component} was killed without a grace period"));
        }
        let recoveries: Vec<f64> = of_component.iter().filter_map(|kill| kill.ready_again_seconds).collect();
        findings.none((of_component.len() - recoveries.len()) as u64, |count| {
            format!("after {} the {component} was not Ready again", counted(count, "kill", "kills"))
        });
        for seconds in &recoveries {
            findings.at_most(&format!("a recovery of the {component}"), *seconds, limits.cluster.mended_seconds, "s");
        }
        findings.fact(format!(
            "{component}: {}, {forced} of them without a grace period; all pods Ready again after {} s in the median, {} s at most",
            counted(of_component.len() as u64, "kill", "kills"),
            number_or_dash(quantile(&recoveries, 0.5)),
            number_or_dash(quantile(&recoveries, 1.0)),
        ));
    }
    kills.len()
}

fn judge_ledger(findings: &mut Findings, ledger: &Ledger, limits: &Limits) {
    findings.none(ledger.lost, |count| {
        format!("{} lost", counted(count, "acknowledged write was", "acknowledged writes were"))
    });
    findings.none(ledger.duplicated, |count| {
        format!("{} more than once", counted(count, "acknowledged write exists", "acknowledged writes exist"))
    });
    findings.none(ledger.altered, |count| {
        format!("{} altered", counted(count, "acknowledged write was", "acknowledged writes were"))
    });
    findings.at_least(ledger.acknowledged, limits.acknowledged_writes, "acknowledged writes");
    findings.at_least(ledger.retried, limits.repeated_writes, "repeated writes");
    if ledger.audited < ledger.acknowledged {
        let missing = ledger.acknowledged - ledger.audited;
        findings.gap(format!(
            "the audit did not look up {}",
            counted(missing, "acknowledged write", "acknowledged writes")
        ));
    }
    findings.fact(format!(
        "{} writes acknowledged, {} of them looked up through the API: {} lost, {} duplicated, {} altered",
        whole(ledger.acknowledged),
        whole(ledger.audited),
        whole(ledger.lost),
        whole(ledger.duplicated),
        whole(ledger.altered),
    ));
    findings.fact(format!(
        "{} repeated with the same Idempotency-Key; {} never answered, for which either outcome is right",
        counted(ledger.retried, "write was", "writes were"),
        counted(ledger.unanswered, "write was", "writes were"),
    ));
    findings.examples(&ledger.examples);
}

/// SC-006: another value of a setting shows after a restart of the same executable or image.
pub(super) fn configuration(measurements: &Measurements) -> Criterion {
    let mut findings = Findings::default();
    let change = findings.open(&measurements.configuration);
    let what = if measurements.run.on_cluster() { "image" } else { "executable" };
    if let Some(change) = change {
        judge_change(&mut findings, change, what);
    }
    let question = Question {
        id: "SC-006",
        title: "A changed setting shows after a restart",
        limit: Figure::Text("visible".to_owned()),
        unit: "",
    };
    let measured = change.map(|change| {
        let visible = change.second_seen == change.second_set;
        Figure::Text(if visible { "visible" } else { "not visible" }.to_owned())
    });
    let passed = || {
        let setting = change.map_or("", |change| change.setting.as_str());
        format!("After the restart the server shows the new value of {setting}.")
    };
    findings.conclude(question, measured, passed, measurements.run.partial)
}

/// `what` is what must stay the same: the executable, or the image.
fn judge_change(findings: &mut Findings, change: &ConfigurationChange, what: &str) {
    let setting = &change.setting;
    for (time, set, seen) in
        [("before", &change.first_set, &change.first_seen), ("after", &change.second_set, &change.second_seen)]
    {
        if set != seen {
            findings
                .fault(format!("{time} the restart {setting} was set to \"{set}\" and the server showed \"{seen}\""));
        }
    }
    if change.first_set == change.second_set {
        findings.gap("both starts had the same value, so nothing could change");
    }
    if change.first_executable.is_empty() || change.second_executable.is_empty() {
        findings.gap(format!("nothing shows that both starts used the same {what}"));
    } else if change.first_executable != change.second_executable {
        findings.fault(format!("the {what} was another one after the restart"));
    }
    findings.fact(format!(
        "{setting}: set to \"{}\", seen \"{}\"; after the restart set to \"{}\", seen \"{}\"",
        change.first_set, change.first_seen, change.second_set, change.second_seen,
    ));
    findings.fact(format!("{what} {}, then {}", short(&change.first_executable), short(&change.second_executable)));
}

/// Enough of a digest to compare by eye.
fn short(digest: &str) -> String {
    let digest = digest.rsplit_once("sha256:").map_or(digest, |(_, digest)| digest);
    digest.chars().take(12).collect()
}
