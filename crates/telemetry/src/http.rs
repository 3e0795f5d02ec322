//! What every request of either server gets: an id, a place in a trace, one access line, HTTP metrics. Absent on
//! purpose: catching panics, time-outs and limits, which lie inside and so are measured and logged like any answer.

mod access;

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use axum_prometheus::{EndpointLabel, PrometheusMetricLayer, PrometheusMetricLayerBuilder};
use tower::{Layer, Service};
use tracing::{Instrument, Span, field::Empty};
use tracing_subscriber::{Registry, registry::LookupSpan};

use self::access::{Access, Watched};
use crate::{
    correlation::{self, CURRENT, Correlation, Position, REQUEST_ID_HEADER, TRACE_ID_HEADER},
    metrics, names,
    probes::Readiness,
    trace,
};

/// The id of a request, in its extensions and in the answer's `x-request-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// The trace of a request, 32 lower-case hex digits, in its extensions and in the answer's `x-trace-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(pub Arc<str>);

/// Routes that stay out of the access log and the HTTP metrics.
pub const PROBES: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Wraps a finished router; call it last, after all routes and other layers.
pub fn observe(router: Router, readiness: &Readiness) -> Router {
    metrics::recorder();
    // No patterns to ignore: the layer copies them several times per request. Probes go around it instead.
    let measured = PrometheusMetricLayerBuilder::new()
        .with_endpoint_label_type(EndpointLabel::MatchedPathWithFallbackFn(|_| names::UNMATCHED.to_owned()))
        .no_initialize_metrics()
        .build();
    router.layer(ObserveLayer { measured, readiness: readiness.clone() })
}

/// `traceparent` and `x-request-id` of the request being handled, for calls to other services; empty outside of one.
pub fn current_trace_headers() -> HeaderMap {
    let position = if trace::active() { trace::position(&Span::current()) } else { None };
    CURRENT.try_with(|correlation| correlation.outgoing(position)).unwrap_or_default()
}

/// `work` as a part of the request being handled, in whichever task it runs: below its span, with its ids in every line and
/// in calls to other services.
pub fn in_this_request<W: Future>(work: W) -> impl Future<Output = W::Output> {
    let correlation = CURRENT.try_with(Arc::clone).ok();
    let work = async move {
        match correlation {
            Some(correlation) => CURRENT.scope(correlation, work).await,
            None => work.await,
        }
    };
    work.in_current_span()
}

#[derive(Clone)]
struct ObserveLayer {
    measured: PrometheusMetricLayer<'static>,
    readiness: Readiness,
}

impl<S: Clone> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe { measured: self.measured.layer(inner.clone()), plain: inner, readiness: self.readiness.clone() }
    }
}

type Measured<S> = <PrometheusMetricLayer<'static> as Layer<S>>::Service;

#[derive(Clone)]
struct Observe<S> {
    measured: Measured<S>,
    /// The same without metrics, for probes.
    plain: S,
    readiness: Readiness,
}

/// How a request reaches its route.
enum Way<P, M> {
    Plain(P),
    Measured(M),
}

impl<S> Service<Request> for Observe<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routes are always ready; both ways are asked because a service may rely on having been asked.
        ready!(self.plain.poll_ready(context))?;
        self.measured.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let probe = PROBES.contains(&request.uri().path());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = method_name(request.method());
        let (correlation, span) = identify(request.headers(), method, route.as_ref());
        request.extensions_mut().insert(RequestId(Arc::clone(&correlation.request_id)));
        request.extensions_mut().insert(TraceId(correlation.trace_id().into()));

        let access = Access::start(method, route, probe, self.readiness.clone());
        let answer = {
            let _entered = span.enter();
            if probe { Way::Plain(self.plain.call(request)) } else { Way::Measured(self.measured.call(request)) }
        };
        let readiness = self.readiness.clone();
        let of_answer = Arc::clone(&correlation);
        let observed = async move {
            let mut answer = match answer {
                Way::Plain(answer) => answer.await?,
                Way::Measured(answer) => answer.await?.map(Body::new),
            };
            access.answered(answer.status().as_u16());
            mark(answer.headers_mut(), &of_answer, readiness.closing());
            if trace::active() {
                trace::finish(&Span::current(), answer.status().as_u16());
            }
            // A body of known size is handed over at once; only of a stream can the rest be left behind.
            let streamed = !probe && answer.body().size_hint().exact().is_none();
            Ok(if streamed { answer.map(|body| Body::new(Watched::new(body, readiness))) } else { answer })
        };
        Box::pin(CURRENT.scope(correlation, observed.instrument(span)))
    }
}

/// Makes the server span and the identity that its lines carry.
fn identify(headers: &HeaderMap, method: &'static str, route: Option<&MatchedPath>) -> (Arc<Correlation>, Span) {
    let request_id = correlation::request_id(headers);
    let parent = Position::of_parent(headers);
    if trace::active() {
        return identify_exported(request_id, parent, method, route_name(route));
    }
    let correlation = Arc::new(Correlation::new(request_id, Position::below(parent)));
    // At the error level only so that no LOG_LEVEL switches it off. The fields are for Loki's lines; ours read the
    // extension.
    let span = tracing::error_span!(
        "request",
        trace_id = correlation.trace_id(),
        span_id = correlation.span_id(),
        trace_flags = correlation.trace_flags(),
        request_id = &*correlation.request_id
    );
    attach(&span, &correlation);
    (correlation, span)
}

fn identify_exported(
    request_id: Arc<str>,
    parent: Option<Position>,
    method: &'static str,
    route: &str,
) -> (Arc<Correlation>, Span) {
    let span = tracing::error_span!(
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        trace_id = Empty,
        span_id = Empty,
        trace_flags = Empty,
        request_id = &*request_id
    );
    let position = trace::adopt(&span, parent).unwrap_or_else(|| Position::below(parent));
    let correlation = Arc::new(Correlation::new(request_id, position));
    span.record("trace_id", correlation.trace_id());
    span.record("span_id", correlation.span_id());
    span.record("trace_flags", correlation.trace_flags());
    attach(&span, &correlation);
    (correlation, span)
}

/// Lets the formatter find the identity from any span below this one.
fn attach(span: &Span, correlation: &Arc<Correlation>) {
    span.with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>();
        if let Some(span) = registry.and_then(|registry| registry.span(id)) {
            span.extensions_mut().insert(Arc::clone(correlation));
        }
    });
}

fn mark(headers: &mut HeaderMap, correlation: &Correlation, closing: bool) {
    for (name, value) in [(REQUEST_ID_HEADER, &*correlation.request_id), (TRACE_ID_HEADER, correlation.trace_id())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if closing {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

fn route_name(route: Option<&MatchedPath>) -> &str {
    route.map_or(names::UNMATCHED, MatchedPath::as_str)
}

/// OpenTelemetry's spelling: methods that HTTP does not know are all called the same.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
