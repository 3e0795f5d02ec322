//! The bound on requests being handled at the same time. Who comes on top is sent away at once: a queue would make
//! everybody slow, and clients that have given up would still be served.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Limits;
use crate::problem::{Kind, Problem};

/// Long enough for a burst to pass, short enough to be worth waiting for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Middleware around everything except the probes.
pub async fn shed(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let _permit = match &limits.concurrent {
        None => None,
        Some(concurrent) => match concurrent.try_acquire() {
            Ok(permit) => Some(permit),
            Err(_) => return Problem::new(Kind::Overloaded).retry_after(RETRY_AFTER).into_response(),
        },
    };
    next.run(request).await
}
