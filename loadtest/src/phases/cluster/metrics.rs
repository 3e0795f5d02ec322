//! METRICS in a cluster, through Prometheus: names, labels and series of every pod, and the requests that all pods together have
//! counted between two quiet moments. Absent on purpose: the rules, which are those of one process (`phases::metrics`).

use std::collections::{BTreeMap, BTreeSet};

use telemetry::names::{self, Metric, Servers};

use super::Traffic;
use super::rest::fresh;
use crate::api::Api;
use crate::exposition::{Sample, Scrape};
use crate::measurements::{Agreement, Metrics, PodSeries, RouteLatency};
use crate::monitoring::Prometheus;
use crate::monitoring::prometheus::{JOBS, broken};
use crate::phases::metrics::{RANDOM_PATHS, agreement, compare, random_paths};
use crate::phases::{Context, Stopped};

/// Per pod, before the series are counted: a Service spreads by chance, and each pod must have seen every kind of path.
const WARM_UP: usize = 120;
/// How often the series are counted at most. A pod that joins after the warm-up meets its first ordinary requests, each kind of
/// which has series of its own, beside the random paths: then all of it is done once more.
const ATTEMPTS: usize = 3;
/// What operator and Prometheus add to every sample.
const TARGET: &[&str] =
    &["namespace", "pod", "service", "container", "job", "instance", "prometheus", "prometheus_replica", "release"];

/// The requests that every pod of the backend has counted up to a quiet moment.
#[derive(Debug)]
pub struct Counted {
    scrape: Scrape,
    /// Prometheus's time of the reading.
    pub at: f64,
}

impl Counted {
    /// Reads the counters themselves once every pod was scraped after now: `increase()` would guess at both ends.
    pub async fn read(context: &Context, prometheus: &Prometheus, namespace: &str) -> Result<Self, Stopped> {
        let at = prometheus.settled(context, namespace).await?;
        let query = format!("{}{{namespace=\"{namespace}\",job=\"todo-backend\"}}", names::HTTP_REQUESTS);
        let samples = context.unless_interrupted(prometheus.query(&query, Some(at))).await?.map_err(broken)?;
        Ok(Self { scrape: Scrape { samples, ..Scrape::default() }, at })
    }

    /// What was counted since `before`, beside what the client has counted. A pod that is gone took its counts with it.
    pub fn since(&self, before: &Self, client: &BTreeMap<String, u64>) -> Result<Vec<Agreement>, Stopped> {
        for old in &before.scrape.samples {
            let new = self.scrape.samples.iter().find(|new| new.labels == old.labels);
            if new.is_none_or(|new| new.value < old.value) {
                let pod = old.labels.get("pod").map_or("a pod", String::as_str);
                return Err(Stopped::Impossible(format!(
                    "Requests could not be compared: {pod} left or was restarted while they were counted."
                )));
            }
        }
        Ok(agreement(&before.scrape, &self.scrape, client))
    }
}

/// Writes the probe's p95 and Prometheus's beside each other, for the reader.
pub async fn add_p95(
    rows: &mut [Agreement],
    probed: &[RouteLatency],
    prometheus: &Prometheus,
    namespace: &str,
    (from, to): (f64, f64),
) {
    let seconds = (to - from).ceil();
    let query = format!(
        "histogram_quantile(0.95, sum by (le, method, endpoint) (rate({}_bucket{{namespace=\"{namespace}\",job=\"todo-backend\"}}[{seconds}s])))",
        names::HTTP_DURATION
    );
    // Only beside the judged figures: without it they stand alone.
    let Ok(quantiles) = prometheus.query(&query, Some(to)).await else { return };
    for row in rows {
        let label = |sample: &Sample, name: &str| sample.labels.get(name).cloned().unwrap_or_default();
        let same = |sample: &&Sample| format!("{} {}", label(sample, "method"), label(sample, "endpoint")) == row.route;
        row.client_p95_ms = probed.iter().find(|probed| probed.route == row.route).and_then(|probed| probed.p95_ms);
        row.server_p95_ms =
            quantiles.iter().find(same).map(|sample| sample.value * 1_000.0).filter(|value| value.is_finite());
    }
}

