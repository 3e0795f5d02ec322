//! LATENCY: how long the routes take under the steady load, and which measurement of it says the most about the release: on a
//! machine that others use as well, the quickest. A slow release is slow in all of them. Absent on purpose: measuring again (`run`).

use super::findings::{Findings, Question, Room, tightest};
use crate::limits::{Limit, Limits, RouteLimit};
use crate::measurements::{LatencyRun, Measurements, RouteLatency};
use crate::verdict::{Criterion, Figure};
use crate::words::{number, number_or_dash, whole, with_unit};

/// Whether measuring again may say something else: a limit is broken, and that is all. Arrivals without an answer are no slowness, and
/// missing evidence is no measurement.
pub fn breaks_a_limit(run: &LatencyRun, limits: &Limits) -> bool {
    used(run, limits).is_some_and(|used| used > 1.0)
}

/// The place of the measurement whose tightest limit has the most room, the first of them where several are as good.
pub fn best(runs: &[LatencyRun], limits: &Limits) -> usize {
    let used: Vec<f64> = runs.iter().map(|run| used(run, limits).unwrap_or(f64::INFINITY)).collect();
    (0..used.len()).min_by(|left, right| used[*left].total_cmp(&used[*right])).unwrap_or(0)
}

/// The share of its tightest limit that a measurement uses, of the probe's and of Prometheus's; none where it is not whole.
fn used(run: &LatencyRun, limits: &Limits) -> Option<f64> {
    let mut findings = Findings::default();
    let rooms = judge_routes(&mut findings, &run.routes, limits);
    if findings.lacks_evidence() || run.routes.iter().any(|row| unanswered(row).is_some()) {
        return None;
    }
    let told = run.testimonies.iter().filter_map(|testimony| Some(testimony.value? / testimony.limit));
    rooms.iter().map(Room::used).chain(told).reduce(f64::max)
}

/// LATENCY: p95 and p99 of every route, timed from the intended start of a constant arrival rate.
pub(super) fn latency(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let routes = findings.open(&measurements.latency);
    let mut rooms = Vec::new();
    let runs = &measurements.latency_runs;
    if let Some(routes) = routes {
        if runs.len() > 1 {
            tell_of_all(&mut findings, runs);
        }
        rooms = judge_routes(&mut findings, routes, limits);
        for row in routes {
            findings.fact(told(row, limits));
        }
        findings.witnessed(measurements, "LATENCY");
        for (index, run) in runs.iter().enumerate().filter(|(_, run)| !run.judged) {
            tell_of_another(&mut findings, index + 1, run, limits);
        }
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
            let of_several = match runs.len() {
                0 | 1 => String::new(),
                count => format!(", in the best of {count} measurements"),
            };
            format!("Closest to its limit is {}, with {measured} of {limit} ms{of_several}.", room.what)
        })
    };
    let measured = tightest.as_ref().map(|room| Figure::Number(room.measured));
    findings.conclude(question, measured, passed, measurements.run.partial)
}

/// Why there are several, and which of them is judged.
fn tell_of_all(findings: &mut Findings, runs: &[LatencyRun]) {
    let judged = runs.iter().position(|run| run.judged).map_or_else(|| "none".to_owned(), |at| (at + 1).to_string());
    findings.fact(format!(
        "measured {} times under the same steady load, because a limit was broken and a shared machine is slow now and then; \
         judged, as a whole, is measurement {judged}, whose tightest limit has the most room",
        runs.len(),
    ));
}

/// What a measurement showed that is not judged.
fn tell_of_another(findings: &mut Findings, number: usize, run: &LatencyRun, limits: &Limits) {
    let seen = run.testimonies.iter().filter_map(|testimony| {
        let value = with_unit(testimony.value?, &testimony.unit);
        Some(format!("Prometheus saw {value} ({})", testimony.title))
    });
    for what in run.routes.iter().map(|row| told(row, limits)).chain(seen) {
        findings.fact(format!("measurement {number}, not judged: {what}"));
    }
}

/// Every route, and that the required ones are among them.
fn judge_routes(findings: &mut Findings, routes: &[RouteLatency], limits: &Limits) -> Vec<Room> {
    for required in limits.routes.iter().filter(|limit| limit.required) {
        if !routes.iter().any(|row| row.route == required.route) {
            findings.gap(format!("{} was not probed", required.route));
        }
    }
    if routes.is_empty() {
        findings.gap("the probe asked no route");
    }
    let mut rooms = Vec::new();
    for row in routes {
        judge_route(findings, &mut rooms, row, limits);
    }
    rooms
}

/// Arrivals without an answer, where they are too many: who got none waited longer than everybody else, so beyond 1 % the 99th percentile
/// is unknown, not small.
fn unanswered(row: &RouteLatency) -> Option<u64> {
    let unanswered = row.due.saturating_sub(row.answered);
    (unanswered as f64 > 0.01 * row.due as f64).then_some(unanswered)
}

fn judge_route(findings: &mut Findings, rooms: &mut Vec<Room>, row: &RouteLatency, limits: &Limits) {
    let route = &row.route;
    findings.at_least(row.answered, limits.arrivals_per_route, &format!("answered arrivals at {route}"));
    if let Some(unanswered) = unanswered(row) {
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
}

/// One route in words.
fn told(row: &RouteLatency, limits: &Limits) -> String {
    let (route, answered, due, rate) = (&row.route, whole(row.answered), whole(row.due), number(row.rate));
    format!("{route}: {answered} of {due} arrivals answered at {rate}/s; {}", quantiles(row, limits.route(route)))
}

/// The quantiles of a route, those with a limit beside it; the evidence and the chart say the same.
pub fn quantiles(row: &RouteLatency, limit: &RouteLimit) -> String {
    format!(
        "p50 {}, p95 {} of {}, p99 {} of {}, max {} ms",
        number_or_dash(row.p50_ms),
        number_or_dash(row.p95_ms),
        number(limit.p95_ms),
        number_or_dash(row.p99_ms),
        number(limit.p99_ms),
        number_or_dash(row.max_ms),
    )
}
