//! How fast and how large: the markers' delay (SC-007), routes (LATENCY), process start (START), resident memory (MEMORY).

use super::findings::{Findings, Question, quantile};
use crate::limits::{Limit, Limits};
use crate::measurements::{Freshness, Measurements, Part, RouteLatency};
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

/// A measured value beside its limit, to find the one with the least room.
struct Room {
    what: String,
    measured: f64,
    limit: f64,
}

impl Room {
    fn used(&self) -> f64 {
        self.measured / self.limit
    }
}

/// The value with the least room to its limit; a value that is no number has none at all.
fn tightest(rooms: Vec<Room>) -> Option<Room> {
    rooms.into_iter().max_by(|left, right| left.used().total_cmp(&right.used()))
}

/// LATENCY: p95 and p99 of every route, timed from the intended start of a constant arrival rate.
pub(super) fn latency(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let routes = findings.open(&measurements.latency);
    let mut rooms = Vec::new();
    if let Some(routes) = routes {
        for required in limits.routes.iter().filter(|limit| limit.required) {
            if !routes.iter().any(|row| row.route == required.route) {
                findings.gap(format!("{} was not probed", required.route));
            }
        }
        if routes.is_empty() {
            findings.gap("the probe asked no route");
        }
        for row in routes {
            judge_route(&mut findings, &mut rooms, row, limits);
        }
        findings.witnessed(measurements, "LATENCY");
    }
    let tightest = tightest(rooms);
    let question = Question {
        id: "LATENCY",
        title: "p95 and p99 per route (closest to limit)",
        limit: tightest
            .as_ref()
            .map_or_else(|| Figure::Text("per route".to_owned()), |room| Figure::Number(room.limit)),
        unit: if tightest.is_some() { "ms" } else { "" },
    };
    let passed = || {
        tightest.as_ref().map_or_else(String::new, |room| {
            let (measured, limit) = (number(room.measured), number(room.limit));
            format!("Closest to its limit is {}, with {measured} of {limit} ms.", room.what)
        })
    };
    let measured = tightest.as_ref().map(|room| Figure::Number(room.measured));
    findings.conclude(question, measured, passed, measurements.run.partial)
}

fn judge_route(findings: &mut Findings, rooms: &mut Vec<Room>, row: &RouteLatency, limits: &Limits) {
    let route = &row.route;
    findings.at_least(row.answered, limits.arrivals_per_route, &format!("answered arrivals at {route}"));
    // Who got no answer waited longer than everybody else, so beyond 1 % the 99th percentile is unknown, not small.
    let unanswered = row.due.saturating_sub(row.answered);
    if unanswered as f64 > 0.01 * row.due as f64 {
        findings.fault(format!("{} of {} arrivals at {route} got no answer", whole(unanswered), whole(row.due)));
    }
    let limit = limits.route(route);
    for (name, measured, most) in [("p95", row.p95_ms, limit.p95_ms), ("p99", row.p99_ms, limit.p99_ms)] {
        let Some(measured) = measured.filter(|measured| !measured.is_nan()) else {
            findings.gap(format!("there is no {name} of {route}"));
            continue;
        };
        let what = format!("{name} of {route}");
        findings.at_most(&what, measured, Limit { value: most, source: limits.routes_source }, "ms");
        rooms.push(Room { what, measured, limit: most });
    }
    findings.fact(format!(
        "{route}: {} of {} arrivals answered at {}/s; p50 {}, p95 {} of {}, p99 {} of {}, max {} ms",
        whole(row.answered),
        whole(row.due),
        number(row.rate),
        number_or_dash(row.p50_ms),
        number_or_dash(row.p95_ms),
        number(limit.p95_ms),
        number_or_dash(row.p99_ms),
        number(limit.p99_ms),
        number_or_dash(row.max_ms),
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
