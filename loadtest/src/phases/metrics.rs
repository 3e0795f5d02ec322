//! METRICS: what `/metrics` says about itself, whether random paths make it grow, and whether it counts as the client
//! counts. Absent on purpose: the load that is counted (`steady`).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use telemetry::names::{self, Kind, Metric, Servers};
use uuid::Uuid;

use super::{Context, Stopped};
use crate::api::{Api, Call, cause};
use crate::exposition::{Sample, Scrape};
use crate::measurements::{Agreement, Metrics};

/// As many as the judge asks for; a few more, because one that fails does not count.
pub const RANDOM_PATHS: usize = 1_000;
const AT_ONCE: usize = 8;

/// Reads `/metrics` once.
pub async fn scrape(api: &Api) -> Result<Scrape, Stopped> {
    let answer = api.send(&Call::get("/metrics")).await.map_err(|error| Stopped::Broken(cause(&error)))?;
    if answer.status != 200 {
        return Err(Stopped::Broken(format!("GET /metrics answered {}.", answer.status)));
    }
    let text = String::from_utf8(answer.body).map_err(|_| Stopped::Broken("/metrics is not text.".to_owned()))?;
    Scrape::parse(&text).map_err(|what| Stopped::Broken(format!("/metrics cannot be parsed: {what}.")))
}

/// Compares the names with the documented ones, then asks for random paths and counts the series before and after.
pub async fn run(context: &Context, api: &Api, agreement: Vec<Agreement>) -> Result<Metrics, Stopped> {
    let _phase = context.watch.phase("random paths");
    // The series of refused requests exist from the first one on; only growth beyond them counts.
    random_paths(context, api, 20).await?;
    let before = scrape(api).await?;
    let answered = random_paths(context, api, RANDOM_PATHS).await?;
    let after = scrape(api).await?;
    let mut metrics = compare(&after, &documented());
    metrics.random_paths = answered;
    metrics.series_before_random_paths = before.series();
    metrics.series_after_random_paths = after.series();
    metrics.agreement = agreement;
    Ok(metrics)
}

/// Requests that no client should send: unknown paths, ids that never existed, odd methods. Returns how many were
/// answered without a failure of the server.
pub async fn random_paths(context: &Context, api: &Api, count: usize) -> Result<u64, Stopped> {
    let requests = stream::iter(0..count).map(|number| async move {
        let id = Uuid::new_v4();
        let odd = Method::from_bytes(format!("X{}", id.simple()).as_bytes()).unwrap_or(Method::TRACE);
        let (method, path) = match number % 6 {
            0 => (Method::GET, format!("/{id}")),
            1 => (Method::GET, format!("/api/{id}/{number}")),
            2 => (Method::GET, format!("/api/tasks/{id}")),
            3 => (Method::POST, format!("/wp-admin/{id}.php")),
            4 => (odd, "/api/tasks".to_owned()),
            _ => (Method::GET, format!("/api/tasks?q={id}")),
        };
        // The answer is a refusal of some kind, and which one does not matter here.
        let answer = api.send(&Call::new(method, &path).template("random path")).await;
        answer.is_ok_and(|answer| answer.status < 500)
    });
    let answers: Vec<bool> = context.unless_interrupted(requests.buffer_unordered(AT_ONCE).collect()).await?;
    Ok(answers.into_iter().filter(|answered| *answered).count() as u64)
}

fn documented() -> Vec<&'static Metric> {
    names::ALL.iter().filter(|metric| matches!(metric.servers, Servers::Both | Servers::Backend)).collect()
}

/// What differs between a scrape and the documentation.
pub fn compare(scrape: &Scrape, documented: &[&Metric]) -> Metrics {
    let mut seen: BTreeMap<&str, BTreeSet<Vec<(&str, &str)>>> = BTreeMap::new();
    for sample in &scrape.samples {
        let labels = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let own = labels.filter(|(name, _)| !matches!(*name, "le" | "quantile")).collect();
        seen.entry(sample.family(&scrape.kinds)).or_default().insert(own);
    }
    let known = |name: &str| documented.iter().find(|metric| metric.name == name);
    let mut wrong: BTreeSet<String> = BTreeSet::new();
    for (family, series) in &seen {
        let Some(metric) = known(family) else { continue };
        let kind = scrape.kinds.get(*family).map_or("untyped", String::as_str);
        let expected = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        if kind != expected {
            wrong.insert(format!("{family} is a {kind}, documented as {expected}"));
        }
        for labels in series {
            wrong.extend(label_faults(family, metric, labels));
        }
    }
    let quantiles = scrape.samples.iter().filter(|sample| sample.labels.contains_key("quantile"));
    let summaries: BTreeSet<_> = quantiles.map(|sample| sample.family(&scrape.kinds).to_owned()).collect();
    Metrics {
        documented: documented.len() as u64,
        // A run without a model cannot show what a model has; where one is configured, its metrics are compared like all.
        missing: documented
            .iter()
            .filter(|metric| !metric.of_model && !seen.contains_key(metric.name))
            .map(|m| m.name.to_owned())
            .collect(),
        undocumented: seen.keys().filter(|name| known(name).is_none()).map(|name| (*name).to_owned()).collect(),
        wrong_labels: wrong.into_iter().collect(),
        summaries: summaries.into_iter().collect(),
        ..Metrics::default()
    }
}

