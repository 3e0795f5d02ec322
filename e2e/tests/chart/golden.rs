//! Every values file's render as committed in `golden/`, so that a change of a template shows what it does in the review.
//! `make chart-golden` writes them anew. Contents of Secrets are left out: they are random, or nobody's business.

use std::{fmt::Write as _, fs, path::PathBuf, process::Command};

use e2e::tool::{root, variable};
use serde_json::Value;

use crate::{helm::Chart, objects::Objects};

fn folder() -> PathBuf {
    root().join("e2e/tests/chart/golden")
}

/// Whether committed files are to be written instead of compared.
pub(crate) fn rewriting() -> bool {
    variable("REWRITE_GOLDEN").is_some_and(|value| value == "1")
}

/// One document per object, keys in order, without the contents of Secrets.
fn normalised(objects: &Objects) -> String {
    let mut text = String::new();
    for object in objects.iter() {
        let mut value = object.0.clone();
        if object.kind() == "Secret" {
            for field in ["data", "stringData"] {
                for content in value[field].as_object_mut().into_iter().flat_map(|entries| entries.values_mut()) {
                    *content = Value::from("(left out)");
                }
            }
        }
        value.sort_all_objects();
        let yaml = serde_saphyr::to_string(&value).expect("YAML");
        let _ = writeln!(text, "--- # {}\n{}", object.id(), yaml.trim_end());
    }
    text
}

/// What `diff` says, the committed file first; its beginning, when there is no end to it.
fn difference(golden: &str, rendered: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let [one, other] = [("committed", golden), ("rendered", rendered)].map(|(name, text)| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    });
    let output = Command::new("diff").arg("-u").args([one, other]).output().expect("diff");
    String::from_utf8_lossy(&output.stdout).lines().skip(2).take(60).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_rendered_is_what_was_committed() {
    let Some(chart) = Chart::open() else { return };
    let mut complaints = Vec::new();
    let mut known = Vec::new();
    for file in chart.values_files().into_iter().filter(|file| !file.as_ref().is_some_and(|file| file.contains('/'))) {
        let name = file.clone().unwrap_or_else(|| "values.yaml".to_owned());
        let path = folder().join(&name);
        let rendered = normalised(&chart.render().file(file.as_deref()).objects());
        if rewriting() {
            fs::create_dir_all(folder()).expect("the folder");
            fs::write(&path, &rendered).expect("the golden file");
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        if golden != rendered {
            complaints.push(format!("{name}:\n{}", difference(&golden, &rendered)));
        }
        known.push(name);
    }
    for entry in fs::read_dir(folder()).into_iter().flatten() {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if !known.contains(&name) {
            complaints.push(format!("{name} belongs to no values file any more"));
        }
    }
    let advice = "if this is what you want: make chart-golden, and read the difference before committing it";
    assert!(complaints.is_empty(), "{}\n{advice}", complaints.join("\n"));
}

#[test]
fn a_difference_is_shown_line_by_line() {
    let shown = difference("a: 1\nb: 2\n", "a: 1\nb: 3\n");
    assert!(shown.contains("-b: 2") && shown.contains("+b: 3") && !shown.contains("-a"), "{shown}");
}
