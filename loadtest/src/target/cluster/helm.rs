//! Helm, called as a program, as people do. Absent on purpose: templates, and any opinion about an exit status.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use super::{Cluster, ClusterError};

/// Longer than anything that helm does here: it is not left hanging after a release that never becomes ready.
const PATIENCE: Duration = Duration::from_secs(420);

/// Helm and the release that it manages.
#[derive(Clone, Debug)]
pub struct Helm {
    pub namespace: String,
    pub release: String,
    /// The chart to install or upgrade with; absent when none is at hand.
    pub chart: Option<PathBuf>,
    /// `--values` and `--set` of an installation, as typed.
    pub arguments: Vec<String>,
}

/// One line of a release's history.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Revision {
    pub revision: u32,
    pub status: String,
    #[serde(default)]
    pub description: String,
}

impl Helm {
    /// `None` when there is no `helm` on the PATH.
    pub async fn find(cluster: &Cluster, chart: Option<PathBuf>, arguments: Vec<String>) -> Option<Self> {
        let helm = Self { namespace: cluster.namespace.clone(), release: cluster.release.clone(), chart, arguments };
        helm.run(&["version", "--short"]).await.ok().map(|_| helm)
    }

    /// Installs, creating the namespace when it is missing, and returns as soon as the objects are there: who waits
    /// for them also wants to see how.
    pub async fn install(&self) -> Result<(), ClusterError> {
        let chart = self.chart()?;
        let mut arguments = vec!["install", &self.release, &chart, "--create-namespace"];
        arguments.extend(self.arguments.iter().map(String::as_str));
        self.run(&arguments).await.map(drop)
    }

    /// Upgrades, keeping the values that the release was given on top of the chart's present ones, and waits until the new
    /// pods are Ready.
    pub async fn upgrade(&self, extra: &[&str]) -> Result<(), ClusterError> {
        let chart = self.chart()?;
        let mut arguments =
            vec!["upgrade", &self.release, &chart, "--reset-then-reuse-values", "--wait", "--timeout", "5m"];
        arguments.extend(extra);
        self.run(&arguments).await.map(drop)
    }

    /// Goes back to a revision and waits until its pods are Ready.
    pub async fn rollback(&self, revision: u32) -> Result<(), ClusterError> {
        let revision = revision.to_string();
        self.run(&["rollback", &self.release, &revision, "--wait", "--timeout", "5m"]).await.map(drop)
    }

    /// Every revision that helm remembers, oldest first.
    pub async fn history(&self) -> Result<Vec<Revision>, ClusterError> {
        let told = self.run(&["history", &self.release, "--output", "json"]).await?;
        serde_json::from_str(&told).map_err(|error| ClusterError::Other(format!("helm history: {error}")))
    }

    /// The values that the release was given.
    pub async fn values(&self) -> Result<Value, ClusterError> {
        let told = self.run(&["get", "values", &self.release, "--output", "json"]).await?;
        serde_json::from_str(&told).map_err(|error| ClusterError::Other(format!("helm get values: {error}")))
    }

    pub async fn uninstall(&self) -> Result<(), ClusterError> {
        self.run(&["uninstall", &self.release, "--wait", "--timeout", "3m"]).await.map(drop)
    }

    fn chart(&self) -> Result<String, ClusterError> {
        let chart = self.chart.as_ref().ok_or_else(|| ClusterError::Other("there is no chart (--chart)".to_owned()))?;
        Ok(chart.display().to_string())
    }

    /// Runs helm in the release's namespace and returns what it printed.
    async fn run(&self, arguments: &[&str]) -> Result<String, ClusterError> {
        let verb = arguments.first().copied().unwrap_or_default();
        let mut command = Command::new("helm");
        command.args(arguments).args(["--namespace", &self.namespace]);
        // A process group of its own: Ctrl-C is for us, and helm interrupted half-way leaves a locked release.
        command.stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        let failed = |why: String| ClusterError::Other(format!("helm {verb} failed: {why}"));
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.map_err(|_| failed(format!("no answer in {} s", PATIENCE.as_secs())))?;
        let output = output.map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Err(failed(said.join(" ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_read() {
        let told = r#"[{"revision":1,"updated":"x","status":"superseded","chart":"todo-0.1.0","app_version":"0.1.0","description":"Install complete"},
            {"revision":2,"status":"deployed"}]"#;
        let history: Vec<Revision> = serde_json::from_str(told).unwrap();
        assert_eq!((history[1].revision, history[1].status.as_str()), (2, "deployed"));
        assert_eq!(history[0].description, "Install complete");
    }
}
