//! Programs of others that judge what this repository has, and where it and its caches are. Absent on purpose: what they judge.

use std::{
    ffi::OsStr,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program that the cluster's scripts build, or that is on the path.
pub struct Tool(PathBuf);

impl Tool {
    /// Finds it, or says why the test cannot run. `module` is what `e2e/cluster/build` calls the folder that it comes from.
    pub fn find(name: &str, module: &str) -> Option<Self> {
        let folders = [variable("CLUSTER_BIN").map(PathBuf::from), cache().map(|cache| cache.join("cluster/bin"))];
        let path = variable("PATH").unwrap_or_default();
        let program = folders
            .into_iter()
            .flatten()
            .chain(std::env::split_paths(&path))
            .map(|folder| folder.join(name))
            .find(|program| program.is_file());
        if program.is_none() {
            missing(name, &format!("e2e/cluster/build {module}"));
        }
        program.map(Self)
    }

    /// Runs it to its end and gives its output; `Err` has everything that it printed.
    pub fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Result<String, String> {
        self.run_on(arguments, "")
    }

    /// The same with a text on its standard input.
    #[expect(clippy::expect_used, reason = "only tests run it, and a program that does not start must fail them")]
    pub fn run_on(&self, arguments: &[impl AsRef<OsStr>], input: &str) -> Result<String, String> {
        let mut command = Command::new(&self.0);
        let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A program that refuses its arguments does not read; what it printed then says why.
        let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(printed(&output.stdout))
        } else {
            Err(format!("{}{}", printed(&output.stdout), printed(&output.stderr)))
        }
    }
}

/// A test without what it needs fails in CI; elsewhere it says so, past the capturing of passing tests.
pub fn missing(what: &str, remedy: &str) {
    assert!(variable("CI").is_none_or(|value| value != "true"), "CI needs {what}: {remedy}");
    let _ = writeln!(io::stderr(), "skipped: a test for want of {what} ({remedy})");
}

/// What is built or fetched once for all clones.
pub fn cache() -> Option<PathBuf> {
    variable("HOME").map(|home| Path::new(&home).join(".cache/todo"))
}

/// A variable of the environment; an empty one is none.
#[expect(clippy::disallowed_methods, reason = "a test asks where it runs; the product reads settings in config.rs")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the workspace.
#[expect(clippy::expect_used, reason = "this crate is in a folder of the workspace")]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root").to_path_buf()
}
