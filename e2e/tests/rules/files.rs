//! Reads rules, their test files, runbooks and the names of the dashboards into one value, which gates judge and mutations change.
//! Absent on purpose: every judgement.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use e2e::tool::root;
use serde_json::Value;

/// Everything that the gates look at.
#[derive(Clone)]
pub(crate) struct Monitoring {
    pub(crate) rules: Vec<Rule>,
    /// Test files by their name without `.test.yaml`.
    pub(crate) tests: BTreeMap<String, Value>,
    /// Runbooks by their name without `.md`, the index excepted.
    pub(crate) runbooks: BTreeMap<String, String>,
    /// The index of the runbooks.
    pub(crate) index: String,
    /// What Grafana calls the dashboards.
    pub(crate) dashboards: BTreeSet<String>,
}

/// One recording rule or alert.
#[derive(Clone, Default)]
pub(crate) struct Rule {
    /// The file that it is in, without `.yaml`.
    pub(crate) file: String,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) expr: String,
    pub(crate) duration: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Kind {
    #[default]
    Alert,
    Record,
}

impl Monitoring {
    /// What is in the repository.
    pub(crate) fn read() -> Self {
        let root = root();
        let texts = |folder: &str, ending: &str| texts(&root.join(folder), ending);
        let mut runbooks = texts("docs/runbooks", ".md");
        Self {
            rules: e2e::rules::all().iter().map(|(file, rule)| Rule::of(file, rule)).collect(),
            tests: texts("monitoring/tests", ".test.yaml")
                .into_iter()
                .map(|(name, text)| (name.clone(), yaml(&name, &text)))
                .collect(),
            index: runbooks.remove("README").unwrap_or_default(),
            runbooks,
            dashboards: texts("dashboards", ".json").into_keys().collect(),
        }
    }

    /// All alerts; the same name may come more than once.
    pub(crate) fn alerts(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.kind == Kind::Alert)
    }

    /// All recording rules; the same name may come more than once.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.kind == Kind::Record)
    }
}

impl Rule {
    /// For messages.
    pub(crate) fn id(&self) -> String {
        let severity = self.labels.get("severity").map(|severity| format!(" ({severity})")).unwrap_or_default();
        format!("{}.yaml: {}{severity}", self.file, self.name)
    }
}

fn texts(folder: &Path, ending: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    paths
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned();
            Some((name, fs::read_to_string(&path).expect("a readable file")))
        })
        .collect()
}

fn yaml(name: &str, text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

impl Rule {
    fn of(file: &str, rule: &Value) -> Self {
        let kind = if rule["record"].is_null() { Kind::Alert } else { Kind::Record };
        let key = if kind == Kind::Alert { "alert" } else { "record" };
        Self {
            file: file.to_owned(),
            kind,
            name: text(&rule[key]),
            expr: text(&rule["expr"]),
            duration: text(&rule["for"]),
            labels: map(&rule["labels"]),
            annotations: map(&rule["annotations"]),
        }
    }
}

/// A text, or nothing.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A mapping of texts, or nothing.
pub(crate) fn map(value: &Value) -> BTreeMap<String, String> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
}
