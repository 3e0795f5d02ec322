//! The criteria that one machine cannot judge. They stand in every verdict as not measured, so that nobody takes a
//! passed run on one machine for more than it is.

use crate::verdict::{Criterion, Figure, Status};

pub(super) fn install() -> Criterion {
    let title = "From helm install to a usable application";
    unmeasured("SC-001", title, Figure::Number(300.0), "s", "Installing the chart needs a cluster.")
}

pub(super) fn pods_ready() -> Criterion {
    let title = "Every pod is Running and Ready";
    unmeasured("SC-002", title, Figure::Number(120.0), "s", "Pods exist only in a cluster.")
}

pub(super) fn upgrade() -> Criterion {
    let title = "helm upgrade and helm rollback complete";
    unmeasured("SC-004", title, Figure::Number(60.0), "s", "Upgrading and rolling back a release needs a cluster.")
}

pub(super) fn natural_language() -> Criterion {
    let title = "Common operations by natural-language queries";
    let limit = Figure::Text("documented and tried".to_owned());
    unmeasured("SC-005", title, limit, "", "kubectl-ai needs a cluster to ask about.")
}

pub(super) fn image_sizes() -> Criterion {
    let title = "Image sizes of backend and frontend";
    let limit = Figure::Text("below 300 and 200".to_owned());
    unmeasured(
        "SC-008",
        title,
        limit,
        "MB",
        "The container images are built and deployed for a cluster, not for this run.",
    )
}

fn unmeasured(id: &str, title: &str, limit: Figure, unit: &str, reason: &str) -> Criterion {
    Criterion {
        id: id.to_owned(),
        title: title.to_owned(),
        limit,
        measured: None,
        unit: unit.to_owned(),
        status: Status::NotMeasured,
        reason: reason.to_owned(),
        evidence: Vec::new(),
    }
}
