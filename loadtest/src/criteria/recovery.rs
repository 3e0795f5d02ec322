//! What must come back: the service when its database does (READY), the data from a backup (BACKUP).

use super::findings::{Findings, Question};
use crate::limits::Limits;
use crate::measurements::{Backup, Measurements, Outage};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number, number_or_dash, whole};

/// READY: without a database no traffic, no restart and a clear answer; with it, everything as before.
pub(super) fn ready(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let outage = findings.open(&measurements.cluster.outage);
    if let Some(outage) = outage {
        judge_outage(&mut findings, outage, limits);
        judge_answers(&mut findings, outage, limits);
    }
    let recovered = outage.and_then(|outage| outage.recovered_seconds);
    let question = Question {
        id: "READY",
        title: "Database back to the first acknowledged write",
        limit: Figure::Number(limits.cluster.recovered_seconds.value),
        unit: "s",
    };
    let passed = || {
        format!(
            "Without its database for {} s the backend lost its traffic and restarted nothing; with it, it wrote again after {} s.",
            number_or_dash(outage.map(|outage| outage.outage_seconds)),
            number_or_dash(recovered),
        )
    };
    findings.conclude(question, recovered.map(Figure::Number), passed, measurements.run.partial)
}

fn judge_outage(findings: &mut Findings, outage: &Outage, limits: &Limits) {
    let bounds = &limits.cluster;
    match outage.unready_seconds {
        Some(seconds) => findings.at_most("the time until /ready said 503", seconds, bounds.unready_seconds, "s"),
        None => findings.fault("/ready never said 503 without a database"),
    }
    match outage.endpoints_removed_seconds {
        Some(seconds) => {
            findings.at_most("the time until the Service had no endpoint", seconds, bounds.unready_seconds, "s");
        }
        None => findings.fault("the Service kept ready endpoints without a database"),
    }
    findings.none(outage.restarts, |count| {
        format!("the outage cost {}", counted(count, "container restart", "container restarts"))
    });
    match outage.recovered_seconds {
        Some(seconds) => findings.at_most("the recovery", seconds, bounds.recovered_seconds, "s"),
        None => findings.fault("no write was acknowledged after the database was back"),
    }
    findings.at_least(outage.outage_seconds as u64, bounds.outage_seconds, "seconds without a database");
    findings.fact(format!(
        "without a database for {} s: /ready 503 after {} s, no endpoint after {} s, {}",
        number(outage.outage_seconds),
        number_or_dash(outage.unready_seconds),
        number_or_dash(outage.endpoints_removed_seconds),
        counted(outage.restarts, "restart", "restarts"),
    ));
}

/// What the pods said meanwhile.
fn judge_answers(findings: &mut Findings, outage: &Outage, limits: &Limits) {
    findings.at_least(outage.health_asked, limits.probe_samples, "questions to /health without a database");
    findings.none(outage.health_asked.saturating_sub(outage.health_answered), |count| {
        format!("/health did not answer {} of {} times without a database", whole(count), whole(outage.health_asked))
    });
    findings.at_least(outage.asked, limits.probe_samples, "API requests without a database");
    findings.none(outage.asked.saturating_sub(outage.explained), |count| {
        format!(
            "{} of {} API requests without a database were not answered by 503 and problem+json",
            whole(count),
            whole(outage.asked)
        )
    });
    findings.fact(format!(
        "meanwhile /health answered {} of {} times, and {} of {} API requests got 503 as problem+json",
        whole(outage.health_answered),
        whole(outage.health_asked),
        whole(outage.explained),
        whole(outage.asked),
    ));
    findings.examples(&outage.examples);
}

/// BACKUP: what was backed up, wiped and restored is what was written; what is damaged is refused.
pub(super) fn backup(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let backup = findings.open(&measurements.cluster.backup);
    if let Some(backup) = backup {
        judge_backup(&mut findings, backup, limits);
    }
    let wrong = backup.map(|backup| backup.wrong_writes.max(backup.tasks_before.abs_diff(backup.tasks_after_restore)));
    let question = Question {
        id: "BACKUP",
        title: "Backup, wipe, restore: tasks that differ",
        limit: Figure::Number(limits.wrong_writes.value),
        unit: "tasks",
    };
    let passed = || {
        backup.map_or_else(String::new, |backup| {
            format!(
                "All {} were back {} s after the restore began, and a damaged file was refused.",
                counted(backup.tasks_after_restore, "task", "tasks"),
                number_or_dash(backup.restore_seconds),
            )
        })
    };
    findings.conclude(question, wrong.map(|wrong| Figure::Number(wrong as f64)), passed, measurements.run.partial)
}

fn judge_backup(findings: &mut Findings, backup: &Backup, limits: &Limits) {
    for (what, seconds) in [("backup", backup.backup_seconds), ("restore", backup.restore_seconds)] {
        if !seconds.is_some_and(f64::is_finite) {
            findings.fault(format!("the {what} did not succeed"));
        }
    }
    findings.at_least(backup.tasks_before, limits.cluster.backup_tasks, "tasks in the backup");
    if backup.tasks_after_wipe > 0 {
        findings.gap(format!(
            "the wipe left {}, so the restore proves nothing",
            counted(backup.tasks_after_wipe, "task", "tasks")
        ));
    }
    if backup.tasks_after_restore != backup.tasks_before {
        findings.fault(format!(
            "{} before the backup, {} after the restore",
            counted(backup.tasks_before, "task", "tasks"),
            whole(backup.tasks_after_restore)
        ));
    }
    findings.none(backup.wrong_writes, |count| {
        format!("the restored database contradicts {}", counted(count, "acknowledged write", "acknowledged writes"))
    });
    match &backup.damaged_refusal {
        Some(message) => findings.fact(format!("the damaged file: \"{message}\"")),
        None => findings.fault("a damaged file was not refused"),
    }
    if !backup.untouched_by_refusal {
        findings.fault("the refused restore changed the data");
    }
    findings.fact(format!(
        "backup in {} s, restore in {} s; {} before, {} after the wipe, {} after the restore",
        number_or_dash(backup.backup_seconds),
        number_or_dash(backup.restore_seconds),
        counted(backup.tasks_before, "task", "tasks"),
        whole(backup.tasks_after_wipe),
        whole(backup.tasks_after_restore),
    ));
}
