//! One click, one trace: what two servers say about a request is one tree in the trace that came with it, and nothing is said
//! about requests that nobody wants traced.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value as Any, trace::v1::span::SpanKind,
};
use prost::Message as _;
use tokio::net::TcpListener;

use crate::servers::{Servers, Visitor, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
/// The span of whoever clicked.
const CALLER: &str = "00f067aa0ba902b7";

/// What a span says about its place.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    service: String,
    name: String,
    kind: SpanKind,
}

type Spans = Arc<Mutex<Vec<Span>>>;

/// A collector of OTLP over HTTP.
async fn collector() -> (String, Spans) {
    let spans = Spans::default();
    let receive = async |State(spans): State<Spans>, body: Bytes| {
        spans.lock().unwrap_or_else(PoisonError::into_inner).extend(read(body));
    };
    let router = Router::new().route("/v1/traces", post(receive)).with_state(Arc::clone(&spans));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("the collector serves") });
    (url, spans)
}

fn read(body: Bytes) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    let mut found = Vec::new();
    for resource in request.resource_spans {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = attributes.into_iter().find(|pair| pair.key == "service.name");
        let service = match service.and_then(|pair| pair.value).and_then(|value| value.value) {
            Some(Any::StringValue(name)) => name,
            other => panic!("a service without a name: {other:?}"),
        };
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            found.push(Span {
                trace: hexadecimal(&span.trace_id),
                id: hexadecimal(&span.span_id),
                parent: hexadecimal(&span.parent_span_id),
                service: service.clone(),
                kind: span.kind(),
                name: span.name,
            });
        }
    }
    found
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What keeps these spans from being the tree of one page: browser → frontend → backend → database.
fn objections(spans: &[Span]) -> Vec<String> {
    let mut found = Vec::new();
    let above = |span: &Span| spans.iter().find(|other| other.id == span.parent);
    for span in spans {
        let told = format!("{} {} of {}", span.service, span.name, span.id);
        if span.trace != TRACE {
            found.push(format!("{told} is in the trace {}", span.trace));
        }
        let right = match (span.service.as_str(), span.kind) {
            ("todo-frontend", SpanKind::Server) => span.parent == CALLER,
            ("todo-backend", SpanKind::Server) => above(span).is_some_and(|above| above.service == "todo-frontend"),
            ("todo-backend", SpanKind::Client) => {
                above(span).is_some_and(|above| above.service == "todo-backend" && above.kind == SpanKind::Server)
            }
            _ => false,
        };
        if !right {
            found.push(format!("{told}, {:?}, is below {}", span.kind, span.parent));
        }
    }
    for (service, kind) in
        [("todo-frontend", SpanKind::Server), ("todo-backend", SpanKind::Server), ("todo-backend", SpanKind::Client)]
    {
        if !spans.iter().any(|span| (span.service.as_str(), span.kind) == (service, kind)) {
            found.push(format!("no {kind:?} span of {service}"));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_is_one_tree_from_the_browser_to_the_database_and_the_rest_is_not_traced() {
    let (url, spans) = collector().await;
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let servers = Servers::start(&settings).await;
    let visitor = Visitor::sign_up(&servers.frontend).await;
    visitor.post("/tasks", &[("title", "title-nobody-else-may-read")]).await;

    let parent = format!("00-{TRACE}-{CALLER}-01");
    let answer = visitor.get("/tasks", Some(&parent)).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-trace-id"]), (200, &TRACE.parse().expect("a header")));
    // The same ids are in the lines of both servers.
    let lines =
        [servers.frontend.line_with("trace_id", TRACE).await, servers.backend.line_with("trace_id", TRACE).await];
    let unsampled = format!("00-{}-{CALLER}-00", TRACE.replace('4', "5"));
    visitor.get("/tasks", Some(&unsampled)).await;

    // The servers send what they have before they end, so that nothing comes later.
    servers.frontend.end().await;
    servers.backend.end().await;
    let spans = spans.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(objections(&spans), Vec::<String>::new(), "{spans:#?}");
    for (line, service) in lines.iter().zip(["todo-frontend", "todo-backend"]) {
        let span = spans.iter().find(|span| span.id == line["span_id"]).expect("the span of the line");
        assert_eq!((span.service.as_str(), span.kind), (service, SpanKind::Server));
    }
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    for name in ["GET /tasks", "GET /api/tasks", "list tasks"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_every_click_is_traced() {
    let (url, spans) = collector().await;
    let servers = Servers::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())]).await;
    let visitor = Visitor::sign_up(&servers.frontend).await;
    let answer = visitor.get("/tasks", None).await;
    let trace = answer.headers()["x-trace-id"].to_str().expect("an id").to_owned();
    eventually("the spans of both servers", async || {
        let spans = spans.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |service: &str| spans.iter().any(|span| span.trace == trace && span.service == service);
        (of("todo-frontend") && of("todo-backend")).then_some(())
    })
    .await;
}

#[test]
fn a_broken_tree_is_found_out() {
    let span = |id: &str, parent: &str, service: &str, kind: SpanKind| Span {
        trace: TRACE.to_owned(),
        id: id.to_owned(),
        parent: parent.to_owned(),
        service: service.to_owned(),
        name: "a span".to_owned(),
        kind,
    };
    let whole = [
        span("1", CALLER, "todo-frontend", SpanKind::Server),
        span("2", "1", "todo-backend", SpanKind::Server),
        span("3", "2", "todo-backend", SpanKind::Client),
    ];
    assert_eq!(objections(&whole), Vec::<String>::new());
    let changed = |place: usize, change: &dyn Fn(&mut Span)| {
        let mut spans = whole.to_vec();
        change(&mut spans[place]);
        objections(&spans)
    };
    assert_eq!(changed(0, &|span| span.parent.clear()).len(), 1, "the browser's own place is forgotten");
    assert_eq!(changed(1, &|span| CALLER.clone_into(&mut span.parent)).len(), 1, "beside the frontend, not below it");
    assert_eq!(changed(2, &|span| "1".clone_into(&mut span.parent)).len(), 1, "below the wrong server");
    assert_eq!(changed(2, &|span| span.trace.push('0')).len(), 1, "another trace");
    assert_eq!(objections(&whole[..2]).len(), 1, "no span of the database");
}
