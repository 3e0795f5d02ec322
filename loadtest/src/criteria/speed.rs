//! How fast and how large: the markers' delay (SC-007), process start (START), resident memory (MEMORY).

use super::findings::{Findings, Question, Room, quantile, tightest};
use crate::limits::{Limit, Limits};
use crate::measurements::{Freshness, Measurements, Part};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number, number_or_dash, whole};

/// SC-007: an event shows in the metrics soon, and in a cluster with a Loki its line is there soon as well.
pub(super) fn freshness(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let cluster = measurements.run.on_cluster();
    let (limit, needed) = if cluster {
        (limits.cluster.freshness_seconds, limits.cluster.markers)
    } else {
        (limits.freshness_seconds, limits.markers)
    };
    let way = if cluster { "through Prometheus, " } else { "" };
    let mut delays = Vec::new();
    if let Some(freshness) = findings.open(&measurements.freshness) {
        judge_markers(&mut findings, freshness, way, limit, needed);
        delays.extend(&freshness.delays_seconds);
    }
    let logs = &measurements.cluster.monitoring.log_freshness;
    match logs {
        Part::NotMeasured(why) if cluster => {
            findings.fact(format!("judged by Prometheus alone, not through Loki: {}", why.trim_end_matches('.')));
        }
        Part::NotMeasured(_) => {}
        Part::Measured(_) | Part::Broken(_) => {
            if let Some(freshness) = findings.open(logs) {
                judge_markers(&mut findings, freshness, "through Loki, ", limit, needed);
                delays.extend(&freshness.delays_seconds);
            }
        }
    }
    let (median, slowest) = (quantile(&delays, 0.5), quantile(&delays, 1.0));
    let question = Question {
        id: "SC-007",
        title: if cluster {
            "From an event to its metric and its line (slowest)"
        } else {
            "From an event to its metric (slowest)"
        },
        limit: Figure::Number(limit.value),
        unit: "s",
    };
    let passed = || {
        format!(
            "Every marker was visible after {} s at most, {} s in the median.",
            number_or_dash(slowest),
            number_or_dash(median)
        )
    };
    findings.conclude(question, slowest.map(Figure::Number), passed, measurements.run.partial)
}

/// One way to the reader; `way` is a phrase with a comma at its end, or nothing.
fn judge_markers(findings: &mut Findings, freshness: &Freshness, way: &str, limit: Limit, needed: Limit) {
    let delays = &freshness.delays_seconds;
    let usable = delays.iter().filter(|delay| delay.is_finite()).count() as u64;
    let through = way.trim_end_matches(", ");
    findings.at_least(usable, needed, format!("markers became visible {through}").trim_end());
    findings.none(freshness.never_seen, |count| {
        format!("{} never became visible {through}", counted(count, "marker", "markers")).trim_end().to_owned()
    });
    let slowest = quantile(delays, 1.0);
    if let Some(slowest) = slowest {
        findings.at_most(format!("the slowest marker {through}").trim_end(), slowest, limit, "s");
    }
    findings.fact(format!(
        "{way}{}: p50 {} s, max {} s; {} never seen",
        counted(delays.len() as u64, "marker", "markers"),
        number_or_dash(quantile(delays, 0.5)),
        number_or_dash(slowest),
        whole(freshness.never_seen),
    ));
}

/// START: from the start of the process to the first 200 of `/ready`.
pub(super) fn start(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let starts = findings.open(&measurements.start);
    let times = starts.map_or(&[][..], |starts| &starts.ready_ms);
    let median = quantile(times, 0.5);
    if let Some(starts) = starts {
        let usable = times.iter().filter(|time| time.is_finite()).count() as u64;
        findings.at_least(usable, limits.starts, "timed starts");
        findings.none(starts.failed, |count| format!("{} never became ready", counted(count, "start", "starts")));
        if let Some(median) = median {
            findings.at_most("the median start", median, limits.start_median_ms, "ms");
        }
        findings.fact(format!(
            "{}: fastest {} ms, median {} ms, slowest {} ms; budget of the release build 100 ms",
            counted(times.len() as u64, "start", "starts"),
            number_or_dash(quantile(times, 0.0)),
            number_or_dash(median),
            number_or_dash(quantile(times, 1.0)),
        ));
        if let Some(reference) = starts.reference_ms {
            findings.fact(format!("the same executable needs {} ms only to print its version", number(reference)));
        }
    }
    let question = Question {
        id: "START",
        title: "Process start to ready (median)",
        limit: Figure::Number(limits.start_median_ms.value),
        unit: "ms",
    };
    let passed = || format!("Half of the starts were ready within {} ms.", number_or_dash(median));
    findings.conclude(question, median.map(Figure::Number), passed, measurements.run.partial)
}

/// MEMORY: resident memory idle, at its peak and after the load.
pub(super) fn memory(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let mut rooms = Vec::new();
    if let Some(memory) = findings.open(&measurements.memory) {
        for (what, measured, limit) in [
            ("idle resident memory", memory.idle_mib, limits.idle_memory_mib),
            ("peak resident memory", memory.peak_mib, limits.memory_peak_mib),
            ("resident memory after the load", memory.after_load_mib, limits.memory_after_load_mib),
        ] {
            // No process has no memory: a zero is a reading that went wrong.
            let Some(measured) = measured.filter(|measured| *measured > 0.0) else {
                findings.gap(format!("there is no figure for {what}"));
                continue;
            };
            findings.at_most(what, measured, limit, "MiB");
            rooms.push(Room { what: what.to_owned(), measured, limit: limit.value });
        }
        findings.fact(format!(
            "idle {} of {} MiB, peak {} of {} MiB, after the load {} of {} MiB",
            number_or_dash(memory.idle_mib),
            number(limits.idle_memory_mib.value),
            number_or_dash(memory.peak_mib),
            number(limits.memory_peak_mib.value),
            number_or_dash(memory.after_load_mib),
            number(limits.memory_after_load_mib.value),
        ));
    }
    let tightest = tightest(rooms);
    let limit = tightest.as_ref().map_or(limits.memory_after_load_mib.value, |room| room.limit);
    let question = Question {
        id: "MEMORY",
        title: "Resident memory (closest to limit)",
        limit: Figure::Number(limit),
        unit: "MiB",
    };
    let passed = || {
        tightest.as_ref().map_or_else(String::new, |room| {
            format!(
                "Closest to its limit is {}, with {} of {} MiB.",
                room.what,
                number(room.measured),
                number(room.limit)
            )
        })
    };
    let measured = tightest.as_ref().map(|room| Figure::Number(room.measured));
    findings.conclude(question, measured, passed, measurements.run.partial)
}
