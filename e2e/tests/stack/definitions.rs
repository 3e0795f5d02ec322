//! `prometheusSpec` and `alertmanagerSpec` against the operator's own definitions of Prometheus and Alertmanager: an unknown key,
//! which the operator would never see, is a mistake here.

use std::{collections::BTreeSet, fs};

use e2e::tool::Tool;
use serde_json::{Map, Value, json};

use crate::{
    objects::list,
    schemas,
    values::{STACK, at, document},
};

const VERSION: &str = "monitoring.coreos.com/v1";

/// Keys of `prometheusSpec` that only the chart knows: what becomes of them. The first five turn into an empty selector.
const SWITCHES: [(&str, &str); 5] = [
    ("serviceMonitorSelectorNilUsesHelmValues", "serviceMonitorSelector"),
    ("podMonitorSelectorNilUsesHelmValues", "podMonitorSelector"),
    ("ruleSelectorNilUsesHelmValues", "ruleSelector"),
    ("probeSelectorNilUsesHelmValues", "probeSelector"),
    ("scrapeConfigSelectorNilUsesHelmValues", "scrapeConfigSelector"),
];
const RENAMED: [(&str, &str); 1] = [("storageSpec", "storage")];

/// The block as the chart hands it to the operator.
fn handed_over(block: &Value) -> Value {
    let mut spec = Map::new();
    for (key, value) in block.as_object().expect("a block") {
        if let Some((_, selector)) = SWITCHES.iter().find(|(switch, _)| switch == key) {
            assert_eq!(*value, false, "{key}");
            spec.insert((*selector).to_owned(), json!({}));
        } else {
            let name = RENAMED.iter().find(|(from, _)| from == key).map_or(key.as_str(), |(_, to)| to);
            assert!(spec.insert(name.to_owned(), value.clone()).is_none(), "{name} stands twice");
        }
    }
    Value::Object(spec)
}

struct Judge {
    tool: Tool,
    folder: tempfile::TempDir,
}

impl Judge {
    fn find() -> Option<Self> {
        let (tool, sources) = (Tool::find("kubeconform", "kubeconform")?, schemas::sources()?);
        let folder = tempfile::tempdir().expect("a folder");
        let kinds = ["Prometheus", "Alertmanager"].map(|kind| (VERSION.to_owned(), kind.to_owned()));
        schemas::write(&sources, &BTreeSet::from(kinds), folder.path());
        Some(Self { tool, folder })
    }

    /// What is wrong with a specification; `Some` if anything is.
    fn objection(&self, kind: &str, spec: &Value) -> Option<String> {
        let file = self.folder.path().join("object.yaml");
        let object = json!({"apiVersion": VERSION, "kind": kind, "metadata": {"name": "monitoring"}, "spec": spec});
        fs::write(&file, object.to_string()).expect("a file");
        let schemas = format!("{}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", self.folder.path().display());
        let arguments = ["-strict", "-output=json", "-schema-location", &schemas, &file.display().to_string()];
        let (Ok(printed) | Err(printed)) = self.tool.run(&arguments.map(str::to_owned));
        let answer: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
        list(&answer["resources"]).first().map(ToString::to_string)
    }
}

fn blocks() -> [(&'static str, Value); 2] {
    let stack = document(STACK);
    [
        ("Prometheus", at(&stack, "/prometheus/prometheusSpec")),
        ("Alertmanager", at(&stack, "/alertmanager/alertmanagerSpec")),
    ]
}

#[test]
fn the_operator_knows_every_key_and_accepts_every_value() {
    let Some(judge) = Judge::find() else { return };
    for (kind, block) in blocks() {
        assert_eq!(judge.objection(kind, &handed_over(&block)), None);
    }
}

#[test]
fn keys_that_only_the_chart_knows_are_listed_and_used() {
    let Some(judge) = Judge::find() else { return };
    let [(kind, block), _] = blocks();
    for (key, becomes) in SWITCHES.iter().chain(&RENAMED) {
        let value = block.get(*key).unwrap_or_else(|| panic!("{key} is not used any more: no exception"));
        assert!(judge.objection(kind, &json!({*key: value})).is_some(), "{key} is the operator's own: no exception");
        assert_eq!(judge.objection(kind, &json!({*becomes: handed_over(&block)[*becomes]})), None, "{becomes}");
    }
}

#[test]
fn a_misspelt_key_and_a_wrong_value_are_refused() {
    let Some(judge) = Judge::find() else { return };
    for (kind, block) in blocks() {
        let good = handed_over(&block);
        for (path, key, value) in [
            ("", "retentionsize", json!("6GB")),
            ("", "replicas", json!("two")),
            ("", "retention", json!("a month")),
            ("/resources", "request", json!({"cpu": "1"})),
            ("/storage/volumeClaimTemplate/spec/resources", "requested", json!({})),
        ] {
            let mut bad = good.clone();
            bad.pointer_mut(path).unwrap_or_else(|| panic!("{kind} has no {path}"))[key] = value;
            assert!(judge.objection(kind, &bad).is_some(), "{kind}: {path}/{key}");
        }
    }
}
