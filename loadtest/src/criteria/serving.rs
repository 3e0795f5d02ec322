//! Whether it goes on serving: under the heaviest step and a flood (HEALTH), at its end (DRAIN), all the time (ERRORS).

use super::findings::{Findings, Question};
use crate::limits::Limits;
use crate::measurements::{Drain, Errors, Flood, Measurements, Probed};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number, number_or_dash, whole};

/// What must answer during the flood.
const PROBES: [&str; 3] = ["/health", "/ready", "/metrics"];

/// HEALTH: `/health` answers in time under load, and overload is refused politely while the probes answer.
pub(super) fn health(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let heaviest = findings.open(&measurements.health);
    // A flood would leave a cluster's other users without their share: that half is judged on one machine.
    let flood = if measurements.run.on_cluster() { None } else { findings.open(&measurements.flood) };
    if let Some(health) = heaviest {
        judge_probe(&mut findings, health, "during the heaviest step", limits);
        judge_slowest(&mut findings, health, "during the heaviest step", limits);
    }
    if let Some(flood) = flood {
        judge_flood(&mut findings, flood, limits);
    }
    let flooded = flood.and_then(|flood| flood.probes.iter().find(|probe| probe.path == "/health"));
    let slowest = [heaviest, flooded].into_iter().flatten().filter_map(|probe| probe.slowest_ms).reduce(f64::max);
    let question = Question {
        id: "HEALTH",
        title: "/health under load; floods refused politely",
        limit: Figure::Number(limits.health_ms.value),
        unit: "ms",
    };
    let passed = || {
        let answers = format!("The slowest of all answers of /health took {} ms", number_or_dash(slowest));
        match flood {
            Some(flood) => {
                format!(
                    "{answers}, and the flood got {} with Retry-After.",
                    counted(flood.refused, "refusal", "refusals")
                )
            }
            None => format!("{answers}; the flood is judged by --target local."),
        }
    };
    findings.conclude(question, slowest.map(Figure::Number), passed, measurements.run.partial)
}

fn judge_probe(findings: &mut Findings, probe: &Probed, when: &str, limits: &Limits) {
    let path = &probe.path;
    findings.at_least(probe.sent, limits.probe_samples, &format!("questions to {path} {when}"));
    findings.none(probe.sent.saturating_sub(probe.answered), |count| {
        format!("{path} did not answer {} of {} times {when}", whole(count), whole(probe.sent))
    });
    findings.fact(format!(
        "{path} {when}: {} of {} answered, p99 {} ms, slowest {} ms",
        whole(probe.answered),
        whole(probe.sent),
        number_or_dash(probe.p99_ms),
        number_or_dash(probe.slowest_ms),
    ));
}

fn judge_slowest(findings: &mut Findings, health: &Probed, when: &str, limits: &Limits) {
    match health.slowest_ms {
        Some(slowest) => {
            findings.at_most(&format!("the slowest answer of /health {when}"), slowest, limits.health_ms, "ms");
        }
        None => findings.gap(format!("/health was not timed {when}")),
    }
}

fn judge_flood(findings: &mut Findings, flood: &Flood, limits: &Limits) {
    findings.fact(format!(
        "Flood: {} at once against a limit of {}; {} sent, {} served, {} refused with 503 or 429, {} with another outcome",
        counted(flood.offered, "request", "requests"),
        whole(flood.limit),
        whole(flood.sent),
        whole(flood.served),
        whole(flood.refused),
        whole(flood.other),
    ));
    if flood.limit == 0 || flood.offered <= flood.limit {
        findings.gap("the flood was not larger than the concurrency limit");
    } else if flood.refused == 0 {
        findings.fault("the flood was larger than the concurrency limit and nothing was refused");
    }
    if flood.served == 0 {
        findings.fault("during the flood no request at all was served");
    }
    findings.none(flood.without_retry_after, |count| {
        format!("{} not carry Retry-After", counted(count, "refusal did", "refusals did"))
    });
    findings.none(flood.other, |count| {
        format!("{} of the flood ended neither served nor politely refused", counted(count, "request", "requests"))
    });
    for path in PROBES {
        match flood.probes.iter().find(|probe| probe.path == path) {
            Some(probe) => {
                judge_probe(findings, probe, "during the flood", limits);
                if path == "/health" {
                    judge_slowest(findings, probe, "during the flood", limits);
                }
            }
            None => findings.gap(format!("{path} was not asked during the flood")),
        }
    }
}

