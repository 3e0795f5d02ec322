//! The process' one metrics recorder and what feeds it without being asked: process, runtime and build figures.
//! Absent on purpose: metric names (see `names.rs`) and the `/metrics` route, which belongs to each server.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::names::{self, Kind};

/// The recorder, installed at the first call; safe to call from every test of a process.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = builder().build_recorder();
        let handle = recorder.handle();
        // Only fails when someone else was first; then our figures show nothing, which the scrape's tests notice.
        let _ = metrics::set_global_recorder(recorder);
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
    metrics::counter!(names::PANICS).increment(1);
}

fn builder() -> PrometheusBuilder {
    names::ALL
        .iter()
        .fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
            Kind::Histogram(buckets) => {
                let matcher = Matcher::Full(metric.name.to_owned());
                // Fails only for an empty list of buckets, which a test of names::ALL rules out.
                builder
                    .set_buckets_for_metric(matcher, buckets)
                    .unwrap_or_else(|_| PrometheusBuilder::new())
            }
            Kind::Counter | Kind::Gauge => builder,
        })
}
