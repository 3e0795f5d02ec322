//! The table of values in the chart's README, made from values.yaml and its comments. `make chart-golden` writes it.

use std::fs;

use serde_json::Value;

use crate::{golden::rewriting, helm::Chart};

const BEGIN: &str = "<!-- values -->";
const END: &str = "<!-- /values -->";

/// A line of values.yaml that gives a value, flow style included.
#[derive(Debug)]
struct Entry {
    path: Vec<String>,
    /// The default as it is written.
    default: String,
    comment: String,
}

/// A mapping that is open at a line.
struct Level {
    indent: usize,
    key: String,
    comment: String,
}

/// Reads values.yaml line by line, because no parser of YAML keeps comments beside their keys.
fn entries(text: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut open: Vec<Level> = Vec::new();
    let mut comment: Vec<String> = Vec::new();
    let mut list_at = None;
    for line in text.lines() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if let Some(words) = content.strip_prefix('#') {
            comment.push(words.trim().to_owned());
        } else if content.is_empty() {
            comment.clear();
        } else if let Some(item) = content.strip_prefix("- ") {
            // An item of a list belongs to the key above it, the first one makes it a value.
            if list_at != Some(indent) {
                let level = open.pop().expect("a key above the item");
                let path = open.iter().map(|level| level.key.clone()).chain([level.key]).collect();
                found.push(Entry { path, default: String::new(), comment: level.comment });
                list_at = Some(indent);
            }
            let list = found.last_mut().expect("the key of the list");
            let others = list.default.trim_start_matches('[').trim_end_matches(']').to_owned();
            // `{…}` is a mapping as it stands, `key: value` becomes one.
            let item =
                if item.starts_with('{') || !item.contains(": ") { item.to_owned() } else { format!("{{{item}}}") };
            list.default = if others.is_empty() { format!("[{item}]") } else { format!("[{others}, {item}]") };
        } else {
            list_at = None;
            let (key, default) = content.split_once(':').unwrap_or_else(|| panic!("not a key: {line}"));
            open.retain(|level| level.indent < indent);
            // What has no words of its own has those of what it belongs to, but a whole section's say too little.
            let inherited = open.iter().skip(1).map(|level| level.comment.clone()).next_back().unwrap_or_default();
            let own = std::mem::take(&mut comment).join(" ");
            let comment = if own.is_empty() { inherited } else { own };
            let (key, default) = (key.to_owned(), default.trim().to_owned());
            if default.is_empty() {
                open.push(Level { indent, key, comment });
            } else {
                let path = open.iter().map(|level| level.key.clone()).chain([key]).collect();
                found.push(Entry { path, default, comment });
            }
        }
    }
    found
}

fn table(entries: &[Entry]) -> String {
    let mut text = "| key | default | meaning |\n|---|---|---|\n".to_owned();
    let cell = |text: &str| text.replace('|', "\\|");
    for Entry { path, default, comment } in entries {
        text.push_str(&format!("| `{}` | `{}` | {} |\n", path.join("."), cell(default), cell(comment)));
    }
    text
}

#[test]
fn every_value_is_explained() {
    let Some(chart) = Chart::open() else { return };
    let values = chart.yaml("values.yaml");
    let entries = entries(&chart.text("values.yaml"));
    for Entry { path, default, comment } in &entries {
        assert!(!comment.is_empty(), "{} has no comment", path.join("."));
        // And the reader of lines has read what the reader of YAML reads.
        let meant: Value = serde_saphyr::from_str(default).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert_eq!(path.iter().fold(&values, |values, key| &values[key.as_str()]), &meant, "{path:?}");
    }
    let sections: Vec<&String> = entries.iter().filter_map(|entry| entry.path.first()).collect();
    let missing: Vec<_> = crate::objects::map(&values).filter(|(key, _)| !sections.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_table_in_the_readme_is_what_values_yaml_says() {
    let Some(chart) = Chart::open() else { return };
    let path = chart.folder.join("README.md");
    let page = chart.text("README.md");
    let between =
        page.split_once(&format!("{BEGIN}\n")).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let (before, (committed, after)) = between.unwrap_or_else(|| panic!("{}: no {BEGIN} … {END}", path.display()));
    let made = table(&entries(&chart.text("values.yaml")));
    if rewriting() {
        fs::write(&path, format!("{before}{BEGIN}\n{made}{END}{after}")).expect("the README");
    } else {
        let other = made.lines().zip(committed.lines().chain(std::iter::repeat(""))).find(|(made, old)| made != old);
        assert!(committed == made, "make chart-golden would change the table, first in {other:?}");
    }
}

#[test]
fn comments_and_defaults_are_read() {
    let text = "# Of a.\na:\n  # Of b,\n  # in two lines.\n  b: {c: 1}\n  # Of d.\n  d:\n    - x: 1\n    - y\n  # Of e.\n  e:\n    f: 2\nh: 3\n";
    let read = entries(text);
    let rows: Vec<String> =
        read.iter().map(|entry| format!("{} {} {}", entry.path.join("."), entry.default, entry.comment)).collect();
    assert_eq!(rows, ["a.b {c: 1} Of b, in two lines.", "a.d [{x: 1}, y] Of d.", "a.e.f 2 Of e.", "h 3 "],);
}
