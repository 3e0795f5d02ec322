//! Who is asking: the `CurrentUser` extractor. A handler that takes it can only be reached with a valid token of an
//! existing account.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

use super::{UserId, store};
use crate::{
    app::AppState,
    problem::{Kind, Problem},
};

/// The owner of the request's token.
#[derive(Clone, Copy, Debug)]
pub struct CurrentUser {
    /// Whose data the request may touch.
    pub id: UserId,
    /// Grows with every change of this user's tasks. Read together with the check that the account exists, so that
    /// answering 304 costs no query of its own.
    pub revision: i64,
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let id = bearer(&parts.headers).and_then(|token| state.tokens.check(token)).ok_or_else(unauthorized)?;
        state.limits.request_of(id)?;
        let known = store::known(&state.database, id).await?.ok_or_else(unauthorized)?;
        Ok(Self { id, revision: known.revision })
    }
}

/// The token of `Authorization: Bearer …`; the scheme's letters may be large or small.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

pub(super) fn unauthorized() -> Problem {
    Problem::new(Kind::Unauthorized).header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
