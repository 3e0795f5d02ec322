//! The command line: what can be asked, and one clear line for what cannot. Absent on purpose: doing anything about it.

mod address;
mod cluster;

use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::{Parser, ValueEnum};
use url::Url;

use crate::criteria;
use crate::plan::Plan;

use address::check_url;
pub use cluster::ClusterOptions;

const EXAMPLES: &str = "\
Examples:
  cargo run -p loadtest                              judge this clone's backend, in about a minute
  cargo run -p loadtest -- --only LATENCY,ERRORS     only these criteria and their phases
  cargo run -p loadtest -- --skip START              everything but the ten starts
  cargo run -p loadtest -- --users 100 --duration 60s   more users, for longer
  cargo run -p loadtest -- --plan '10,5s;10,30s;80,10s;80,20s'   own steps of users and time
  cargo run -p loadtest -- --url http://127.0.0.1:8000   a running server, without breaking it
  cargo run -p loadtest -- --target cluster           the Helm release todo in the namespace todo
  cargo run -p loadtest -- --target cluster --install --keep   the same, installed if missing
  cargo run -p loadtest -- --format json | jq .passed

Exit status:
  0  every measured criterion passed
  1  a criterion failed
  2  the run could not be done, or was interrupted

With --target cluster pods are killed, settings broken and mended, the release upgraded and rolled back,
its data wiped and restored; everything is left as it was found. Name only a release that may suffer that.

With --url the server is loaded as it is: start it with REQUESTS_PER_MINUTE=0, LOGINS_PER_MINUTE=0 and
CHAT_MESSAGES_PER_MINUTE=0, because its refusals count as failures, and let nobody else use it meanwhile.
It loads whatever you name: name only your own.";

/// Loads the to-do application, breaks it, watches it and returns a verdict on every success criterion.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, max_term_width = 120)]
struct Arguments {
    /// What to load: a backend started for the purpose on this machine, or a release in a Kubernetes cluster
    #[arg(long, value_enum, default_value = "local")]
    target: Target,

    /// Load this running server instead of starting one; nothing is killed or restarted. With --target cluster: reach
    /// the backend here instead of through its Service
    #[arg(long, value_name = "URL")]
    url: Option<Url>,

    /// Only sign up, create, read and delete a task through --url, and by its pages through --frontend
    #[arg(long, requires = "url")]
    check: bool,

    /// Only merge the verdicts of several workers, found in these files or logs; "-" reads stdin
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["url", "target", "check"])]
    merge: Vec<PathBuf>,

    /// Users at the heaviest step [default: 40, in a cluster 12]
    #[arg(long, value_name = "N", conflicts_with = "plan", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=2000))]
    users: Option<u32>,

    /// How long the steady load lasts, such as 30s or 2m; the other phases come on top [default: 36s]
    #[arg(long, value_name = "TIME", conflicts_with = "plan")]
    duration: Option<String>,

    /// Steps of the steady load in goose's form: "users,time;users,time", as in "10,5s;10,30s"
    #[arg(long, value_name = "PLAN")]
    plan: Option<String>,

    /// Judge only these criteria, separated by commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,

    /// Judge all but these criteria, separated by commas
    #[arg(long, value_name = "ID", value_delimiter = ',', conflicts_with = "only")]
    skip: Vec<String>,

    /// Where verdict.json, junit.xml, timeline.csv and report.html go
    #[arg(long, value_name = "FOLDER", default_value = "target/loadtest")]
    report_dir: PathBuf,

    /// What is printed at the end
    #[arg(long, value_enum, default_value = "table")]
    format: Format,

    /// Repeats the choices of an earlier run [default: from the clock]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Another executable that serves the backend; it gets the settings in its environment and no arguments
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    backend: Option<PathBuf>,

    #[command(flatten)]
    cluster: cluster::ClusterArguments,
}

/// Where the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    Local,
    Cluster,
}

/// What is printed at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    Table,
    /// The content of verdict.json
    Json,
}

/// A command line that makes sense.
#[derive(Debug)]
pub struct Options {
    /// A server that is already running.
    pub url: Option<Url>,
    /// A release in a cluster.
    pub cluster: Option<ClusterOptions>,
    /// Only look whether the servers work.
    pub check: Option<Check>,
    /// Only merge what is in these files.
    pub merge: Vec<PathBuf>,
    pub backend: Option<PathBuf>,
    pub plan: Plan,
    /// Ids of the criteria to judge, in the judge's order.
    pub criteria: Vec<&'static str>,
    pub report_dir: PathBuf,
    pub format: Format,
    pub seed: u64,
}

/// The two servers of an installation.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub backend: Url,
    pub frontend: Option<Url>,
}

impl Options {
    /// Whether this criterion is to be judged.
    pub fn wants(&self, id: &str) -> bool {
        self.criteria.contains(&id)
    }
}

