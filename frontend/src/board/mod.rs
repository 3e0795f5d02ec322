//! The task page: the list with its filters, adding, completing, editing and deleting. Every form works as a form; htmx
//! sends the same forms and takes the parts it needs out of the same pages, so there are no partial answers here.

mod due;
mod edit;
mod filter;
mod form;
mod remove;
mod routes;
mod view;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::{StatusCode, request::Parts};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::local_path::LocalPath;

/// The routes of this feature.
pub fn router() -> Router<App> {
    routes::router().merge(edit::router()).merge(remove::router())
}

/// The task in the address. An id that cannot exist is one that does not exist.
struct TaskId(Uuid);

impl FromRequestParts<App> for TaskId {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, StatusCode> {
        let Path(id) = Path::<Uuid>::from_request_parts(parts, app).await.map_err(|_| StatusCode::NOT_FOUND)?;
        Ok(Self(id))
    }
}

/// The way back to the list as it was filtered.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    back: String,
}

impl Back {
    fn path(&self) -> LocalPath {
        LocalPath::parse(&self.back).unwrap_or_else(LocalPath::board)
    }
}
