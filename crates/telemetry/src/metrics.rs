//! The process' one metrics recorder and what feeds it without being asked: process, runtime and build figures.
//! Absent on purpose: metric names (see `names.rs`) and the `/metrics` route, which belongs to each server.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::MissedTickBehavior;
use tokio_metrics::RuntimeMetricsReporterBuilder;

use crate::{
    names::{self, Kind, Servers},
    settings::Service,
};

/// How often histograms are folded together and the runtime is looked at.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long the sleep is whose lateness is measured, and how often that is done.
const SHORT_SLEEP: Duration = Duration::from_millis(10);
const DELAY_INTERVAL: Duration = Duration::from_secs(1);
/// The commit, when whoever builds says so.
const REVISION: &str = match option_env!("TODO_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// The recorder, installed at the first call; safe to call from every test of a process.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = builder().build_recorder();
        let handle = recorder.handle();
        // Fails only when someone else was first; then our figures show nothing, which every test of a scrape notices.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        create_counters(Servers::Both);
        gauge!(names::LOG_PUSH_QUEUE).set(0);
        keep_up(handle.clone());
        handle
    })
}

/// The scrape: process figures collected now, then everything in the text format.
pub fn render() -> String {
    let handle = recorder();
    metrics_process::Collector::default().collect();
    handle.render()
}

/// For whoever catches a panic of a request.
pub fn count_panic() {
    counter!(names::PANICS).increment(1);
}

/// Starts what measures by itself. Needs a runtime.
pub(crate) fn start(service: Service) {
    recorder();
    gauge!(names::BUILD_INFO, "version" => service.version, "revision" => REVISION).set(1);
    tokio::spawn(RuntimeMetricsReporterBuilder::default().with_interval(UPKEEP).build().run());
    tokio::spawn(measure_scheduling_delay());
}

fn builder() -> PrometheusBuilder {
    names::ALL.iter().fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
        Kind::Histogram(buckets) => {
            let matcher = Matcher::Full(metric.name.to_owned());
            // Fails only for a histogram without buckets, which a test of the list rules out.
            builder.set_buckets_for_metric(matcher, buckets).unwrap_or_else(|_| PrometheusBuilder::new())
        }
        Kind::Counter | Kind::Gauge => builder,
    })
}

/// The first description wins, so ours are also those of the metrics that other crates write.
fn describe() {
    for metric in names::ALL {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}

/// A counter that first appears as 1 shows no increase, so each is there from the start where its labels are known. Those
/// of both servers are there with the recorder; a server asks for its own.
pub fn create_counters(servers: Servers) {
    for metric in names::ALL.iter().filter(|metric| metric.servers == servers && metric.kind == Kind::Counter) {
        match metric.labels {
            [] => counter!(metric.name).increment(0),
            [label] => {
                for value in label.values {
                    counter!(metric.name, label.name => *value).increment(0);
                }
            }
            [one, two] => {
                for value in one.values {
                    for other in two.values {
                        counter!(metric.name, one.name => *value, two.name => *other).increment(0);
                    }
                }
            }
            // More labels mean requests, which are counted as they come.
            _ => {}
        }
    }
}

/// Histograms keep every observation until they are folded together. A thread, because the recorder outlives the
/// runtime of the test that was the first to want it.
fn keep_up(handle: PrometheusHandle) {
    let upkeep = move || {
        loop {
            std::thread::sleep(UPKEEP);
            handle.run_upkeep();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(upkeep) {
        tracing::error!(error.message = %error, "no thread for the upkeep of metrics; memory grows between scrapes");
    }
}

async fn measure_scheduling_delay() {
    let delay = histogram!(names::SCHEDULING_DELAY);
    let mut interval = tokio::time::interval(DELAY_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let started = Instant::now();
        tokio::time::sleep(SHORT_SLEEP).await;
        delay.record(started.elapsed().saturating_sub(SHORT_SLEEP));
    }
}