/// Why a command line is not a run.
#[derive(Debug)]
pub enum Refusal {
    /// `--help` or `--version`: print and leave with success.
    Information(StyledStr),
    /// One line for stderr.
    Mistake(String),
}

/// Reads a command line, program name included.
pub fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Options, Refusal> {
    let arguments = Arguments::try_parse_from(arguments).map_err(|error| {
        if error.use_stderr() { Refusal::Mistake(one_line(&error)) } else { Refusal::Information(error.render()) }
    })?;
    arguments.check().map_err(Refusal::Mistake)
}

/// Clap explains itself in a paragraph; its first line holds the mistake.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    format!("{} (see --help)", first.join(" ").trim_start_matches("error: "))
}

impl Arguments {
    fn check(self) -> Result<Options, String> {
        if let Some(url) = &self.url {
            check_url("--url", url)?;
        }
        let in_cluster = self.target == Target::Cluster;
        if let Some(option) = self.cluster.used().filter(|_| !in_cluster) {
            return Err(format!("{option} makes sense with --target cluster only"));
        }
        if in_cluster
            && let Some(option) = [(self.check, "--check"), (self.backend.is_some(), "--backend")]
                .into_iter()
                .find_map(|(used, option)| used.then_some(option))
        {
            return Err(format!("{option} does not go together with --target cluster"));
        }
        let frontend = self.cluster.frontend()?;
        if frontend.is_some() && !in_cluster && !self.check {
            return Err("--frontend makes sense with --target cluster or --check only".to_owned());
        }
        if let Some(path) = &self.backend
            && !path.is_file()
        {
            return Err(format!("--backend {}: there is no such file", path.display()));
        }
        let plan = match &self.plan {
            Some(plan) => Plan::parse(plan).map_err(|why| format!("--plan {plan:?}: {why}"))?,
            None => {
                let duration = self.duration.as_deref().map_or(Ok(36), |text| {
                    goose::util::parse_timespan(text)
                        .filter(|seconds| (5..=86_400).contains(seconds))
                        .ok_or_else(|| format!("--duration {text:?} is not a time from 5s to 24h, such as 30s or 2m"))
                })?;
                Plan::standard(self.users.unwrap_or(if in_cluster { 12 } else { 40 }), duration)
            }
        };
        let check = self.url.clone().filter(|_| self.check).map(|backend| Check { backend, frontend });
        let cluster = if in_cluster { Some(self.cluster.check(self.url.clone())?) } else { None };
        Ok(Options {
            url: self.url.filter(|_| cluster.is_none() && check.is_none()),
            cluster,
            check,
            merge: self.merge,
            backend: self.backend,
            plan,
            criteria: chosen(&self.only, &self.skip)?,
            report_dir: self.report_dir,
            format: self.format,
            seed: self.seed.unwrap_or_else(seed_from_clock),
        })
    }
}

/// The criteria to judge: those of `only`, or all without those of `skip`.
fn chosen(only: &[String], skip: &[String]) -> Result<Vec<&'static str>, String> {
    for (option, ids) in [("--only", only), ("--skip", skip)] {
        for id in ids {
            if !criteria::IDS.iter().any(|known| known.eq_ignore_ascii_case(id)) {
                return Err(format!(
                    "{option} {id:?}: there is no such criterion; there are {}",
                    criteria::IDS.join(", ")
                ));
            }
        }
    }
    let named = |ids: &[String], id: &str| ids.iter().any(|other| other.eq_ignore_ascii_case(id));
    let left: Vec<&'static str> = criteria::IDS
        .iter()
        .copied()
        .filter(|id| if only.is_empty() { !named(skip, id) } else { named(only, id) })
        .collect();
    if left.is_empty() { Err("--skip leaves no criterion to judge".to_owned()) } else { Ok(left) }
}

