//! A collector of spans, on a real socket.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value as Any,
    trace::v1::{Span as WireSpan, span::SpanKind, status::StatusCode},
};
use prost::Message as _;
use tokio::net::TcpListener;

/// Keeps what it is sent.
pub(crate) struct Collector {
    pub(crate) url: String,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

/// What a span says; ids in lower-case hexadecimal.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) failed: bool,
    /// Those that are texts or whole numbers.
    attributes: BTreeMap<String, String>,
    /// The ids of other spans.
    pub(crate) links: Vec<String>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let bodies = Arc::<Mutex<Vec<Bytes>>>::default();
        let received = Arc::clone(&bodies);
        let receive = post(async move |body: Bytes| received.lock().unwrap().push(body));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", receive)).await.unwrap() });
        Self { url, bodies }
    }

    /// The spans so far. A server sends all that it has before it ends.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().unwrap().clone();
        let requests = bodies.into_iter().map(|body| ExportTraceServiceRequest::decode(body).unwrap());
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(Span::read).collect()
    }

    /// Everything so far as it came, with what is no text made unreadable.
    pub(crate) fn raw(&self) -> String {
        let bodies = self.bodies.lock().unwrap();
        bodies.iter().map(|body| String::from_utf8_lossy(body)).collect()
    }
}

impl Span {
    fn read(span: WireSpan) -> Self {
        let attributes = span.attributes.iter().filter_map(|pair| {
            let text = match pair.value.as_ref()?.value.as_ref()? {
                Any::StringValue(text) => text.clone(),
                Any::IntValue(number) => number.to_string(),
                _ => return None,
            };
            Some((pair.key.clone(), text))
        });
        Self {
            trace: hexadecimal(&span.trace_id),
            id: hexadecimal(&span.span_id),
            parent: hexadecimal(&span.parent_span_id),
            kind: span.kind(),
            failed: span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error),
            attributes: attributes.collect(),
            links: span.links.iter().map(|link| hexadecimal(&link.span_id)).collect(),
            name: span.name,
        }
    }

    /// An attribute's value, empty when it is missing.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
