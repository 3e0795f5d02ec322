//! Metrics and log lines of the pods against their documentation, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use e2e::log_lines::Schema;
use serde_json::Value;
use telemetry::names::{self, Kind, Servers};

use crate::monitoring::load_test;
use crate::monitoring::stack::{Loki, Prometheus};
use crate::tools::eventually;

/// One pod may cost Prometheus this many series, after a load test.
const SERIES: f64 = 2_000.0;

/// The names under which a server's metrics are stored. Those of a model are there only where one is configured.
fn documented(backend: bool, of_model: bool) -> BTreeSet<String> {
    let metrics = names::ALL.iter().filter(|metric| backend || metric.servers == Servers::Both);
    metrics
        .filter(|metric| of_model || !metric.of_model)
        .flat_map(|metric| match metric.kind {
            Kind::Histogram(_) => {
                ["_bucket", "_sum", "_count"].map(|suffix| format!("{}{suffix}", metric.name)).to_vec()
            }
            _ => vec![metric.name.to_owned()],
        })
        .collect()
}

#[tokio::test]
async fn prometheus_has_of_each_server_what_is_documented_and_nothing_else() {
    let prometheus = Prometheus::connect();
    for (job, backend) in [("todo-backend", true), ("todo-frontend", false)] {
        let selector = format!(r#"{{namespace="todo",job="{job}"}}"#);
        let stored = prometheus.ask("label/__name__/values", &[("match[]", &selector)]).await.expect("names");
        let stored: BTreeSet<String> = stored
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            // What Prometheus itself says about a scrape, and what the rules make of it.
            .filter(|name| {
                name != "up" && !name.starts_with("scrape_") && !name.contains(':') && !name.starts_with("ALERTS")
            })
            .collect();
        let [without, with] = [false, true].map(|of_model| documented(backend, of_model));
        let differs: Vec<&String> = stored.symmetric_difference(&without).collect();
        assert!(stored == without || stored == with, "{job}: {differs:?}");
    }
}

#[test]
fn freshness_was_judged_through_prometheus_and_through_loki() {
    let verdict = load_test::verdict();
    let criteria = verdict["criteria"].as_array().expect("criteria");
    let freshness = criteria.iter().find(|criterion| criterion["id"] == "SC-007").expect("SC-007");
    assert_eq!((&freshness["status"], &freshness["limit"]), (&"pass".into(), &10.0.into()), "{freshness}");
    let evidence = freshness["evidence"].to_string();
    for way in ["Through Prometheus, 12 markers", "Through Loki, 12 markers"] {
        assert!(evidence.contains(way), "{evidence}");
    }
}

#[tokio::test]
async fn no_pod_costs_more_series_than_its_budget() {
    let prometheus = Prometheus::connect();
    let expression =
        r#"max by (job) (max_over_time(scrape_samples_post_metric_relabeling{job=~"todo-(backend|frontend)"}[30m]))"#;
    let series = prometheus.query(expression).await.expect("an answer");
    assert_eq!(series.len(), 2, "{series:?}");
    for one in series {
        let count: f64 = one["value"][1].as_str().expect("a number").parse().expect("a number");
        println!("{}: {count} series at most", one["metric"]["job"]);
        assert!(count <= SERIES, "{}: {count}", one["metric"]["job"]);
    }
}

/// A server that refuses its settings has no log yet: it says why on standard error, in words, and ends. The load test has it do so.
fn is_refusal(line: &str) -> bool {
    ["todo-backend: settings: ", "todo-frontend: settings: "].iter().any(|start| line.starts_with(start))
}

#[test]
fn every_line_that_the_servers_printed_in_this_run_is_as_documented() {
    let schema = Schema::read();
    // e2e/run has followed the output of every pod from its first line.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/e2e/output");
    let (mut lines, mut silent, mut refused, mut wrong, mut pods) = (0, 0, 0, Vec::new(), BTreeMap::new());
    for entry in std::fs::read_dir(folder).expect("the output of the pods") {
        let path = entry.expect("an entry").path();
        let pod = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable output");
        // Whoever follows may be in the middle of the last line.
        let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        // One that was killed by force in its first moment.
        silent += usize::from(complete.is_empty());
        if !complete.is_empty() && complete.lines().all(is_refusal) {
            refused += 1;
            continue;
        }
        for line in complete.lines() {
            lines += 1;
            let objections = schema.objections(line);
            if !objections.is_empty() {
                wrong.push(format!("{pod}: {objections:?}: {line}"));
            }
        }
        *pods.entry(if pod.contains("backend") { "backend" } else { "frontend" }).or_insert(0) += 1;
    }
    println!("{lines} lines of {pods:?} pods, and {refused} pods that refused their settings");
    assert!(silent <= 2, "nothing is known of what {silent} pods printed");
    assert!(pods.len() == 2 && lines > 1_000, "{lines} lines of {pods:?}");
    assert!(wrong.is_empty(), "{} of {lines} lines, the first: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
}

#[tokio::test]
async fn loki_has_few_streams_and_none_is_named_after_a_pod_or_a_request() {
    let loki = Loki::connect();
    let streams = eventually(Duration::from_secs(20), async || {
        let streams = loki.streams().await?;
        if streams.is_empty() { Err("no stream".to_owned()) } else { Ok(streams) }
    })
    .await;
    assert!(streams.len() <= 20, "{streams:?}");
    let labels: BTreeSet<&str> =
        streams.iter().filter_map(Value::as_object).flat_map(|set| set.keys().map(String::as_str)).collect();
    let known = ["app", "cluster", "container", "level", "namespace", "service_name", "source"];
    assert_eq!(labels, BTreeSet::from(known));
}
