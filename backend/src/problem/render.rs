//! Writes every error answer's body, also of those that the framework made (unknown route, wrong method), and logs the
//! whole chain of causes once.

use axum::{
    body::Body as HttpBody,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use serde::Serialize;
use telemetry::http::RequestId;

use super::{FieldError, Kind, Parts, Problem};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The body of every error answer, after RFC 9457.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    /// A stable reference to the kind of problem.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// The answer's status again.
    pub status: u16,
    /// What is special about this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Finds the request in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The fields that break rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// Says that an error answer is meant as it is: its body, which is no problem, says more.
#[derive(Clone, Copy, Debug)]
pub struct OwnBody;

/// Middleware around everything that can fail.
pub async fn render(request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.to_string());
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if (status.is_client_error() || status.is_server_error())
            && response.extensions().get::<OwnBody>().is_none() =>
        {
            Problem::new(Kind::of_status(status))
        }
        None => return response,
    };
    let problem = *problem.0;
    log(&problem);
    let body = Body {
        kind: problem.kind.uri(),
        title: problem.kind.title(),
        status: problem.kind.status().as_u16(),
        detail: problem.detail,
        request_id,
        errors: problem.errors,
    };
    *response.status_mut() = problem.kind.status();
    *response.body_mut() = match serde_json::to_vec(&body) {
        Ok(bytes) => HttpBody::from(bytes),
        Err(_) => HttpBody::empty(),
    };
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

fn log(problem: &Parts) {
    let Some(cause) = &problem.cause else { return };
    let chain = telemetry::chain(cause.as_ref());
    let kind = problem.kind.uri();
    if problem.kind == Kind::Internal {
        tracing::error!(error.r#type = kind, error.message = chain, "a request failed");
    } else {
        tracing::warn!(error.r#type = kind, error.message = chain, "a request could not be served");
    }
}