/// Compares the names of every pod with the documented ones, then asks both servers for random paths and counts the series
/// before and after.
pub async fn run(
    context: &Context,
    traffic: &Traffic,
    prometheus: &Prometheus,
    namespace: &str,
    agreement: Vec<Agreement>,
) -> Result<Metrics, Stopped> {
    let _phase = context.watch.phase("random paths");
    let servers = [fresh(traffic)?, Api::new(traffic.shared.http.clone(), &traffic.frontend)];
    let mut attempt = 1;
    let (before, answered, after) = loop {
        let known = exported(context, prometheus, namespace).await?;
        for server in &servers {
            random_paths(context, server, WARM_UP * known.len().max(1)).await?;
        }
        let before = exported(context, prometheus, namespace).await?;
        let mut answered = u64::MAX;
        for server in &servers {
            answered = answered.min(random_paths(context, server, RANDOM_PATHS).await?);
        }
        let after = exported(context, prometheus, namespace).await?;
        if attempt == ATTEMPTS || !has_joined(&known, &after) {
            break (before, answered, after);
        }
        attempt += 1;
        context.progress.note("a pod joined after the warm-up of the random paths, so they are asked for once more");
    };
    let mut metrics =
        Metrics { documented: names::ALL.len() as u64, random_paths: answered, agreement, ..Metrics::default() };
    for (pod, (job, scrape)) in &after {
        add(&mut metrics, pod, compare(scrape, &documented(job)));
        let before = before.get(pod).map_or(0, |(_, scrape)| scrape.series());
        metrics.pods.push(PodSeries { pod: pod.clone(), before, after: scrape.series() });
    }
    Ok(metrics)
}

/// What Prometheus holds of every pod after a scrape from now on: the job, and the samples as the pod exported them.
async fn exported(
    context: &Context,
    prometheus: &Prometheus,
    namespace: &str,
) -> Result<BTreeMap<String, (String, Scrape)>, Stopped> {
    let at = prometheus.settled(context, namespace).await?;
    let asking = async {
        let samples = prometheus.query(&format!("{{namespace=\"{namespace}\",job=~\"{JOBS}\"}}"), Some(at)).await?;
        let mut kinds = BTreeMap::new();
        for job in JOBS.split('|') {
            let told = prometheus.kinds(&format!("{{namespace=\"{namespace}\",job=\"{job}\"}}")).await?;
            kinds.insert(job.to_owned(), told);
        }
        Ok((samples, kinds))
    };
    let (samples, kinds) = context.unless_interrupted(asking).await?.map_err(broken)?;
    Ok(by_pod(samples, &kinds))
}

/// Whether a pod is there that was not known before.
fn has_joined<T>(known: &BTreeMap<String, T>, now: &BTreeMap<String, T>) -> bool {
    now.keys().any(|pod| !known.contains_key(pod))
}

fn by_pod(
    samples: Vec<Sample>,
    kinds: &BTreeMap<String, BTreeMap<String, String>>,
) -> BTreeMap<String, (String, Scrape)> {
    let mut pods: BTreeMap<String, (String, Scrape)> = BTreeMap::new();
    for mut sample in samples.into_iter().filter(|sample| !is_foreign(&sample.name)) {
        let label = |name: &str| sample.labels.get(name).cloned();
        // What a rule has made of several pods is no sample of one.
        let (Some(pod), Some(job)) = (label("pod"), label("job")) else { continue };
        // The operator's name of a port, where a ServiceMonitor keeps it; of our own metrics it is the route.
        let routed = |metric: &&Metric| metric.labels.iter().any(|label| label.name == "endpoint");
        let routed = names::ALL.iter().filter(routed).any(|metric| sample.name.starts_with(metric.name));
        sample.labels.retain(|name, _| !TARGET.contains(&name.as_str()) && (routed || name != "endpoint"));
        let new = || (job.clone(), Scrape { kinds: kinds.get(&job).cloned().unwrap_or_default(), ..Scrape::default() });
        pods.entry(pod).or_insert_with(new).1.samples.push(sample);
    }
    pods.values_mut().for_each(|(_, scrape)| restore_empty(&mut scrape.samples));
    pods
}