fn label_faults(family: &str, metric: &Metric, labels: &[(&str, &str)]) -> Vec<String> {
    let names: BTreeSet<_> = labels.iter().map(|(name, _)| *name).collect();
    let expected: BTreeSet<_> = metric.labels.iter().map(|label| label.name).collect();
    if names != expected {
        let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
        return vec![format!("{family} has the labels {{{}}}, documented are {{{}}}", list(&names), list(&expected))];
    }
    let mut faults = Vec::new();
    for (name, value) in labels {
        let closed = metric.labels.iter().find(|label| label.name == *name).map_or(&[][..], |label| label.values);
        if !closed.is_empty() && !closed.contains(value) {
            faults.push(format!("{family} has {name}={value:?}, which is not among its documented values"));
        }
        // A template stays below this; an id or an address in a label does not.
        if *name == "endpoint" && Uuid::try_parse(value.rsplit('/').next().unwrap_or_default()).is_ok() {
            faults.push(format!("{family} has a raw path as endpoint, such as {value:?}"));
            break;
        }
    }
    faults
}

/// Requests per route on both sides between two scrapes. `client` holds `METHOD /template` and its count; a route that only
/// the server counted stands beside a zero.
pub fn agreement(before: &Scrape, after: &Scrape, client: &BTreeMap<String, u64>) -> Vec<Agreement> {
    let label = |sample: &Sample, name: &str| sample.labels.get(name).cloned().unwrap_or_default();
    let requests = after.samples.iter().filter(|sample| sample.name == names::HTTP_REQUESTS);
    let mut routes: BTreeMap<String, u64> =
        requests.map(|sample| (format!("{} {}", label(sample, "method"), label(sample, "endpoint")), 0)).collect();
    routes.extend(client.clone());
    let counted = routes.iter().filter_map(|(route, client)| {
        let (method, endpoint) = route.split_once(' ')?;
        // Probes and metrics stay out of the HTTP metrics on purpose.
        if matches!(endpoint, "/health" | "/ready" | "/metrics") {
            return None;
        }
        let labels = [("method", method), ("endpoint", endpoint)];
        let count = |scrape: &Scrape| scrape.sum(names::HTTP_REQUESTS, &labels);
        let server = (count(after) - count(before)).max(0.0).round() as u64;
        (*client > 0 || server > 0).then(|| Agreement {
            route: route.clone(),
            client: *client,
            server,
            ..Agreement::default()
        })
    });
    counted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documented(text: &str) -> Metrics {
        let requests = names::find(names::HTTP_REQUESTS).unwrap();
        let limited = names::find(names::RATE_LIMITED).unwrap();
        compare(&Scrape::parse(text).unwrap(), &[requests, limited])
    }

    const RIGHT: &str = "# TYPE axum_http_requests_total counter\n\
        axum_http_requests_total{method=\"GET\",status=\"200\",endpoint=\"/api/me\"} 1\n\
        # TYPE todo_rate_limited_total counter\n\
        todo_rate_limited_total{limit=\"logins\"} 0\n";

    #[test]
    fn a_scrape_as_documented_has_no_faults() {
        let metrics = documented(RIGHT);
        assert_eq!(format!("{metrics:?}"), format!("{:?}", Metrics { documented: 2, ..Metrics::default() }));
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        let text = RIGHT.replace("limit=\"logins\"", "limit=\"moon\"").replace(",endpoint=\"/api/me\"", "")
            + "surprise 1\nsurprise{quantile=\"0.5\"} 1\n";
        let metrics = documented(&text);
        assert_eq!(metrics.undocumented, ["surprise"]);
        assert_eq!(metrics.summaries, ["surprise"]);
        assert_eq!(metrics.wrong_labels.len(), 2, "{metrics:?}");
        assert_eq!(documented("up 1\n").missing, [names::HTTP_REQUESTS, names::RATE_LIMITED]);
    }

    #[test]
    fn what_only_a_model_has_may_be_missing_and_is_compared_where_it_is_there() {
        let tokens = names::find(names::GEN_AI_TOKEN_USAGE).unwrap();
        let compared = |text: &str| compare(&Scrape::parse(text).unwrap(), &[tokens]);
        assert_eq!(compared("").missing, Vec::<String>::new());
        let odd = "# TYPE gen_ai_client_token_usage counter\ngen_ai_client_token_usage{user=\"ada\"} 1\n";
        assert_eq!(compared(odd).wrong_labels.len(), 2, "{:?}", compared(odd));
    }

    #[test]
    fn a_raw_path_as_label_is_a_fault() {
        let text = RIGHT.replace("/api/me", "/api/tasks/0f0e1f6c-30a5-4ad7-8c5d-3a4a33dd4b11");
        assert!(documented(&text).wrong_labels[0].contains("raw path"));
    }

    #[test]
    fn counts_are_compared_by_route_over_all_statuses() {
        let before = Scrape::parse(RIGHT).unwrap();
        let more = RIGHT.replace("/api/me\"} 1", "/api/me\"} 5")
            + "axum_http_requests_total{method=\"GET\",status=\"401\",endpoint=\"/api/me\"} 2\n";
        let client = BTreeMap::from([("GET /api/me".to_owned(), 6), ("GET /health".to_owned(), 9)]);
        let agreement = agreement(&before, &Scrape::parse(&more).unwrap(), &client);
        assert_eq!(agreement.len(), 1);
        assert_eq!((agreement[0].client, agreement[0].server), (6, 6));
    }

    #[test]
    fn what_only_the_server_counted_is_compared_with_nothing() {
        let more =
            RIGHT.to_owned() + "axum_http_requests_total{method=\"GET\",status=\"404\",endpoint=\"unmatched\"} 7\n";
        let agreement = agreement(&Scrape::parse(RIGHT).unwrap(), &Scrape::parse(&more).unwrap(), &BTreeMap::new());
        assert_eq!(agreement.len(), 1);
        assert_eq!((agreement[0].route.as_str(), agreement[0].client, agreement[0].server), ("GET unmatched", 0, 7));
    }
}
