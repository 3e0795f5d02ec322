//! What may show nothing although all is well: a short list, each with its reason. A panel that can say 0 is not on it.

use super::{Origin, Query};

/// That these show something where there is a model, `e2e/tests/cluster/assistant/settings.rs` proves.
const WITHOUT_A_MODEL: &str = "only a model begins, and the rules answer where none is configured";

/// Dashboard, heading of the panel, reason.
const PANELS: &[(&str, &str, &str)] = &[
    ("todo-overview", "Alerts that fire now", "without an alert there is none to list"),
    ("todo-logs-traces", "Top errors", "a healthy run has none"),
    ("todo-logs-traces", "Error lines", "a healthy run writes none"),
    ("todo-assistant", "First words after (p95)", WITHOUT_A_MODEL),
    ("todo-assistant", "Until the model begins", WITHOUT_A_MODEL),
    ("todo-logs-traces", "The trace", "shows the one trace whose id somebody typed, and needs Jaeger"),
];

/// Marks on every dashboard, reason.
const ANNOTATIONS: &[(&str, &str)] =
    &[("Restarts", "no process of a healthy run starts again in its pod"), ("Alerts", "none fires in a healthy run")];

/// Why a query may find nothing, if it may.
pub fn may_be_empty(query: &Query) -> Option<&'static str> {
    match &query.origin {
        Origin::Panel { title, .. } => {
            let row = PANELS.iter().find(|(dashboard, panel, _)| *dashboard == query.dashboard && panel == title);
            row.map(|(_, _, reason)| *reason)
        }
        Origin::Annotation(name) => {
            let row = ANNOTATIONS.iter().find(|(annotation, _)| annotation == name);
            row.map(|(_, reason)| *reason)
        }
        Origin::Variable(_) => None,
    }
}

/// Every dashboard and heading on the list.
pub fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    PANELS.iter().map(|(dashboard, panel, _)| (*dashboard, *panel))
}