/// To Prometheus a label without a value is none, such as the method of a request whose method is nobody's: where other series of
/// the same name have the label, or it is documented that it may be empty, it was exported.
fn restore_empty(samples: &mut [Sample]) {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sample in samples.iter() {
        let labels = names::find(&sample.name).map_or(&[][..], |metric| metric.labels);
        let may_be_empty = labels.iter().filter(|label| label.values.contains(&"")).map(|label| label.name.to_owned());
        let labels = may_be_empty.chain(sample.labels.keys().cloned());
        known.entry(sample.name.clone()).or_default().extend(labels);
    }
    for sample in samples {
        for name in known.get(&sample.name).into_iter().flatten() {
            sample.labels.entry(name.clone()).or_default();
        }
    }
}

/// What Prometheus adds of its own: about its scrapes, and the results of rules.
fn is_foreign(name: &str) -> bool {
    name == "up" || name.starts_with("scrape_") || name.contains(':') || name.starts_with("ALERTS")
}

fn documented(job: &str) -> Vec<&'static Metric> {
    names::ALL.iter().filter(|metric| metric.servers == Servers::Both || job == "todo-backend").collect()
}

/// Adds what one pod does differently from the documentation, with the pod's name.
fn add(all: &mut Metrics, pod: &str, one: Metrics) {
    let named = |list: Vec<String>| list.into_iter().map(|what| format!("{what} in {pod}")).collect::<BTreeSet<_>>();
    all.missing.extend(named(one.missing));
    all.undocumented.extend(named(one.undocumented));
    all.wrong_labels.extend(named(one.wrong_labels));
    all.summaries.extend(named(one.summaries));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, labels: &[(&str, &str)], value: f64) -> Sample {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sample { name: name.to_owned(), labels, value }
    }

    fn counted(rows: &[(&str, &str, f64)]) -> Counted {
        let sample = |(pod, status, value): &(&str, &str, f64)| {
            let labels = [("pod", *pod), ("method", "GET"), ("endpoint", "/api/me"), ("status", *status)];
            sample(names::HTTP_REQUESTS, &labels, *value)
        };
        Counted { scrape: Scrape { samples: rows.iter().map(sample).collect(), ..Scrape::default() }, at: 0.0 }
    }

    #[test]
    fn counts_of_all_pods_add_up_and_a_new_pod_counts_from_zero() {
        let before = counted(&[("a", "200", 5.0)]);
        let after = counted(&[("a", "200", 9.0), ("b", "200", 3.0), ("b", "401", 1.0)]);
        let client = BTreeMap::from([("GET /api/me".to_owned(), 8)]);
        let rows = after.since(&before, &client).expect("two readings");
        assert_eq!((rows.len(), rows[0].client, rows[0].server), (1, 8, 8));
    }

    #[test]
    fn a_pod_that_left_or_began_anew_makes_counts_incomparable() {
        let before = counted(&[("a", "200", 5.0), ("b", "200", 5.0)]);
        for after in [counted(&[("a", "200", 9.0)]), counted(&[("a", "200", 9.0), ("b", "200", 1.0)])] {
            let why = after.since(&before, &BTreeMap::new()).expect_err("no comparison");
            assert!(matches!(&why, Stopped::Impossible(text) if text.contains("b left")), "{why:?}");
        }
    }

    #[test]
    fn a_pod_that_joined_after_the_warm_up_is_noticed_and_one_that_left_is_none() {
        let pods = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), ())).collect::<BTreeMap<_, _>>();
        assert!(has_joined(&pods(&["a", "b"]), &pods(&["a", "b", "c"])));
        assert!(has_joined(&pods(&["a", "b"]), &pods(&["b", "c"])), "one came for one that left");
        assert!(!has_joined(&pods(&["a", "b"]), &pods(&["b"])));
    }

    #[test]
    fn the_samples_of_a_pod_are_those_that_it_exported() {
        let target = [("namespace", "todo"), ("pod", "a"), ("job", "todo-backend"), ("instance", "10.0.0.1:8000")];
        let with = |name: &str, own: &[(&str, &str)]| sample(name, &[&target[..], own].concat(), 1.0);
        let told = [(names::HTTP_PENDING, "gauge"), (names::PANICS, "counter")];
        let told = told.map(|(name, kind)| (name.to_owned(), kind.to_owned())).into();
        let pods = by_pod(
            vec![
                with(names::HTTP_PENDING, &[("method", "GET"), ("endpoint", "/api/me")]),
                with(names::PANICS, &[("endpoint", "http")]),
                with("up", &[]),
                with("scrape_duration_seconds", &[]),
                with("pod:cpu_request:ratio_rate1m", &[]),
                sample("job:http:rate5m", &[("job", "todo-backend")], 1.0),
            ],
            &BTreeMap::from([("todo-backend".to_owned(), told)]),
        );
        let (job, scrape) = &pods["a"];
        assert_eq!((pods.len(), job.as_str(), scrape.series()), (1, "todo-backend", 2));
        assert!(scrape.samples[1].labels.is_empty(), "{:?}", scrape.samples[1]);
        let known = [names::HTTP_PENDING, names::PANICS].map(|name| names::find(name).expect("a documented metric"));
        let metrics = compare(scrape, &known);
        assert_eq!(format!("{metrics:?}"), format!("{:?}", Metrics { documented: 2, ..Metrics::default() }));
    }

    #[test]
    fn an_empty_label_is_restored_and_one_that_no_series_has_stays_missing() {
        let target = [("pod", "a"), ("job", "todo-backend")];
        let with = |own: &[(&str, &str)]| sample(names::HTTP_REQUESTS, &[&target[..], own].concat(), 1.0);
        let told = BTreeMap::from([(names::HTTP_REQUESTS.to_owned(), "counter".to_owned())]);
        let kinds = BTreeMap::from([("todo-backend".to_owned(), told)]);
        let requests = names::find(names::HTTP_REQUESTS).expect("a documented metric");
        let wrong = |samples| compare(&by_pod(samples, &kinds)["a"].1, &[requests]).wrong_labels;
        let whole = with(&[("method", "GET"), ("endpoint", "/api/me"), ("status", "200")]);
        let odd = with(&[("endpoint", "/api/tasks"), ("status", "405")]);
        assert_eq!(wrong(vec![whole, odd.clone()]), Vec::<String>::new());
        assert_eq!(wrong(vec![odd]).len(), 1);
    }

    #[test]
    fn a_label_that_may_be_empty_is_restored_even_if_every_series_lacks_it() {
        let target = [("pod", "a"), ("job", "todo-backend")];
        let bucket = format!("{}_bucket", names::GEN_AI_TOOL_DURATION);
        let with = |own: &[(&str, &str)]| sample(&bucket, &[&target[..], own].concat(), 0.0);
        let told = BTreeMap::from([(names::GEN_AI_TOOL_DURATION.to_owned(), "histogram".to_owned())]);
        let kinds = BTreeMap::from([("todo-backend".to_owned(), told)]);
        let tool = names::find(names::GEN_AI_TOOL_DURATION).expect("a documented metric");
        let wrong = |own: &[(&str, &str)]| compare(&by_pod(vec![with(own)], &kinds)["a"].1, &[tool]).wrong_labels;
        assert_eq!(wrong(&[("gen_ai_tool_name", "add_task"), ("le", "0.01")]), Vec::<String>::new());
        assert_eq!(wrong(&[("le", "0.01")]).len(), 1);
    }

    #[test]
    fn the_frontend_owes_only_what_both_servers_export_and_faults_name_their_pod() {
        assert!(documented("todo-frontend").len() < documented("todo-backend").len());
        assert_eq!(documented("todo-backend").len(), names::ALL.len());
        let mut all = Metrics::default();
        add(&mut all, "todo-frontend-1", Metrics { missing: vec![names::PANICS.to_owned()], ..Metrics::default() });
        assert_eq!(all.missing, ["panics_total in todo-frontend-1"]);
    }
}
