//! The programs of others that parse queries, and what this repository has beside the dashboards.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use e2e::dashboards::{Dashboard, list};
use serde_json::Value;

/// A dashboard with the name of its file.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) dashboard: Dashboard,
}

/// Every file of the folder.
pub(crate) fn files() -> Vec<File> {
    let entries = fs::read_dir(e2e::dashboards::folder()).expect("the folder dashboards");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a readable dashboard");
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        File { name, text, dashboard: Dashboard::new(json) }
    };
    paths.iter().map(read).collect()
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root").to_path_buf()
}

/// Every rule of `monitoring/rules/`.
pub(crate) fn rules() -> Vec<Value> {
    let entries = fs::read_dir(root().join("monitoring/rules")).expect("the folder of the rules");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let read = |path: PathBuf| -> Value {
        let text = fs::read_to_string(&path).expect("readable rules");
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    yaml.flat_map(|path| {
        let file = read(path);
        list(&file["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect::<Vec<_>>()
    })
    .collect()
}

/// Names of the series that the rules record.
pub(crate) fn recorded() -> BTreeSet<String> {
    rules().iter().filter_map(|rule| rule["record"].as_str().map(str::to_owned)).collect()
}

/// A program that the cluster's scripts build.
pub(crate) struct Tool(PathBuf);

impl Tool {
    /// Finds it; without it the test fails in CI and says so elsewhere, past the capturing of passing tests.
    pub(crate) fn find(name: &str, module: &str) -> Option<Self> {
        let cache = variable("HOME").map(|home| Path::new(&home).join(".cache/todo/cluster/bin"));
        let folders = variable("CLUSTER_BIN").map(PathBuf::from).into_iter().chain(cache);
        let path = variable("PATH").unwrap_or_default();
        let found = folders
            .chain(std::env::split_paths(&path))
            .map(|folder| folder.join(name))
            .find(|program| program.is_file());
        if found.is_none() {
            let remedy = format!("e2e/cluster/build {module}");
            assert!(variable("CI").is_none_or(|value| value != "true"), "CI needs {name}: {remedy}");
            let _ = writeln!(io::stderr(), "skipped: a test of the dashboards, for want of {name} ({remedy})");
        }
        found.map(Self)
    }

    /// Gives it the text on its standard input; `Err` has what it printed.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Result<(), String> {
        let mut command = Command::new(&self.0);
        let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A program that refuses its arguments does not read; what it printed then says why.
        let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("{}{}", printed(&output.stdout), printed(&output.stderr)))
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks where it runs; the product reads settings in config.rs")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
