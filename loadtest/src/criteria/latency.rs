//! LATENCY: how long the routes take under the steady load.

use super::findings::{Findings, Question, Room, tightest};
use crate::limits::{Limit, Limits};
use crate::measurements::{Measurements, RouteLatency};
use crate::verdict::{Criterion, Figure};
use crate::words::{number, number_or_dash, whole};

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
