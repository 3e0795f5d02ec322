//! Traces by OTLP over HTTP, only when there is a collector to send them to. Absent on purpose: the trace ids of log
//! lines, which exist without a collector too (see `correlation.rs`), and logs and metrics by OTLP.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider as _},
};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter as OtlpExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use url::Url;

use crate::{correlation::Position, names, settings::Settings};

/// Spans that may wait for the collector; what comes on top is lost.
const QUEUE: usize = 2048;
/// How long spans wait for others to travel with them.
const LINGER: Duration = Duration::from_secs(1);
/// A collector that has not answered by then is not waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether spans are exported by this process, so that requests without a collector pay nothing.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// The pipeline; shut it down at the very end.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    pub(crate) fn new(settings: &Settings, collector: &Url) -> Result<Self, ExporterBuildError> {
        let endpoint = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
        let exporter = OtlpExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_timeout(ANSWER_TIMEOUT)
            .build()?;
        let batches = BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_scheduled_delay(LINGER).build();
        let processor = BatchSpanProcessor::builder(Watched { exporter, failing: AtomicBool::new(false) })
            .with_batch_config(batches)
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_sample_ratio)));
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_resource(resource(settings))
            .with_span_processor(processor)
            .build();
        ACTIVE.store(true, Ordering::Relaxed);
        Ok(Self { provider })
    }

    pub(crate) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("telemetry")
    }

    /// Sends what waits, for at most `bound`. The pipeline waits by blocking, so it does that elsewhere.
    pub(crate) async fn shut_down(self, bound: Duration) {
        let shut_down = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(bound));
        match tokio::time::timeout(bound, shut_down).await {
            Ok(Ok(Ok(()))) => {}
            _ => tracing::warn!("some spans may not have reached the collector"),
        }
    }
}

/// True when spans are exported.
pub(crate) fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// A span for one operation on the database below that of the request, until it is dropped; nothing, and next to no work,
/// where there is no request or nobody to send spans to.
pub fn database_span(operation: &'static str, collection: &'static str) -> Span {
    if !active() || Span::current().is_none() {
        return Span::none();
    }
    tracing::error_span!(
        "db",
        otel.name = format_args!("{operation} {collection}"),
        otel.kind = "client",
        db.operation.name = operation,
        db.collection.name = collection
    )
}

/// Puts a fresh span below the parent that came with the request, and says where that is.
pub(crate) fn adopt(span: &Span, parent: Option<Position>) -> Option<Position> {
    if let Some(parent) = parent {
        let context = SpanContext::new(
            TraceId::from(parent.trace_id),
            SpanId::from(parent.span_id),
            TraceFlags::new(parent.flags),
            true,
            TraceState::default(),
        );
        // Fails only for a span that the filter refused; then the ids are made up as they are without a collector.
        let _ = span.set_parent(Context::new().with_remote_span_context(context));
    }
    position(span)
}

/// Where a span is in its trace, when it is exported.
pub(crate) fn position(span: &Span) -> Option<Position> {
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_valid().then(|| Position {
        trace_id: u128::from_be_bytes(context.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(context.span_id().to_bytes()),
        flags: context.trace_flags().to_u8(),
    })
}

/// Notes how a request ended.
pub(crate) fn finish(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_attribute("error.type", status.to_string());
        span.set_status(Status::error(""));
    }
}

fn resource(settings: &Settings) -> Resource {
    let mut attributes = vec![
        KeyValue::new("service.version", settings.service.version),
        KeyValue::new("deployment.environment.name", settings.environment.clone()),
    ];
    if let Some(pod) = &settings.pod_name {
        attributes.push(KeyValue::new("k8s.pod.name", pod.clone()));
    }
    Resource::builder().with_service_name(settings.service.name).with_attributes(attributes).build()
}

/// Counts the batches that the collector did not take, and says when that starts and when it ends: one line each, while
/// opentelemetry itself would write some for every batch.
#[derive(Debug)]
struct Watched {
    exporter: OtlpExporter,
    failing: AtomicBool,
}

impl SpanExporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        let failed_before = self.failing.swap(result.is_err(), Ordering::Relaxed);
        if let Err(error) = &result {
            metrics::counter!(names::TRACE_EXPORT_FAILURES).increment(1);
            if !failed_before {
                // The error names no address, which may carry a password.
                tracing::warn!("the trace collector takes no spans: {error}");
            }
        } else if failed_before {
            tracing::info!("the trace collector takes spans again");
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
