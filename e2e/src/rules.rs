//! The rules of `monitoring/rules` as they are written. Absent on purpose: what a rule must be (`tests/rules`).

use std::path::PathBuf;

use serde_json::Value;

use crate::{dashboards::list, tool::root};

/// Every rule with the name of its file without `.yaml`, files in order.
#[expect(clippy::expect_used, clippy::panic, reason = "only tests read the rules, and without them they must fail")]
pub fn all() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(root().join("monitoring/rules")).expect("the folder of the rules");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    let rules = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("readable rules");
        let file: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let rules = list(&file["groups"]).iter().flat_map(|group| list(&group["rules"])).cloned();
        rules.map(|rule| (name.clone(), rule)).collect::<Vec<_>>()
    };
    files.iter().flat_map(rules).collect()
}
