//! What the chart promises: usable and Ready in time (SC-001, SC-002), small images (SC-008), changes that nobody
//! notices (SC-004), and mistakes that hurt nobody (ISOLATION, PENDING).

use super::findings::{Findings, Question};
use crate::limits::Limits;
use crate::measurements::{Broken, Measurements, Pending};
use crate::verdict::{Criterion, Figure, Status};
use crate::words::{counted, number, number_or_dash, whole};

/// SC-001: from `helm install` to a task made through the frontend's Service.
pub(super) fn install(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let usable = findings.open(&measurements.cluster.install).and_then(|install| {
        match install.usable_seconds {
            Some(seconds) => {
                findings.at_most("the time until it could be used", seconds, limits.cluster.usable_seconds, "s");
            }
            None => findings.fault("nobody could sign up and create a task through the frontend's Service"),
        }
        install.usable_seconds
    });
    let question = Question {
        id: "SC-001",
        title: "From helm install to a usable application",
        limit: Figure::Number(limits.cluster.usable_seconds.value),
        unit: "s",
    };
    let passed = || {
        let seconds = number_or_dash(usable);
        format!("Somebody signed up and created a task through the frontend's Service after {seconds} s.")
    };
    findings.conclude(question, usable.map(Figure::Number), passed, measurements.run.partial)
}

/// SC-002: every pod is Ready, and none died on the way.
pub(super) fn pods_ready(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let install = findings.open(&measurements.cluster.install);
    if let Some(install) = install {
        match install.ready_seconds {
            Some(seconds) => {
                findings.at_most("the time until every pod was Ready", seconds, limits.cluster.ready_seconds, "s");
            }
            None => findings.fault("not every pod became Ready"),
        }
        if install.pods == 0 {
            findings.gap("no pod was seen");
        }
        findings.at_most("the number of restarts", install.restarts as f64, limits.cluster.restarts, "restarts");
        findings.fact(format!(
            "{}, {} on the way",
            counted(install.pods, "pod", "pods"),
            counted(install.restarts, "restart", "restarts")
        ));
    }
    let question = Question {
        id: "SC-002",
        title: "Every pod is Running and Ready",
        limit: Figure::Number(limits.cluster.ready_seconds.value),
        unit: "s",
    };
    let passed = || {
        let pods = install.map_or(0, |install| install.pods);
        format!("All {} were Ready, without a restart.", counted(pods, "pod", "pods"))
    };
    let measured = install.and_then(|install| install.ready_seconds);
    findings.conclude(question, measured.map(Figure::Number), passed, measurements.run.partial)
}

/// SC-004: upgrade and rollback are quick, and no request fails meanwhile.
pub(super) fn upgrade(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let rollouts = findings.open(&measurements.cluster.rollouts);
    let rows = rollouts.map_or(&[][..], Vec::as_slice);
    if rollouts.is_some() {
        for kind in ["upgrade", "rollback"] {
            if !rows.iter().any(|rollout| rollout.kind == kind) {
                findings.gap(format!("there was no {kind}"));
            }
        }
    }
    for rollout in rows {
        let kind = &rollout.kind;
        match rollout.seconds {
            Some(seconds) => findings.at_most(&format!("the {kind}"), seconds, limits.cluster.rollout_seconds, "s"),
            None => findings.fault(format!("the {kind} did not come to its end")),
        }
        findings.at_least(rollout.replaced_pods, limits.cluster.replaced_pods, &format!("pods replaced by the {kind}"));
        if rollout.replaced_pods < rollout.pods {
            let (replaced, pods) = (whole(rollout.replaced_pods), whole(rollout.pods));
            findings.gap(format!("the {kind} replaced only {replaced} of {pods} pods"));
        }
        findings.served(rollout.served, &format!("during the {kind}"), limits);
        findings.fact(format!(
            "{kind}: {} s, {} replaced",
            number_or_dash(rollout.seconds),
            counted(rollout.replaced_pods, "pod", "pods"),
        ));
    }
    let slowest = rows.iter().filter_map(|rollout| rollout.seconds).reduce(f64::max);
    let question = Question {
        id: "SC-004",
        title: "helm upgrade and helm rollback (slower one)",
        limit: Figure::Number(limits.cluster.rollout_seconds.value),
        unit: "s",
    };
    let passed = || {
        let requests = rows.iter().map(|rollout| rollout.served.requests).sum();
        format!(
            "Both were done within {} s, and none of {} failed meanwhile.",
            number_or_dash(slowest),
            counted(requests, "request", "requests"),
        )
    };
    findings.conclude(question, slowest.map(Figure::Number), passed, measurements.run.partial)
}

/// SC-005 is for people: it stands in every verdict, so that nobody takes a passed run for more than it is.
pub(super) fn natural_language() -> Criterion {
    Criterion {
        id: "SC-005".to_owned(),
        title: "Common operations by natural-language queries".to_owned(),
        limit: Figure::Text("documented and tried".to_owned()),
        measured: None,
        unit: String::new(),
        status: Status::NotMeasured,
        reason: "kubectl-ai needs a language model, and somebody who judges its answers.".to_owned(),
        evidence: Vec::new(),
        dashboard: None,
    }
}

