//! OTLP's spans, reduced to what a test asks about: where they are in their trace, whose they are, and their attributes.

use axum::body::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as Any};
use prost::Message;
use serde_json::{Map, Value, json};

pub(crate) struct Span {
    pub(crate) trace_id: String,
    id: String,
    parent: String,
    name: String,
    service: String,
    duration_nanoseconds: u64,
    attributes: Map<String, Value>,
}

/// The spans of one request; nothing when it is no such request.
pub(crate) fn read(body: Bytes) -> Option<Vec<Span>> {
    let request = ExportTraceServiceRequest::decode(body).ok()?;
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let about = attributes(resource.resource.map(|resource| resource.attributes).unwrap_or_default());
        let service = about.get("service.name").and_then(Value::as_str).unwrap_or_default();
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Span {
                trace_id: hexadecimal(&span.trace_id),
                id: hexadecimal(&span.span_id),
                parent: hexadecimal(&span.parent_span_id),
                name: span.name,
                service: service.to_owned(),
                duration_nanoseconds: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
                attributes: attributes(span.attributes),
            });
        }
    }
    Some(spans)
}

impl Span {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "span_id": self.id,
            "parent_span_id": self.parent,
            "name": self.name,
            "service": self.service,
            "duration_ms": self.duration_nanoseconds as f64 / 1e6,
            "attributes": self.attributes,
        })
    }
}

fn attributes(list: Vec<KeyValue>) -> Map<String, Value> {
    let plain = |pair: KeyValue| {
        let value = match pair.value.and_then(|value| value.value) {
            Some(Any::StringValue(text)) => text.into(),
            Some(Any::IntValue(number)) => number.into(),
            Some(Any::DoubleValue(number)) => number.into(),
            Some(Any::BoolValue(truth)) => truth.into(),
            other => format!("{other:?}").into(),
        };
        (pair.key, value)
    };
    list.into_iter().map(plain).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
