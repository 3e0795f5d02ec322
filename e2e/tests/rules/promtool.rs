//! What Prometheus' own tool says: rules are well formed and their cases hold. A broken copy proves that it would object.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use e2e::tool::{Tool, root};

use crate::{files::Monitoring, runbooks};

/// The pinned promtool.
struct Promtool(Tool);

impl Promtool {
    fn find() -> Option<Self> {
        Tool::find("promtool", "prometheus").map(Self)
    }

    /// Runs it in `monitoring`, or in a copy of that folder; `Err` has what it printed.
    fn run(&self, monitoring: &Path, arguments: &[&str], folder: &str) -> Result<(), String> {
        let entries = fs::read_dir(monitoring.join(folder)).expect("a readable folder");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        files.sort();
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).chain(files.iter().map(OsStr::new)).collect();
        self.0.run(&arguments).map(drop)
    }

    fn check(&self, monitoring: &Path) -> Result<(), String> {
        self.run(monitoring, &["check", "rules", "--lint=all", "--lint-fatal"], "rules")
    }

    fn test(&self, monitoring: &Path) -> Result<(), String> {
        self.run(monitoring, &["test", "rules"], "tests")
    }
}

#[test]
fn promtool_finds_the_rules_well_formed() {
    let Some(promtool) = Promtool::find() else { return };
    assert_eq!(promtool.check(&root().join("monitoring")), Ok(()));
}

#[test]
fn every_case_of_the_rules_holds() {
    let Some(promtool) = Promtool::find() else { return };
    assert_eq!(promtool.test(&root().join("monitoring")), Ok(()));
}

#[test]
fn the_chart_ships_these_very_files() {
    let shipped = fs::canonicalize(root().join("helm/todo/rules")).expect("the chart's rules");
    assert_eq!(shipped, fs::canonicalize(root().join("monitoring/rules")).expect("the rules"));
}

/// A rule file with each query as an expression.
fn rules_of<'a>(queries: impl Iterator<Item = &'a str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = queries
        .enumerate()
        .map(|(number, query)| format!("      - record: query:{number}\n        expr: |\n          {query}\n"));
    fs::create_dir(folder.path().join("rules")).expect("a folder");
    let text = format!("groups:\n  - name: queries\n    rules:\n{}", rules.collect::<String>());
    fs::write(folder.path().join("rules/queries.yaml"), text).expect("a file");
    folder
}

#[test]
fn every_query_of_the_runbooks_can_be_asked() {
    let Some(promtool) = Promtool::find() else { return };
    let pages = Monitoring::read().runbooks;
    assert!(pages.values().flat_map(|text| runbooks::queries(text)).count() >= pages.len(), "the queries are found");
    let folder = rules_of(pages.values().flat_map(|text| runbooks::queries(text)));
    assert_eq!(promtool.check(folder.path()), Ok(()));
    assert!(promtool.check(rules_of(["up ==", "up"].into_iter()).path()).is_err());
}

/// A copy of `monitoring` in which one text in one file of rules is another, and of the cases only that file's.
fn copy(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let (source, target) = (root().join("monitoring"), tempfile::tempdir().expect("a folder"));
    for part in ["rules", "tests"] {
        fs::create_dir(target.path().join(part)).expect("a folder");
    }
    for entry in fs::read_dir(source.join("rules")).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let mut text = fs::read_to_string(&path).expect("a readable file");
        if path.file_stem().is_some_and(|name| name == file) {
            assert!(text.contains(from), "{file}.yaml has no {from}");
            text = text.replacen(from, to, 1);
        }
        fs::write(target.path().join("rules").join(path.file_name().expect("a name")), text).expect("a file");
    }
    let cases = format!("tests/{file}.test.yaml");
    fs::copy(source.join(&cases), target.path().join(&cases)).expect("a file");
    target
}

#[test]
fn promtool_objects_to_rules_that_are_not_well_formed() {
    let Some(promtool) = Promtool::find() else { return };
    assert_eq!(promtool.check(copy("service", "", "").path()), Ok(()));
    for (from, to) in [
        ("panics_total", "panics_total{"),
        ("expr: ", "expression: "),
        ("severity: ticket, slo: none", "severity: page, slo: none"), // two alerts alike
        ("{{ $labels.job }}", "{{ $labels.job }"),
    ] {
        assert!(promtool.check(copy("service", from, to).path()).is_err(), "{from} → {to}");
    }
}

#[test]
fn a_case_objects_when_a_threshold_a_duration_or_a_guard_is_another() {
    let Some(promtool) = Promtool::find() else { return };
    for (file, from, to) in [
        ("recording", "or 0 * job:http_requests:rate5m", ""),
        ("service", "< 0.5", "< 0.9"),
        ("service", "job_endpoint:http_requests:rate5m > 1", "job_endpoint:http_requests:rate5m > 0"),
        ("kubernetes", "> 0.9", "> 0.95"),
        ("kubernetes", ">= 3", ">= 4"),
        ("backup", "for: 2m", "for: 1m"),
        ("telemetry", "for: 10m", "for: 11m"),
        ("assistant", ">= 5", ">= 4"),
    ] {
        assert_eq!(promtool.test(copy(file, from, from).path()), Ok(()), "{file}");
        assert!(promtool.test(copy(file, from, to).path()).is_err(), "{file}: {from} → {to}");
    }
}
