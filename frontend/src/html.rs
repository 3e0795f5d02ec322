//! `Html`: a rendered template as an answer. askama brings no axum integration, and this is all that is needed.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A page. Rendering writes into memory, so it fails only by a mistake of ours, which then answers 500.
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
            Err(error) => {
                tracing::error!(error.message = %error, "rendering a page");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
