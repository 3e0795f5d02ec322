//! Whether the HPA follows the load: up in time and to a purpose (HPA-UP), down without a loss (HPA-DOWN).

use super::findings::{Findings, Question};
use crate::limits::Limits;
use crate::measurements::{Measurements, ScaleDown, ScaleUp};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number, number_or_dash, whole};

/// Above this share of its target the HPA acts: its tolerance is a tenth.
pub const TOLERANCE: f64 = 1.1;
/// What the HPA looks back on before it lets pods go, unless it was told otherwise.
const DEFAULT_STABILIZATION: f64 = 300.0;

/// The share φ of the metric's window that must pass before a step in the load lifts the mean above the tolerance.
/// Absent when the load did not lift it that far, or when nobody knows.
pub fn share_of_window(up: &ScaleUp) -> Option<f64> {
    let (before, peak) = (up.before_percent?, up.peak_percent?);
    let threshold = TOLERANCE * up.target_percent;
    (peak > threshold && before < threshold).then(|| (threshold - before) / (peak - before))
}

/// Seconds from the load step until the number of desired replicas rose.
pub fn reaction(up: &ScaleUp) -> Option<f64> {
    up.steps.iter().find(|step| step.to > step.from).map(|step| step.at - up.load_at)
}

/// Seconds from the load step until the first new pod was Ready.
pub fn first_new_pod(up: &ScaleUp) -> Option<f64> {
    up.pods.iter().filter_map(|pod| pod.ready_at).reduce(f64::min).map(|ready| ready - up.load_at)
}

/// HPA-UP: more load brings more replicas, as fast as the clock allows, and they are worth having.
pub(super) fn up(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let up = findings.open(&measurements.cluster.scale_up);
    let mut most = Figure::Text("floor + margin".to_owned());
    if let Some(up) = up {
        if let Some(allowed) = judge_reaction(&mut findings, up, limits) {
            most = Figure::Number(allowed);
        }
        judge_pods(&mut findings, up, limits);
        judge_use(&mut findings, up, limits);
        findings.served(up.served, "while it scaled up", limits);
        findings.refused_in_overload(up.served.refused_in_overload);
    }
    let reaction = up.and_then(reaction);
    let unit = if matches!(most, Figure::Number(_)) { "s" } else { "" };
    let question = Question { id: "HPA-UP", title: "Load step to more desired replicas", limit: most, unit };
    let passed = || {
        up.map_or_else(String::new, |up| {
            format!(
                "From {} to {} replicas in {}, the first new pod Ready after {} s, all of them after {} s, with {} failed requests.",
                up.minimum,
                up.maximum,
                counted(up.steps.len() as u64, "step", "steps"),
                number_or_dash(first_new_pod(up)),
                number_or_dash(up.ready_at.map(|at| at - up.load_at)),
                whole(up.served.failed),
            )
        })
    };
    findings.conclude(question, reaction.map(Figure::Number), passed, measurements.run.partial)
}

/// From the load step to the decision; returns the most seconds that it may take.
fn judge_reaction(findings: &mut Findings, up: &ScaleUp, limits: &Limits) -> Option<f64> {
    let threshold = number(TOLERANCE * up.target_percent);
    findings.fact(format!(
        "CPU {} % of the request before the load step and {} % at its peak; above {threshold} % (1.1 times the target) the HPA acts",
        number_or_dash(up.before_percent),
        number_or_dash(up.peak_percent),
    ));
    let Some(share) = share_of_window(up) else {
        findings.gap(format!(
            "CPU did not go from below to above {threshold} % of the request ({} %, then {} %)",
            number_or_dash(up.before_percent),
            number_or_dash(up.peak_percent),
        ));
        return None;
    };
    let floor = share * limits.cluster.metric_seconds.value;
    let most = floor + limits.cluster.reaction_seconds.value;
    match reaction(up) {
        Some(seconds) if seconds < 0.0 => findings.gap("the desired replicas rose before the load did"),
        Some(seconds) if seconds <= most => {}
        Some(seconds) => findings.fault(format!(
            "the desired replicas rose {} s after the load step, later than floor and margin of {} s",
            number(seconds),
            number(most),
        )),
        None => findings.fault("the CPU was above the target and the HPA asked for no further replica"),
    }
    findings.fact(format!(
        "floor φ·W = {} · {} s = {} s, with the margin {} s; t1 the metric after {} s, t2 the decision after {} s",
        number(share),
        number(limits.cluster.metric_seconds.value),
        number(floor),
        number(most),
        number_or_dash(up.metric_at.map(|at| at - up.load_at)),
        number_or_dash(reaction(up)),
    ));
    Some(most)
}

