//! What happened in the cluster, as marks over a chart: a symbol on top and a hairline below. What Kubernetes says about
//! it is too much for a drawing and stands in the page's list.

use super::scale::Scale;
use super::{escape, px};
use crate::measurements::Happening;
use crate::words::number;

/// Room for the symbols above the lines.
pub(super) const ROW: f64 = 14.0;

/// A kind of mark: its class in the style sheet, its word in the key, and a symbol in a square of ten pixels.
pub(in crate::report) struct Kind {
    pub(in crate::report) class: &'static str,
    pub(in crate::report) word: &'static str,
    pub(in crate::report) symbol: &'static str,
    /// The kinds of happenings that it stands for.
    of: &'static [&'static str],
}

/// In the order of the key. A change is anything that somebody set, broke or mended.
pub(in crate::report) const KINDS: [Kind; 5] = [
    Kind { class: "scale", word: "scaling", symbol: "M5 1l4 8h-8z", of: &["scale"] },
    Kind { class: "kill", word: "kill", symbol: "M1 1l8 8M9 1l-8 8", of: &["kill"] },
    Kind { class: "outage", word: "database away or back", symbol: "M1 1h8v8h-8z", of: &["outage", "restore"] },
    Kind { class: "rollout", word: "rollout", symbol: "M5 1a4 4 0 1 0 .01 0z", of: &["rollout"] },
    Kind {
        class: "change",
        word: "load or setting",
        symbol: "M5 0l5 5l-5 5l-5 -5z",
        of: &["load", "configuration", "broken", "mended"],
    },
];

/// The kind of a happening, when it is one to draw.
fn kind(happening: &Happening) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.of.contains(&happening.kind.as_str()))
}

/// Whether there is anything to draw.
pub(in crate::report) fn any(happenings: &[Happening]) -> bool {
    happenings.iter().any(|happening| kind(happening).is_some())
}

/// The marks between these heights.
pub(super) fn drawn(happenings: &[Happening], x: &Scale, top: f64, bottom: f64) -> String {
    happenings
        .iter()
        .filter_map(|happening| Some((happening, kind(happening)?)))
        .map(|(happening, kind)| {
            let middle = x.at(happening.at);
            format!(
                "<g class=\"mark {}\"><title>{} s: {}</title><path class=\"hair\" d=\"M{} {}V{}\"/>\
                 <path class=\"symbol\" transform=\"translate({} {})\" d=\"{}\"/></g>\n",
                kind.class,
                number((happening.at * 10.0).round() / 10.0),
                escape(&happening.what),
                px(middle),
                px(top),
                px(bottom),
                px(middle - 5.0),
                px(top - ROW + 2.0),
                kind.symbol,
            )
        })
        .collect()
}
