//! The tools for MCP clients at `/mcp`: streamable HTTP without sessions, so that any replica answers any request, behind
//! the same bearer token as the API. Absent on purpose: prompts, resources, and an authorization server; a token comes from
//! logging in.

mod access;
mod describe;
mod operation;
mod server;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use tokio_util::sync::CancellationToken;

use crate::{app::AppState, config::CorsOrigins};

/// Where clients connect.
pub(crate) const PATH: &str = "/mcp";

/// Who may connect from where.
#[derive(Clone, Debug)]
pub struct McpSettings {
    /// Host names, with or without a port, by which the server is reached. Others are refused, so that no page that
    /// changes what its name means reaches a server on somebody's own machine.
    pub allowed_hosts: Vec<String>,
}

/// The routes of MCP. `origins` are those of the API; `stopping` ends what is under way when the server goes.
pub(crate) fn router(
    state: &AppState,
    settings: &McpSettings,
    origins: &CorsOrigins,
    stopping: CancellationToken,
) -> Router<AppState> {
    let config = transport(settings, origins, stopping);
    let database = state.database.clone();
    let make = move || Ok(server::Server { database: database.clone() });
    let service = StreamableHttpService::new(make, Arc::new(NeverSessionManager::default()), config);
    Router::new()
        .route_service(PATH, service)
        .layer(middleware::from_fn_with_state(state.clone(), access::by_token))
        .layer(middleware::from_fn(access::as_it_is))
        .route(access::METADATA_PATH, get(access::metadata))
}

/// How the protocol is spoken here, whatever the tools are: one answer in JSON to each request, and no sessions. Public so
/// that the conformance suite can judge it with the suite's own tools.
pub fn transport(
    settings: &McpSettings,
    origins: &CorsOrigins,
    stopping: CancellationToken,
) -> StreamableHttpServerConfig {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(settings.allowed_hosts.iter().cloned())
        .with_cancellation_token(stopping);
    match origins {
        CorsOrigins::Any => config.disable_allowed_origins(),
        CorsOrigins::Only(origins) => {
            config.with_allowed_origins(origins.iter().filter_map(access::origin)).enforce_origin_validation()
        }
    }
}
