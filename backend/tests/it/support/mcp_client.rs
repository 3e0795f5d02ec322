//! MCP clients and the conformance suite that others wrote (tests/mcp-clients), led over a pipe: a line of JSON in, a line
//! of JSON out. Absent on purpose: any knowledge of MCP.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Once,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp-clients");
/// Generous, because it only decides how long a failing test takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Foreign {
    /// The Python package `mcp`.
    Python,
    /// The official Go SDK.
    GoSdk,
    /// `mark3labs/mcp-go`, the client inside kubectl-ai.
    McpGo,
}

impl Foreign {
    /// How it is told which version of the protocol to begin with, and the version that this must lead to.
    pub(crate) fn versions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // It has no say in the version of an old handshake but the newest.
            Self::Python => &[("legacy", "2025-11-25"), ("auto", "2026-07-28")],
            Self::GoSdk => &[
                ("2024-11-05", "2024-11-05"),
                ("2025-03-26", "2025-03-26"),
                ("2025-06-18", "2025-06-18"),
                ("2025-11-25", "2025-11-25"),
                ("2026-07-28", "2026-07-28"),
            ],
            Self::McpGo => &[("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18")],
        }
    }

    fn command(self) -> Option<Command> {
        match self {
            Self::Python => {
                let mut command = Command::new(installed("python/bin/python")?);
                command.arg(format!("{FOLDER}/python/client.py"));
                Some(command)
            }
            Self::GoSdk => Some(Command::new(installed("bin/gosdk")?)),
            Self::McpGo => Some(Command::new(installed("bin/mcpgo")?)),
        }
    }
}

/// A running client. It ends with its standard input, at the latest when it is dropped.
pub(crate) struct McpClient {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl McpClient {
    /// `None` where it is not installed: the test then passes without testing and says so; not where CI runs it.
    pub(crate) fn start(which: Foreign) -> Option<Self> {
        let mut command = which.command()?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Self { input, output: BufReader::new(output).lines(), _child: child })
    }

    /// What it says to one command.
    pub(crate) async fn ask(&mut self, command: &Value) -> Value {
        self.input.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let line = timeout(PATIENCE, self.output.next_line()).await.unwrap().unwrap();
        serde_json::from_str(&line.unwrap()).unwrap()
    }
}

/// Which of the official conformance suites.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suite {
    /// The released one, for the revisions up to 2025-11-25.
    Released,
    /// The coming one, for the revision 2026-07-28.
    Coming,
}

/// Runs a suite against a server. `deviations` is the file with the scenarios that must fail.
pub(crate) async fn conformance(suite: Suite, url: &str, deviations: &str) -> Option<Output> {
    let (package, arguments): (_, &[&str]) = match suite {
        Suite::Released => ("@modelcontextprotocol/conformance", &["--suite", "all"]),
        Suite::Coming => ("conformance-2026-07-28", &["--suite", "all", "--spec-version", "2026-07-28"]),
    };
    let program = installed(&format!("conformance/node_modules/{package}/dist/index.js"))?;
    let mut command = Command::new(installed("conformance/node_modules/.bin/node")?);
    command.arg(program).args(["server", "--url", url]).args(arguments);
    command.arg("--expected-failures").arg(deviations_file(deviations)).kill_on_drop(true);
    Some(timeout(PATIENCE, command.output()).await.unwrap().unwrap())
}

/// A list of scenarios that must fail, each with its reason.
pub(crate) fn deviations_file(name: &str) -> PathBuf {
    Path::new(FOLDER).join("conformance").join(name)
}

#[expect(clippy::disallowed_methods, reason = "tests have no config.rs")]
fn installed(path: &str) -> Option<PathBuf> {
    static SAY_ONCE: Once = Once::new();
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let file = Path::new(&variable("HOME")).join(".cache/todo/mcp-clients").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(variable("CI") != "true", "{} is missing; CI tests with MCP clients of others, too", file.display());
    SAY_ONCE.call_once(|| {
        // Past the test harness, which would swallow it.
        let line = "skipped: tests with MCP clients of others, because not all are installed (try make setup)";
        let _ = writeln!(std::io::stderr(), "{line}");
    });
    None
}
