//! The part of the command line that is about a release in a cluster. Absent on purpose: whether there is such a release.

use std::path::{Path, PathBuf};

use clap::Args;
use url::Url;

use super::address::{check_origin, check_url};

/// Where the chart is in this clone.
const CHART: &str = "helm/todo";

#[derive(Debug, Args)]
#[command(next_help_heading = "With --target cluster")]
pub(super) struct ClusterArguments {
    /// Namespace of the release [default: todo]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,

    /// Name of the Helm release; one that exists is loaded as it is and left as it was found [default: todo]
    #[arg(long, value_name = "NAME")]
    release: Option<String>,

    /// Install the release when there is none, and uninstall it at the end, its data included
    #[arg(long)]
    install: bool,

    /// Chart to install and to upgrade with [default: helm/todo]
    #[arg(long, value_name = "FOLDER")]
    chart: Option<PathBuf>,

    /// Values file of the installation; may be repeated
    #[arg(long, value_name = "FILE", requires = "install")]
    values: Vec<PathBuf>,

    /// One value of the installation; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "install")]
    set: Vec<String>,

    /// Leave the installed release where it is
    #[arg(long, requires = "install")]
    keep: bool,

    /// BACKUP on a release that was there before: its database is wiped and restored from a dump of the minute before
    #[arg(long)]
    wipe: bool,

    /// Prometheus that scrapes the release, for SC-007, METRICS and as second witness [default: the one that the cluster's
    /// prometheus-operator runs, through the API server]
    #[arg(long, value_name = "URL")]
    prometheus: Option<Url>,

    /// Loki that the release pushes its lines to, for SC-007 [default: the Service loki, through the API server]
    #[arg(long, value_name = "URL")]
    loki: Option<Url>,

    /// Grafana with the chart's dashboards: the report links to them, with the time of the run
    #[arg(long, value_name = "URL")]
    grafana: Option<Url>,

    /// Reach the frontend here instead of through its Service
    #[arg(long, value_name = "URL")]
    frontend: Option<Url>,
}

/// The release to load, and how to come by it.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    pub namespace: String,
    pub release: String,
    /// Install it when it is not there.
    pub install: bool,
    /// Leave what was installed.
    pub keep: bool,
    /// Absent when there is no chart where it usually is, which only an upgrade would miss.
    pub chart: Option<PathBuf>,
    /// Wipe and restore the database also of a release that is not ours.
    pub wipe: bool,
    /// `--values` and `--set`, ready for helm.
    pub helm_arguments: Vec<String>,
    pub prometheus: Option<Url>,
    pub loki: Option<Url>,
    /// Without a slash at the end.
    pub grafana: Option<String>,
    /// Reach the backend here instead of through its Service.
    pub url: Option<Url>,
    pub frontend: Option<Url>,
}

impl ClusterArguments {
    /// The first option that makes sense for a cluster only.
    pub(super) fn used(&self) -> Option<&'static str> {
        [
            (self.namespace.is_some(), "--namespace"),
            (self.release.is_some(), "--release"),
            (self.install, "--install"),
            (self.chart.is_some(), "--chart"),
            (self.wipe, "--wipe"),
            (self.prometheus.is_some(), "--prometheus"),
            (self.loki.is_some(), "--loki"),
            (self.grafana.is_some(), "--grafana"),
        ]
        .into_iter()
        .find_map(|(used, option)| used.then_some(option))
    }

    /// Where the frontend is, for whoever asks it by hand.
    pub(super) fn frontend(&self) -> Result<Option<Url>, String> {
        self.frontend.as_ref().map_or(Ok(()), |url| check_url("--frontend", url))?;
        Ok(self.frontend.clone())
    }

    pub(super) fn check(self, url: Option<Url>) -> Result<ClusterOptions, String> {
        let frontend = self.frontend()?;
        for (option, url) in [("--prometheus", &self.prometheus), ("--loki", &self.loki)] {
            url.as_ref().map_or(Ok(()), |url| check_url(option, url))?;
        }
        // Grafana often has a path of its own behind an ingress.
        self.grafana.as_ref().map_or(Ok(()), |url| check_origin("--grafana", url))?;
        let name = |option: &str, name: Option<String>| match name {
            None => Ok("todo".to_owned()),
            Some(name) if is_name(&name) => Ok(name),
            Some(name) => {
                Err(format!("{option} {name:?} is not a name: small letters, digits and hyphens, 53 at most"))
            }
        };
        let holds = |chart: &Path| chart.join("Chart.yaml").is_file();
        let chart = match self.chart {
            Some(chart) if holds(&chart) => Some(chart),
            Some(chart) => return Err(format!("--chart {}: there is no Chart.yaml in it", chart.display())),
            None => Some(PathBuf::from(CHART)).filter(|chart| holds(chart)),
        };
        if self.install && chart.is_none() {
            return Err(format!("--install needs a chart: there is no {CHART}/Chart.yaml here, name one by --chart"));
        }
        if let Some(file) = self.values.iter().find(|file| !file.is_file()) {
            return Err(format!("--values {}: there is no such file", file.display()));
        }
        if let Some(value) = self.set.iter().find(|value| !value.contains('=')) {
            return Err(format!("--set {value:?} is not KEY=VALUE"));
        }
        let files = self.values.iter().flat_map(|file| ["--values".to_owned(), file.display().to_string()]);
        let single = self.set.iter().flat_map(|value| ["--set".to_owned(), value.clone()]);
        Ok(ClusterOptions {
            namespace: name("--namespace", self.namespace)?,
            release: name("--release", self.release)?,
            install: self.install,
            keep: self.keep,
            wipe: self.wipe,
            chart,
            helm_arguments: files.chain(single).collect(),
            prometheus: self.prometheus,
            loki: self.loki,
            grafana: self.grafana.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            url,
            frontend,
        })
    }
}

/// What Kubernetes and Helm both accept.
fn is_name(name: &str) -> bool {
    (1..=53).contains(&name.len())
        && name.chars().all(|character| matches!(character, 'a'..='z' | '0'..='9' | '-'))
        && !name.starts_with('-')
        && !name.ends_with('-')
}
