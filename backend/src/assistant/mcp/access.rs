//! Who may use MCP, and how a client finds that out (RFC 9728). Absent on purpose: passing a token on to anybody.

use axum::{
    Json,
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderValue, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::PATH;
use crate::{accounts::CurrentUser, app::AppState, problem::OwnBody};

/// Where a client that was refused reads what it needs.
pub(super) const METADATA_PATH: &str = "/.well-known/oauth-protected-resource/mcp";

/// Lets requests with a valid token pass and tells the tools whose it is.
pub(super) async fn by_token(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match CurrentUser::from_request_parts(&mut parts, &state).await {
        Ok(user) => {
            parts.extensions.insert(user.id);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => {
            let mut response = problem.into_response();
            // A refusal of the token already says that one is wanted.
            if response.headers().contains_key(header::WWW_AUTHENTICATE)
                && let Some(challenge) = challenge(&parts.headers)
            {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

/// MCP has its own form of errors, which says more than a problem would. Our own refusals are problems all the same.
pub(super) async fn as_it_is(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(OwnBody);
    response
}

fn challenge(headers: &HeaderMap) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("Bearer resource_metadata=\"{}{METADATA_PATH}\"", base(headers)?)).ok()
}

/// The address by which the client reached us. What is no plain host is left out.
fn base(headers: &HeaderMap) -> Option<String> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let forwarded = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok());
    let scheme = if forwarded == Some("https") { "https" } else { "http" };
    (!host.as_str().contains('@')).then(|| format!("{scheme}://{host}"))
}

/// What this resource is and how a token is shown to it. Public, like the OpenAPI document.
pub(super) async fn metadata(headers: HeaderMap) -> Json<Value> {
    let base = base(&headers).unwrap_or_default();
    Json(json!({
        "resource": format!("{base}{PATH}"),
        "resource_name": "todo",
        "bearer_methods_supported": ["header"],
        "resource_documentation": format!("{base}/api/docs/"),
    }))
}

/// An origin with its port, because one without a port would allow every port.
pub(super) fn origin(origin: &HeaderValue) -> Option<String> {
    let origin = origin.to_str().ok()?;
    let (scheme, authority) = origin.split_once("://")?;
    let with_port =
        authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()));
    if with_port {
        return Some(origin.to_owned());
    }
    Some(format!("{origin}:{}", if scheme == "https" { 443 } else { 80 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_clients_own_and_nothing_odd() {
        let of = |host: &str, scheme: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            scheme.map(|scheme| headers.insert("x-forwarded-proto", scheme.parse().unwrap()));
            base(&headers)
        };
        assert_eq!(of("todo.local", None).as_deref(), Some("http://todo.local"));
        assert_eq!(of("todo.local:8443", Some("https")).as_deref(), Some("https://todo.local:8443"));
        assert_eq!(of("a b", None), None);
        assert_eq!(of("a\"b", None), None);
        assert_eq!(of("user@host", None), None);
    }

    #[test]
    fn an_origin_without_a_port_means_its_schemes_own() {
        let of = |text: &str| origin(&text.parse().unwrap());
        assert_eq!(of("https://todo.example").as_deref(), Some("https://todo.example:443"));
        assert_eq!(of("http://todo.example").as_deref(), Some("http://todo.example:80"));
        assert_eq!(of("http://[::1]:3000").as_deref(), Some("http://[::1]:3000"));
        assert_eq!(of("http://[::1]").as_deref(), Some("http://[::1]:80"));
    }
}
