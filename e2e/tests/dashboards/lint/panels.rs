//! Rules about single panels and how they share the page.

use std::collections::BTreeSet;

use e2e::dashboards::{File, list};
use serde_json::Value;

use super::{Surroundings, name, text};
use crate::judge::is_criterion;

/// More than that nobody takes in; the load test's criteria come on top, one panel each.
const MOST_PANELS: usize = 12;
const COLUMNS: u64 = 24;
/// Units of Grafana that the dashboards use. A misspelt one is shown as a suffix, without any complaint.
const UNITS: &[&str] = &["short", "s", "ms", "bytes", "percent", "percentunit", "reqps", "ops"];
/// What shows texts and not numbers.
const TEXTS: &[&str] = &["logs", "traces"];
/// Less can't say what is shown, what is good and what to do.
const SHORTEST_DESCRIPTION: usize = 60;

/// An objection to every panel that is not as it should be.
fn each(file: &File, well: impl Fn(&Value) -> bool, says: &str) -> Vec<String> {
    let panels = file.dashboard.panels();
    let bad = panels.iter().filter(|panel| !well(panel));
    bad.map(|panel| format!("{} {says}", name(panel))).collect()
}

pub(super) fn unique(file: &File, _: &Surroundings) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = list(&file.dashboard.json["panels"]);
    let twice = all.iter().filter(|panel| !panel["id"].is_u64() || !seen.insert(panel["id"].as_u64()));
    twice.map(|panel| format!("{} has the number of another", name(panel))).collect()
}

/// Left, right, top and bottom.
fn place(panel: &Value) -> Option<(u64, u64, u64, u64)> {
    let at = |key: &str| panel["gridPos"][key].as_u64();
    let (x, y, w, h) = (at("x")?, at("y")?, at("w")?, at("h")?);
    (w > 0 && h > 0 && x + w <= COLUMNS).then_some((x, x + w, y, y + h))
}

pub(super) fn places(file: &File, _: &Surroundings) -> Vec<String> {
    let panels = list(&file.dashboard.json["panels"]);
    let mut found = Vec::new();
    for (index, panel) in panels.iter().enumerate() {
        let Some(one) = place(panel) else {
            found.push(format!("{} is not on the page", name(panel)));
            continue;
        };
        for other in &panels[..index] {
            let overlaps =
                place(other).is_some_and(|two| one.0 < two.1 && two.0 < one.1 && one.2 < two.3 && two.2 < one.3);
            if overlaps {
                found.push(format!("{} lies on {}", name(panel), name(other)));
            }
        }
    }
    found
}

pub(super) fn number(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let panels = file.dashboard.panels();
    let count = panels.iter().filter(|panel| !is_criterion(panel, &surroundings.criteria)).count();
    if count <= MOST_PANELS { Vec::new() } else { vec![format!("{count} panels")] }
}

pub(super) fn data_source(file: &File, _: &Surroundings) -> Vec<String> {
    let mixed = file.dashboard.queries().iter().any(|query| query.language != e2e::dashboards::Language::PromQl);
    let expected = |kind: &str| if mixed { format!("${{{kind}_datasource}}") } else { "${datasource}".to_owned() };
    let well = |source: &Value| text(source, "uid") == expected(text(source, "type"));
    let all = |panel: &Value| {
        let own = list(&panel["targets"]).iter().map(|target| &target["datasource"]).filter(|own| !own.is_null());
        own.chain([&panel["datasource"]]).all(well)
    };
    each(file, all, "asks a data source that is not the variable of its kind")
}

pub(super) fn title(file: &File, _: &Surroundings) -> Vec<String> {
    let mut titles: Vec<&str> = file.dashboard.panels().iter().map(|panel| text(panel, "title")).collect();
    let count = titles.len();
    titles.sort_unstable();
    titles.dedup();
    let bad = titles.len() < count || titles.contains(&"");
    if bad { vec!["a panel has no title, or that of another".to_owned()] } else { Vec::new() }
}

pub(super) fn description(file: &File, _: &Surroundings) -> Vec<String> {
    let well = |panel: &Value| text(panel, "description").len() >= SHORTEST_DESCRIPTION;
    each(file, well, "does not say what it shows, what is good and what to do")
}

pub(super) fn unit(file: &File, _: &Surroundings) -> Vec<String> {
    let well = |panel: &Value| {
        let defaults = &panel["fieldConfig"]["defaults"];
        match defaults["unit"].as_str() {
            Some(unit) => UNITS.contains(&unit),
            None => TEXTS.contains(&text(panel, "type")) || !list(&defaults["mappings"]).is_empty(),
        }
    };
    each(file, well, "has no unit that Grafana knows, and no words instead")
}

pub(super) fn targets(file: &File, _: &Surroundings) -> Vec<String> {
    let asks = |target: &Value| !text(target, "expr").is_empty() || !text(target, "query").is_empty();
    let well = |panel: &Value| {
        let targets = list(&panel["targets"]);
        let letters: BTreeSet<&str> = targets.iter().map(|target| text(target, "refId")).collect();
        !targets.is_empty() && targets.iter().all(asks) && letters.len() == targets.len()
    };
    each(file, well, "asks nothing, or two things under one letter")
}

/// An axis that begins elsewhere makes a small change look like a collapse.
pub(super) fn minimum(file: &File, _: &Surroundings) -> Vec<String> {
    let well = |panel: &Value| match text(panel, "type") {
        "timeseries" | "bargauge" => panel["fieldConfig"]["defaults"]["min"] == 0,
        "heatmap" => panel["options"]["yAxis"]["min"] == 0,
        _ => true,
    };
    each(file, well, "does not begin at 0")
}
