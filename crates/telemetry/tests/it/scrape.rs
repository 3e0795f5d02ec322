//! What a scrape shows, and what no client can do to it.

use reqwest::{Client, Method};
use telemetry::names::{self, Kind};

use crate::support::{Program, eventually};

#[tokio::test]
async fn every_histogram_has_buckets_and_every_metric_is_described() {
    let program = Program::start(&[]).await;
    program.get("/").await;
    let text = program.scrape().await.text;
    assert!(!text.contains("quantile="), "a histogram without buckets became a summary:\n{text}");
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let (name, kind) = line["# TYPE ".len()..].split_once(' ').unwrap();
        let metric = names::find(name).unwrap_or_else(|| panic!("{name} is in no list"));
        let expected = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        assert_eq!(kind, expected, "{name}");
        assert!(text.contains(&format!("# HELP {name} {}\n", metric.help)), "{name} has another help text");
    }
}

#[tokio::test]
async fn every_label_in_a_scrape_is_in_the_list() {
    let program = Program::start(&[]).await;
    program.get("/").await;
    for series in program.scrape().await.series() {
        let name = &series[..series.find(['{', ' ']).unwrap()];
        let known = names::find(name).unwrap().labels;
        let labels = series.split_once('{').map_or("", |(_, rest)| rest);
        for label in labels.split("\",").filter_map(|pair| pair.split_once("=\"")).map(|(label, _)| label) {
            assert!(label == "le" || known.iter().any(|known| known.name == label), "{series}");
        }
    }
}

#[tokio::test]
async fn counters_are_there_before_anything_happened() {
    let program = Program::start(&[]).await;
    let scrape = program.scrape().await;
    for metric in names::ALL.iter().filter(|metric| metric.kind == Kind::Counter && !metric.name.starts_with("axum_")) {
        let series = scrape.series().filter(|line| line.starts_with(metric.name)).count();
        let expected = metric.labels.iter().map(|label| label.values.len()).product::<usize>();
        assert_eq!(series, expected, "{}", metric.name);
    }
    assert!(scrape.text.contains("todo_build_info{version=\"1.2.3\",revision="));
}

#[tokio::test]
async fn the_runtime_and_the_process_are_measured() {
    let program = Program::start(&[]).await;
    let scrape = program.scrape().await;
    assert!(scrape.value("process_resident_memory_bytes", &[]) > 1e6);
    assert!(scrape.value("process_open_fds", &[]) > 3.0);
    eventually("a look at the runtime", async || {
        (program.scrape().await.value("tokio_workers_count", &[]) >= 1.0).then_some(())
    })
    .await;
    eventually("a measured delay", async || {
        (program.scrape().await.value("runtime_scheduling_delay_seconds_count", &[]) >= 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_client_makes_series() {
    let program = Program::start(&[]).await;
    let client = Client::new();
    let unknown = Method::from_bytes(b"FIRST").unwrap();
    // One of each shape, so that the series they are allowed to have exist.
    for (method, path) in [(Method::GET, "/nowhere"), (unknown.clone(), "/nowhere"), (unknown, "/tasks/1")] {
        client.request(method, program.url(path)).send().await.unwrap();
    }
    program.get("/tasks/1").await;
    let before = program.scrape().await.series().count();
    for number in 0..1000 {
        program_get(&client, &program, &format!("/no/{number}/such/{number}")).await;
    }
    for number in 0..100 {
        let method = Method::from_bytes(format!("METHOD{number}").as_bytes()).unwrap();
        for path in ["/nowhere", "/tasks/1"] {
            client.request(method.clone(), program.url(path)).send().await.unwrap();
        }
        program_get(&client, &program, &format!("/tasks/{number}")).await;
    }
    let after = program.scrape().await;
    assert_eq!(after.series().count(), before);
    let unmatched = after.value("axum_http_requests_total", &[("endpoint", names::UNMATCHED), ("method", "GET")]);
    assert_eq!(unmatched, 1001.0);
    assert_eq!(after.value("axum_http_requests_total", &[("endpoint", "/tasks/{id}"), ("status", "200")]), 101.0);
}

async fn program_get(client: &Client, program: &Program, path: &str) {
    client.get(program.url(path)).send().await.unwrap();
}

#[tokio::test]
async fn probes_are_not_in_the_http_metrics() {
    let program = Program::start(&[]).await;
    for path in telemetry::http::PROBES {
        program.get(path).await;
    }
    let scrape = program.scrape().await;
    assert!(!scrape.series().any(|line| line.starts_with("axum_")), "{}", scrape.text);
}