/// The pods that the HPA asked for.
fn judge_pods(findings: &mut Findings, up: &ScaleUp, limits: &Limits) {
    let rises = up.steps.iter().filter(|step| step.to > step.from).count() as u64;
    findings.at_least(rises, limits.cluster.scale_steps, "steps up");
    if up.maximum_at.is_none() {
        findings.fault(format!("the HPA never asked for its maximum of {} replicas", up.maximum));
    } else if up.ready_at.is_none() {
        findings.fault(format!("there were never {} Ready pods", up.maximum));
    }
    match first_new_pod(up) {
        Some(seconds) => findings.at_most(
            "the first new pod's way from the load step to Ready",
            seconds,
            limits.cluster.new_pod_seconds,
            "s",
        ),
        None => findings.gap("no new pod was seen becoming Ready"),
    }
    let ready = up.pods.iter().filter(|pod| pod.ready_at.is_some()).count() as u64;
    let idle = up.pods.iter().filter(|pod| pod.ready_at.is_some() && pod.served_at.is_none()).count() as u64;
    if idle > 0 && idle == ready {
        // None at all: more likely nobody could look than that the Service has forgotten every one of them.
        findings
            .gap("no new pod was seen serving a request (pods may be out of reach from here: run inside the cluster)");
    } else {
        findings.none(idle, |count| format!("{} no request", counted(count, "new pod served", "new pods served")));
    }
    let wanted = u64::from(up.maximum.saturating_sub(up.minimum));
    if up.maximum_at.is_some() && (up.pods.len() as u64) < wanted {
        findings.gap(format!("only {} of {} new pods were seen", up.pods.len(), wanted));
    }
    let steps: Vec<String> = up
        .steps
        .iter()
        .map(|step| format!("{} → {} after {} s", step.from, step.to, number(step.at - up.load_at)))
        .collect();
    findings.fact(format!("steps: {}", if steps.is_empty() { "none".to_owned() } else { steps.join(", ") }));
}

/// Whether the replicas were of any use, and stayed.
fn judge_use(findings: &mut Findings, up: &ScaleUp, limits: &Limits) {
    if up.latency_back_at.is_none() {
        findings.fault(format!(
            "p95 did not come back under {} ms for {} s while the load was held for {} s",
            number(up.latency_limit_ms),
            number(up.latency_lasting_seconds),
            number(up.held_seconds),
        ));
    }
    match (up.rate_at_minimum, up.rate_at_maximum) {
        (Some(few), Some(many)) if few > 0.0 => {
            let (gain, least) = (many / few, limits.cluster.throughput_gain.value);
            if gain.is_nan() || gain < least {
                findings.fault(format!(
                    "{} replicas answered only {} times as much as {}, less than {} times",
                    up.maximum,
                    number(gain),
                    up.minimum,
                    number(least),
                ));
            }
            findings.fact(format!(
                "{} answers/s with {} replicas, {} with {} in their best stretch: {} times as many",
                number(few),
                up.minimum,
                number(many),
                up.maximum,
                number(gain),
            ));
        }
        _ => findings.gap("the throughput at the minimum and at the maximum was not measured"),
    }
    findings.none(up.falls_while_held, |count| {
        format!("under steady load the desired replicas fell {}", counted(count, "time", "times"))
    });
    findings.at_least(up.held_seconds as u64, limits.cluster.hold_seconds, "seconds held at the maximum");
    findings.fact(format!(
        "held for {} s; t7 p95 under {} ms again after {} s, from where it stayed there for {} s",
        number(up.held_seconds),
        number(up.latency_limit_ms),
        number_or_dash(up.latency_back_at.map(|at| at - up.load_at)),
        number(up.latency_lasting_seconds),
    ));
}

/// The most seconds that the way down may take: the metric's, the HPA's look back, and each pod's.
pub fn fall_allowed(down: &ScaleDown, limits: &Limits) -> f64 {
    let pods = f64::from(down.from.saturating_sub(down.minimum));
    limits.cluster.reaction_seconds.value
        + down.stabilization_seconds.unwrap_or(DEFAULT_STABILIZATION)
        + pods * limits.cluster.fall_seconds_per_pod.value
        + limits.cluster.grace_seconds.value
}

/// HPA-DOWN: less load takes the replicas away again, and nobody notices.
pub(super) fn down(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let down = findings.open(&measurements.cluster.scale_down);
    let mut most = Figure::Text("look back + pods".to_owned());
    if let Some(down) = down {
        let allowed = fall_allowed(down, limits);
        most = Figure::Number(allowed);
        judge_fall(&mut findings, down, allowed);
        findings.served(down.served, "while it scaled down", limits);
    }
    let took = down.and_then(|down| Some(down.minimum_at? - down.load_at));
    let unit = if matches!(most, Figure::Number(_)) { "s" } else { "" };
    let question = Question { id: "HPA-DOWN", title: "Load gone to the minimum of replicas", limit: most, unit };
    let passed = || {
        down.map_or_else(String::new, |down| {
            format!(
                "From {} to {} replicas in {}, none of them up again, with {} failed requests.",
                down.from,
                down.minimum,
                counted(down.steps.len() as u64, "step", "steps"),
                whole(down.served.failed),
            )
        })
    };
    findings.conclude(question, took.map(Figure::Number), passed, measurements.run.partial)
}

fn judge_fall(findings: &mut Findings, down: &ScaleDown, allowed: f64) {
    if down.from <= down.minimum {
        findings.gap("it did not begin above the minimum");
    }
    match down.minimum_at.map(|at| at - down.load_at) {
        Some(seconds) if seconds <= allowed => {}
        Some(seconds) => findings.fault(format!(
            "the minimum was reached {} s after the load had gone, later than {} s",
            number(seconds),
            number(allowed)
        )),
        None => findings.fault(format!("the replicas did not come back to {}", down.minimum)),
    }
    findings.none(down.rises, |count| {
        format!("on the way down the desired replicas rose {}", counted(count, "time", "times"))
    });
    let steps: Vec<String> = down
        .steps
        .iter()
        .map(|step| format!("{} → {} after {} s", step.from, step.to, number(step.at - down.load_at)))
        .collect();
    findings.fact(format!(
        "steps: {}; the HPA looks back {} s",
        if steps.is_empty() { "none".to_owned() } else { steps.join(", ") },
        down.stabilization_seconds.map_or_else(|| "300 (its default)".to_owned(), number),
    ));
}
