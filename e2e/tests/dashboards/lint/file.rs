//! Rules about a dashboard as a whole.

use e2e::dashboards::{File, list};

use super::{Surroundings, text};

/// What Grafana 11, the oldest that is supported, reads without changing it.
const SCHEMA_VERSION: u64 = 39;
/// Grafana refuses longer ones.
const LONGEST_UID: usize = 40;
/// Keys that an export adds and that are different in every Grafana.
const LEFTOVERS: &[&str] = &["id", "version", "iteration", "gnetId", "__inputs", "__requires", "__elements"];
/// What every dashboard marks, from Prometheus alone.
const ANNOTATIONS: &[&str] = &["Deploys", "Scaling", "Restarts", "Alerts"];

fn objection(is: bool, says: impl Into<String>) -> Vec<String> {
    if is { vec![says.into()] } else { Vec::new() }
}

pub(super) fn uid(file: &File, _: &Surroundings) -> Vec<String> {
    let uid = &file.dashboard.uid;
    objection(*uid != file.name || uid.len() > LONGEST_UID, format!("its uid is {uid:?}"))
}

pub(super) fn leftovers(file: &File, _: &Surroundings) -> Vec<String> {
    let left = LEFTOVERS.iter().filter(|key| file.dashboard.json.get(**key).is_some());
    left.map(|key| format!("has {key:?}")).collect()
}

pub(super) fn schema_version(file: &File, _: &Surroundings) -> Vec<String> {
    let version = &file.dashboard.json["schemaVersion"];
    objection(*version != SCHEMA_VERSION, format!("schemaVersion is {version}, not {SCHEMA_VERSION}"))
}

pub(super) fn editable(file: &File, _: &Surroundings) -> Vec<String> {
    objection(file.dashboard.json["editable"] != false, "a change in Grafana would be lost at the next start")
}

pub(super) fn timezone(file: &File, _: &Surroundings) -> Vec<String> {
    objection(file.dashboard.json["timezone"] != "utc", "two people would see two times")
}

pub(super) fn refresh(file: &File, _: &Surroundings) -> Vec<String> {
    let refresh = text(&file.dashboard.json, "refresh");
    let seconds = refresh.strip_suffix('s').and_then(|seconds| seconds.parse::<u64>().ok());
    objection(seconds.is_none_or(|seconds| !(5..=30).contains(&seconds)), format!("refresh is {refresh:?}"))
}

pub(super) fn tag(file: &File, _: &Surroundings) -> Vec<String> {
    let json = &file.dashboard.json;
    let tagged = list(&json["tags"]).iter().any(|tag| tag == "todo");
    let mut found = objection(!tagged, "no tag todo, by which the others link here");
    found.extend(objection(
        file.dashboard.title.is_empty() || text(json, "description").is_empty(),
        "no title or description",
    ));
    found
}

pub(super) fn annotations(file: &File, _: &Surroundings) -> Vec<String> {
    let annotations = list(&file.dashboard.json["annotations"]["list"]);
    let names: Vec<&str> = annotations.iter().map(|annotation| text(annotation, "name")).collect();
    let mut found = objection(names != ANNOTATIONS, format!("marks {names:?}"));
    for annotation in annotations {
        let name = text(annotation, "name");
        // Grafana 11 reads the outer query, later ones read the inner.
        let same = annotation["expr"] == annotation["target"]["expr"]
            && annotation["step"] == annotation["target"]["interval"];
        found.extend(objection(!same, format!("annotation {name} says two things")));
        let source = text(&annotation["datasource"], "uid");
        found.extend(objection(!source.starts_with("${"), format!("annotation {name} asks a fixed data source")));
    }
    found
}
