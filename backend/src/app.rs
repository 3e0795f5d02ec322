//! The application: what every handler shares, which features there are, and the order of the middleware.

use std::sync::Arc;

use axum::{Router, extract::FromRef, middleware};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    accounts::{self, Passwords, Tokens},
    database::Database,
    problem,
};

/// What handlers share. Cheap to clone. A handler takes the part that it needs: `State<Database>` works.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Where everything is kept.
    pub database: Database,
    /// Signs and checks tokens.
    pub tokens: Arc<Tokens>,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
}

#[derive(OpenApi)]
#[openapi(info(title = "todo", description = "Accounts and tasks."))]
struct Document;

/// Every feature's routes, each with its description for the OpenAPI document.
fn features() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi()).merge(accounts::router())
}

/// The OpenAPI document of everything that is served under /api.
pub fn openapi() -> utoipa::openapi::OpenApi {
    features().into_openapi()
}

/// The whole application without its probes.
pub fn router(state: AppState) -> Router {
    let (routes, _document) = features().split_for_parts();
    routes.layer(middleware::from_fn(problem::render)).with_state(state)
}
