//! The judge: measurements and limits in, verdict out. Pure: absent on purpose are clocks, files, the network and any
//! knowledge of how something was measured.

mod chat;
mod cluster;
mod durability;
mod findings;
pub mod latency;
mod recovery;
pub mod scaling;
mod serving;
mod signals;
mod speed;

use crate::dashboard;
use crate::limits::Limits;
use crate::measurements::{Measurements, Testimony};
use crate::verdict::{Criterion, LedgerCounts, Status, Verdict, Witnessed};

/// File name of the timeline, beside `verdict.json`.
pub const TIMELINE: &str = "timeline.csv";

/// Every criterion, in the order of the verdict.
pub const IDS: &[&str] = &[
    "SC-001",
    "SC-002",
    "SC-003",
    "SC-004",
    "SC-005",
    "SC-006",
    "SC-007",
    "SC-008",
    "HEALTH",
    "DRAIN",
    "STREAMS",
    "ERRORS",
    "LATENCY",
    "CHAT",
    "METRICS",
    "LOGS",
    "START",
    "MEMORY",
    "HPA-UP",
    "HPA-DOWN",
    "READY",
    "ISOLATION",
    "PENDING",
    "BACKUP",
];

/// Judges a run. Passed means: something was measured, nothing that was measured failed, and nobody interrupted it.
pub fn judge(measurements: &Measurements, limits: &Limits) -> Verdict {
    let mut criteria = criteria(measurements, limits);
    for criterion in &mut criteria {
        criterion.dashboard = dashboard::of_criterion(measurements, &criterion.id);
    }
    let run = &measurements.run;
    let testimonies = measurements.cluster.monitoring.testimonies.measured();
    let has = |status| criteria.iter().any(|criterion| criterion.status == status);
    Verdict {
        target: run.target.clone(),
        release: run.release.clone(),
        started_at: run.started_at,
        finished_at: run.finished_at,
        passed: has(Status::Pass) && !has(Status::Fail) && !run.partial,
        partial: run.partial,
        criteria,
        ledger: measurements.ledger.measured().map(|ledger| LedgerCounts {
            acknowledged: ledger.acknowledged,
            lost: ledger.lost,
            duplicated: ledger.duplicated,
            altered: ledger.altered,
        }),
        load: measurements.load.measured().cloned(),
        timeline: TIMELINE.to_owned(),
        dashboard: dashboard::of_run(measurements),
        prometheus: testimonies.map_or_else(Vec::new, |all| all.iter().map(witnessed).collect()),
    }
}

fn witnessed(testimony: &Testimony) -> Witnessed {
    Witnessed {
        criterion: testimony.criterion.clone(),
        title: testimony.title.clone(),
        query: testimony.query.clone(),
        phase: testimony.phase.clone(),
        value: testimony.value.filter(|value| value.is_finite()),
        limit: testimony.limit,
        unit: testimony.unit.clone(),
        agrees: testimony.agrees(),
    }
}

fn criteria(measurements: &Measurements, limits: &Limits) -> Vec<Criterion> {
    vec![
        cluster::install(measurements, limits),
        cluster::pods_ready(measurements, limits),
        durability::acknowledged_writes(measurements, limits),
        cluster::upgrade(measurements, limits),
        cluster::natural_language(),
        durability::configuration(measurements),
        speed::freshness(measurements, limits),
        cluster::image_sizes(measurements, limits),
        serving::health(measurements, limits),
        serving::drain(measurements, limits),
        chat::streams(measurements, limits),
        serving::errors(measurements, limits),
        latency::latency(measurements, limits),
        chat::chat(measurements, limits),
        signals::metrics(measurements, limits),
        signals::logs(measurements, limits),
        speed::start(measurements, limits),
        speed::memory(measurements, limits),
        scaling::up(measurements, limits),
        scaling::down(measurements, limits),
        recovery::ready(measurements, limits),
        cluster::isolation(measurements, limits),
        cluster::pending(measurements, limits),
        recovery::backup(measurements, limits),
    ]
}

#[cfg(test)]
mod tests;
