//! A page per alert with six parts, each with something in it, a diagnosis that can be copied and asks for what there is, links
//! that lead somewhere, and an index of all pages. Whether a query is one is promtool's to say.

use std::collections::BTreeSet;

use telemetry::names;

use e2e::{selectors, tool::root};

use crate::files::Monitoring;

const HEADINGS: [&str; 6] = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verification", "False positives"];

pub(crate) fn objections(monitoring: &Monitoring) -> Vec<String> {
    let alerts: BTreeSet<(String, &str)> =
        monitoring.alerts().map(|alert| (alert.name.to_lowercase(), alert.name.as_str())).collect();
    let mut found = Vec::new();
    for (page, name) in &alerts {
        match monitoring.runbooks.get(page) {
            None => found.push(format!("{name}: no page docs/runbooks/{page}.md")),
            Some(text) => found.extend(of(name, text).into_iter().map(|text| format!("{page}.md: {text}"))),
        }
        if !monitoring.index.contains(&format!("| [{name}]({page}.md) |")) {
            found.push(format!("{name}: not in docs/runbooks/README.md"));
        }
    }
    for (page, text) in &monitoring.runbooks {
        found.extend(dead_links(text).map(|link| format!("{page}.md: {link} does not exist")));
        let unknown = queries(text).flat_map(selectors::series).filter(|name| !is_known(name, monitoring));
        found.extend(unknown.map(|name| format!("{page}.md: nobody exports {name}")));
    }
    let orphans = monitoring.runbooks.keys().filter(|page| !alerts.iter().any(|(known, _)| known == *page));
    found.extend(orphans.map(|page| format!("{page}.md: no alert of that name")));
    found
}

fn of(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with(&format!("# {name}\n")) {
        found.push("its title is not the alert's name".to_owned());
    }
    let parts: Vec<(&str, &str)> =
        text.split("\n## ").skip(1).map(|part| part.split_once('\n').unwrap_or((part, ""))).collect();
    let headings: Vec<&str> = parts.iter().map(|(heading, _)| *heading).collect();
    if headings != HEADINGS {
        found.push(format!("headings are {headings:?}"));
    }
    for (heading, body) in parts {
        if body.trim().len() < 40 {
            found.push(format!("{heading} says nothing"));
        }
        if ["Diagnosis", "Verification"].contains(&heading) && !body.contains("```") {
            found.push(format!("{heading} has nothing to copy"));
        }
    }
    found
}

/// The lines of the blocks of PromQL.
pub(crate) fn queries(text: &str) -> impl Iterator<Item = &str> {
    let blocks = text.split("```promql\n").skip(1);
    blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines())
}

/// Pages look further into the cluster than rules do, so its metrics are known by who exports them.
fn is_known(name: &str, monitoring: &Monitoring) -> bool {
    let exporters = ["kube_", "kubelet_", "container_", "node_", "prometheus_", "alertmanager_", "scrape_"];
    ["up", "ALERTS"].contains(&name)
        || exporters.iter().any(|exporter| name.starts_with(exporter))
        || names::find(name).is_some()
        || monitoring.records().any(|record| record.name == name)
}

/// Links to other pages that are not there.
fn dead_links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    links.filter(|link| link.ends_with(".md") && !root().join("docs/runbooks").join(link).is_file())
}
