//! Every value has its reason: on its own line, above it, above what it is part of, or above a row of lines that say the same.

use crate::values::{FILES, STACK, read};

/// Lines that set something and say nowhere why.
fn unexplained(text: &str) -> Vec<String> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    let (mut above, mut row) = (false, None);
    let mut found = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() {
            (above, row) = (false, None);
            continue;
        }
        if trimmed.starts_with('#') {
            (above, row) = (true, None);
            continue;
        }
        let indent = line.len() - trimmed.len();
        open.retain(|(of, _)| *of < indent);
        let inherited = open.last().is_some_and(|(_, explained)| *explained);
        let (setting, beside) = trimmed.split_once(" # ").map_or((trimmed, false), |(setting, _)| (setting, true));
        let value = setting.split_once(": ").map(|(_, value)| (indent, value.trim().to_owned()));
        let same = row.is_some() && row == value;
        let explained = beside || above || inherited || same;
        if !explained && (value.is_some() || setting.starts_with("- ")) {
            found.push(trimmed.to_owned());
        }
        row = if above || same { value } else { None };
        above = false;
        open.push((indent, explained));
    }
    found
}

#[test]
fn every_value_has_its_reason() {
    for file in FILES {
        assert_eq!(unexplained(&read(file)), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn a_value_without_a_reason_is_found() {
    let good = read(STACK);
    for (after, added) in [
        ("  prometheusSpec:\n", "    replicas: 2\n"),
        ("podMonitorSelectorNilUsesHelmValues: false\n", "    paused: true\n"),
        ("scrapeConfigSelectorNilUsesHelmValues: false\n", "    enableAdminAPI: true\n"),
        ("grafana:\n", "  replicas: 2\n"),
        ("kubeProxy: {enabled: false}\n", "\ncoreDns: {enabled: false}\n"),
    ] {
        assert!(good.contains(after), "{after}");
        let bad = good.replacen(after, &format!("{after}{added}"), 1);
        assert!(unexplained(&bad).contains(&added.trim().to_owned()), "after {after}");
    }
}