/// SC-008: the images are small.
pub(super) fn image_sizes(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let images = findings.open(&measurements.cluster.images);
    let rows = images.map_or(&[][..], Vec::as_slice);
    let mut largest: Option<f64> = None;
    for component in ["backend", "frontend"].into_iter().filter(|_| images.is_some()) {
        // No image has no size: a zero is a reading that went wrong.
        let Some(image) = rows.iter().find(|image| image.component == component && image.megabytes > 0.0) else {
            findings.gap(format!("the size of the {component}'s image is not known"));
            continue;
        };
        findings.at_most(&format!("the {component}'s image"), image.megabytes, limits.cluster.image_megabytes, "MB");
        findings.fact(format!("{component}: {} MB, {}", number(image.megabytes), image.name));
        largest = Some(largest.map_or(image.megabytes, |other| other.max(image.megabytes)));
    }
    let question = Question {
        id: "SC-008",
        title: "Images of backend and frontend (larger one)",
        limit: Figure::Number(limits.cluster.image_megabytes.value),
        unit: "MB",
    };
    let passed = || format!("The larger of the two images has {} MB.", number_or_dash(largest));
    findings.conclude(question, largest.map(Figure::Number), passed, measurements.run.partial)
}

/// Settings and images that must be broken on purpose, by the word that their name contains.
const BROKEN: [&str; 3] = ["ConfigMap", "Secret", "image"];

/// ISOLATION: whoever rolls out a mistake is told so, and the users are not.
pub(super) fn isolation(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let broken = findings.open(&measurements.cluster.isolation);
    let rows = broken.map_or(&[][..], Vec::as_slice);
    for kind in BROKEN.into_iter().filter(|_| broken.is_some()) {
        if !rows.iter().any(|row| row.what.contains(kind)) {
            findings.gap(format!("no broken {kind} was tried"));
        }
    }
    for row in rows {
        judge_broken(&mut findings, row, limits);
    }
    let failed = broken.map(|_| rows.iter().map(|row| row.served.failed).sum::<u64>());
    let question = Question {
        id: "ISOLATION",
        title: "Broken settings: failed requests",
        limit: Figure::Number(0.0),
        unit: "requests",
    };
    let passed = || {
        format!(
            "{} rolled out: each named its cause, the old pods served on, and mending it was enough.",
            counted(rows.len() as u64, "mistake was", "mistakes were"),
        )
    };
    findings.conclude(question, failed.map(|failed| Figure::Number(failed as f64)), passed, measurements.run.partial)
}

fn judge_broken(findings: &mut Findings, row: &Broken, limits: &Limits) {
    let what = &row.what;
    match &row.message {
        Some(message) if message.to_lowercase().contains(&row.expected.to_lowercase()) => {
            findings.fact(format!("{what}: \"{message}\""));
        }
        Some(message) => {
            findings
                .fault(format!("the message about the broken {what} does not name {}: \"{message}\"", row.expected));
        }
        None => findings.fault(format!("nothing said what is wrong with the broken {what}")),
    }
    judge_beside(findings, what, (row.ready_pods, row.wanted_pods), row.recovered_seconds, limits);
    findings.served(row.served, &format!("beside the broken {what}"), limits);
}

/// The old pods beside a mistake, and the end of it.
fn judge_beside(findings: &mut Findings, what: &str, pods: (u64, u64), recovered: Option<f64>, limits: &Limits) {
    let (ready, wanted) = pods;
    if wanted == 0 {
        findings.gap(format!("beside the broken {what} no pod was wanted"));
    } else if ready < wanted {
        findings.fault(format!("beside the broken {what} only {} of {} pods were Ready", whole(ready), whole(wanted)));
    }
    match recovered {
        Some(seconds) => {
            findings.at_most(&format!("recovery from the broken {what}"), seconds, limits.cluster.mended_seconds, "s");
        }
        None => findings.fault(format!("mending the broken {what} did not help")),
    }
    findings.fact(format!(
        "{what}: {} of {} pods Ready throughout; well again {} s after it was mended",
        whole(ready),
        whole(wanted),
        number_or_dash(recovered),
    ));
}

/// PENDING: what fits nowhere waits, says why, and takes nothing from the others.
pub(super) fn pending(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let pending = findings.open(&measurements.cluster.pending);
    if let Some(pending) = pending {
        judge_pending(&mut findings, pending, limits);
    }
    let question = Question {
        id: "PENDING",
        title: "A request that fits nowhere waits and says why",
        limit: Figure::Text("Pending".to_owned()),
        unit: "",
    };
    let passed = || {
        let reason = pending.and_then(|pending| pending.reason.as_deref()).unwrap_or_default();
        format!("The pod stayed Pending ({}), and the others served on.", reason.trim_end_matches('.'))
    };
    let measured = pending.map(|pending| Figure::Text(pending.phase.clone()));
    findings.conclude(question, measured, passed, measurements.run.partial)
}

fn judge_pending(findings: &mut Findings, pending: &Pending, limits: &Limits) {
    if pending.phase != "Pending" {
        findings.fault(format!("a pod that asks for {} is {}, not Pending", pending.asked, pending.phase));
    }
    match pending.reason.as_deref().filter(|reason| reason.to_lowercase().contains("insufficient")) {
        Some(reason) => findings.fact(format!("asked for {}: \"{reason}\"", pending.asked)),
        None => findings.fault(format!(
            "the scheduler did not say what is insufficient ({})",
            pending.reason.as_deref().unwrap_or("it said nothing")
        )),
    }
    let pods = (pending.ready_pods, pending.wanted_pods);
    judge_beside(findings, "request", pods, pending.recovered_seconds, limits);
    findings.served(pending.served, "beside the waiting pod", limits);
}
