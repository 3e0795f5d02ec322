//! The dashboards as tests see them: every query that Grafana would send, and how its variables are filled in. The lint and
//! the tests on a cluster share this. Absent on purpose: judging (`tests/dashboards`) and asking anybody.

mod empty;
mod query;
mod variables;

use std::path::PathBuf;

use serde_json::Value;

use crate::tool::root;

pub use empty::{listed, may_be_empty};
pub use query::{Language, Origin, Query};
pub use variables::{Values, interpolate};

/// One file of `dashboards/`.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Its address in Grafana, and the name of its file.
    pub uid: String,
    /// What a person calls it.
    pub title: String,
    /// The file.
    pub json: Value,
}

impl Dashboard {
    /// A dashboard from its JSON; what is missing is empty, so that a lint can say so.
    pub fn new(json: Value) -> Self {
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        Self { uid: text("uid"), title: text("title"), json }
    }

    /// Its panels, those that are folded into a row too, without the rows themselves.
    pub fn panels(&self) -> Vec<&Value> {
        let all =
            list(&self.json["panels"]).iter().flat_map(|panel| std::iter::once(panel).chain(list(&panel["panels"])));
        all.filter(|panel| panel["type"] != "row").collect()
    }

    /// Every query: of its variables, its annotations and its panels.
    pub fn queries(&self) -> Vec<Query> {
        query::of(self)
    }
}

/// The folder of the files.
pub fn folder() -> PathBuf {
    root().join("dashboards")
}

/// A dashboard as it lies in the folder.
#[derive(Clone)]
pub struct File {
    /// Its name without `.json`.
    pub name: String,
    /// Its bytes.
    pub text: String,
    /// What they say.
    pub dashboard: Dashboard,
}

/// Every file, by name.
#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "only tests read the dashboards, and without them they must fail"
)]
pub fn files() -> Vec<File> {
    let entries = std::fs::read_dir(folder()).expect("the folder dashboards");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        File { name, text, dashboard: Dashboard::new(json) }
    };
    files.iter().map(read).collect()
}

/// Every dashboard, by name.
pub fn all() -> Vec<Dashboard> {
    files().into_iter().map(|file| file.dashboard).collect()
}

/// The elements, or nothing where there is no list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