/// DRAIN: after SIGTERM every accepted request is answered, then the process ends by itself.
pub(super) fn drain(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let drain = findings.open(&measurements.drain);
    if let Some(drain) = drain {
        judge_drain(&mut findings, drain, limits);
    }
    let unanswered = drain.map(|drain| drain.accepted.saturating_sub(drain.answered));
    let question = Question {
        id: "DRAIN",
        title: "SIGTERM: accepted requests left unanswered",
        limit: Figure::Number(limits.unanswered_in_drain.value),
        unit: "requests",
    };
    let passed = || {
        drain.map_or_else(String::new, |drain| {
            format!(
                "All {} were answered and the process ended by itself after {} s.",
                counted(drain.accepted, "accepted request", "accepted requests"),
                number_or_dash(drain.ended_after_seconds),
            )
        })
    };
    let measured = unanswered.map(|unanswered| Figure::Number(unanswered as f64));
    findings.conclude(question, measured, passed, measurements.run.partial)
}

fn judge_drain(findings: &mut Findings, drain: &Drain, limits: &Limits) {
    findings.at_least(drain.in_flight, limits.in_flight_at_drain, "requests under way at the signal");
    findings.none(drain.accepted.saturating_sub(drain.answered), |count| {
        format!("{} got no answer", counted(count, "accepted request", "accepted requests"))
    });
    if drain.answered > drain.accepted || drain.accepted < drain.in_flight {
        findings.gap("the counts of the drain contradict each other");
    }
    match drain.exit_code {
        Some(0) => {}
        Some(code) => findings.fault(format!("the process ended with exit code {code}")),
        None => findings.fault("the process did not end by itself"),
    }
    match drain.ended_after_seconds {
        Some(seconds) if seconds <= drain.grace_seconds => {}
        Some(seconds) => findings.fault(format!(
            "the process ended {} s after the signal, later than its grace period of {} s",
            number(seconds),
            number(drain.grace_seconds),
        )),
        None => findings.fault("nobody saw the process end"),
    }
    findings.fact(format!(
        "{} under way at the signal; {} accepted in all, {} answered; {} refused after the listener had closed",
        counted(drain.in_flight, "request", "requests"),
        whole(drain.accepted),
        whole(drain.answered),
        counted(drain.refused_connections, "connection", "connections"),
    ));
    findings.fact(format!(
        "ended after {} s of {} s, exit code {}",
        number_or_dash(drain.ended_after_seconds),
        number(drain.grace_seconds),
        drain.exit_code.map_or_else(|| "none".to_owned(), |code| code.to_string()),
    ));
    findings.examples(&drain.examples);
}

/// ERRORS: outside the announced windows no request fails, and none is refused. While a release is overloaded on purpose, on the
/// way to more replicas, a refusal is the designed answer and is only shown.
pub(super) fn errors(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let errors = findings.open(&measurements.errors);
    if let Some(errors) = errors {
        judge_errors(&mut findings, errors, limits);
        if measurements.run.on_cluster() {
            findings.refused_in_overload(errors.refused_in_overload);
        }
        findings.witnessed(measurements, "ERRORS");
    }
    let failed = errors.map(|errors| errors.failed_outside_windows + errors.refused_outside_windows);
    let question = Question {
        id: "ERRORS",
        title: "Requests failed outside announced windows",
        limit: Figure::Number(limits.failed_requests.value),
        unit: "requests",
    };
    let passed = || {
        let requests = errors.map_or(0, |errors| errors.requests_outside_windows);
        format!("None of {} outside the announced windows failed.", counted(requests, "request", "requests"))
    };
    findings.conclude(question, failed.map(|failed| Figure::Number(failed as f64)), passed, measurements.run.partial)
}

fn judge_errors(findings: &mut Findings, errors: &Errors, limits: &Limits) {
    let requests = errors.requests_outside_windows;
    findings.at_least(requests, limits.requests, "requests outside the announced windows");
    findings.none(errors.failed_outside_windows, |count| {
        format!("{} of {} requests outside the announced windows failed", whole(count), whole(requests))
    });
    findings.none(errors.refused_outside_windows, |count| {
        format!(
            "{} of {} requests outside the announced windows were refused with 429 or 503",
            whole(count),
            whole(requests)
        )
    });
    findings.fact(format!(
        "{} outside the announced windows: {} failed, {} refused; inside the windows {} failed, as announced",
        counted(requests, "request", "requests"),
        whole(errors.failed_outside_windows),
        whole(errors.refused_outside_windows),
        whole(errors.failed_inside_windows),
    ));
    findings.examples(&errors.examples);
}