fn seed_from_clock() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, Refusal> {
        parse(std::iter::once("loadtest").chain(line.split_whitespace()).map(Into::into))
    }

    fn mistake(line: &str) -> String {
        match parsed(line) {
            Err(Refusal::Mistake(what)) => what,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn nothing_means_every_criterion_on_a_local_backend() {
        let options = parsed("").unwrap();
        assert_eq!(options.criteria, criteria::IDS);
        assert_eq!((options.format, options.report_dir.to_str()), (Format::Table, Some("target/loadtest")));
        assert!(options.url.is_none() && options.backend.is_none());
    }

    #[test]
    fn only_and_skip_name_criteria_in_any_case() {
        assert_eq!(parsed("--only latency,SC-003").unwrap().criteria, ["SC-003", "LATENCY"]);
        assert!(!parsed("--skip start").unwrap().criteria.contains(&"START"));
    }

    #[test]
    fn every_mistake_is_one_line_that_names_the_option() {
        for (line, named) in [
            ("--target cluster --backend /bin/true", "--backend"),
            ("--target cluster --url http://127.0.0.1:1 --check", "--check"),
            ("--target cluster --namespace Todo", "--namespace"),
            ("--target cluster --release x-", "--release"),
            ("--target cluster --chart /no/chart", "/no/chart"),
            ("--target cluster --install --chart src", "Chart.yaml"),
            ("--target cluster --values Cargo.toml", "--install"),
            ("--target cluster --keep", "--install"),
            ("--target cluster --prometheus http://127.0.0.1/graph", "--prometheus"),
            ("--target cluster --loki http://127.0.0.1/loki", "--loki"),
            ("--target cluster --grafana http://127.0.0.1/?orgId=1", "--grafana"),
            ("--target cluster --grafana https://me:hunter2@grafana", "--grafana"),
            ("--grafana http://127.0.0.1:3000", "--target cluster"),
            ("--loki http://127.0.0.1:3100", "--target cluster"),
            ("--target cluster --frontend ftp://x", "--frontend"),
            ("--namespace todo", "--target cluster"),
            ("--wipe", "--target cluster"),
            ("--frontend http://127.0.0.1:1", "--check"),
            ("--check", "--url"),
            ("--merge", "--merge"),
            ("--merge a.log --url http://127.0.0.1:1", "--merge"),
            ("--target moon", "moon"),
            ("--only SC-999", "SC-999"),
            ("--only LOGS --skip LOGS", "--skip"),
            ("--users 0", "0"),
            ("--users many", "many"),
            ("--users 5 --plan 5,5s", "--plan"),
            ("--duration soon", "soon"),
            ("--duration 1s", "1s"),
            ("--plan 5", "--plan"),
            ("--plan 0,5s", "--plan"),
            ("--url ftp://127.0.0.1", "ftp"),
            ("--url http://127.0.0.1/api", "without a path"),
            ("--url http://me:hunter2@127.0.0.1", "without a name"),
            ("--url nowhere", "nowhere"),
            ("--backend /no/such/file", "/no/such/file"),
            ("--url http://127.0.0.1:1 --backend /bin/true", "--backend"),
            ("--format xml", "xml"),
            ("surplus", "surplus"),
        ] {
            let what = mistake(line);
            assert!(what.contains(named), "{line}: {what}");
            assert!(!what.contains('\n'), "{line}: {what}");
        }
    }

    #[test]
    fn a_cluster_needs_no_option_at_all() {
        let options = parsed("--target cluster").unwrap();
        let cluster = options.cluster.unwrap();
        assert_eq!((cluster.namespace.as_str(), cluster.release.as_str()), ("todo", "todo"));
        assert!(!cluster.install && !cluster.keep && options.url.is_none() && options.check.is_none());
        assert_eq!(options.plan.peak_users(), 12);
    }

    #[test]
    fn an_installation_is_given_to_helm_as_typed() {
        let chart = tempfile::tempdir().unwrap();
        std::fs::write(chart.path().join("Chart.yaml"), "").unwrap();
        let line = "--target cluster --install --keep --values Cargo.toml --set a.b=1 --set c=2 --namespace lt-one";
        let line = format!("{line} --chart {} --url http://127.0.0.1:1", chart.path().display());
        let cluster = parsed(&line).unwrap().cluster.unwrap();
        assert_eq!(cluster.helm_arguments, ["--values", "Cargo.toml", "--set", "a.b=1", "--set", "c=2"]);
        assert_eq!((cluster.namespace.as_str(), cluster.keep), ("lt-one", true));
        assert_eq!(cluster.url.unwrap().as_str(), "http://127.0.0.1:1/");
    }

    #[test]
    fn grafana_may_have_a_path_of_its_own() {
        let cluster =
            parsed("--target cluster --grafana https://example.com/grafana/ --loki http://127.0.0.1:3100").unwrap();
        let cluster = cluster.cluster.unwrap();
        assert_eq!(cluster.grafana.as_deref(), Some("https://example.com/grafana"));
        assert_eq!(cluster.loki.unwrap().port(), Some(3100));
        assert_eq!(parsed("--target cluster").unwrap().cluster.unwrap().grafana, None);
    }

    #[test]
    fn a_check_names_the_servers() {
        let options = parsed("--check --url http://todo-backend:8000 --frontend http://todo-frontend:3000").unwrap();
        let check = options.check.unwrap();
        assert_eq!(check.frontend.unwrap().host_str(), Some("todo-frontend"));
        assert!(options.url.is_none());
    }

    #[test]
    fn help_shows_examples_and_is_no_mistake() {
        match parsed("--help") {
            Err(Refusal::Information(text)) => {
                assert!(text.to_string().contains("cargo run -p loadtest -- --only"), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
}
