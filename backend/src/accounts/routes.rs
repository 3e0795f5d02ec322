//! Sign up, log in, one's own account.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{CurrentUser, Email, Password, User, UserId, store};
use crate::{
    app::AppState,
    problem::{Body, FieldError, Json, Kind, Problem},
    timestamp::Timestamp,
};

/// The routes of this feature.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(signup))
        .routes(routes!(login))
        .routes(routes!(me, delete_me))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Credentials {
    #[schema(format = "email", max_length = 254)]
    email: String,
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    password: SecretString,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Session {
    /// Sent back as `Authorization: Bearer …`.
    token: String,
    /// From this moment on the token is refused.
    expires_at: Timestamp,
    user: User,
}

/// Makes an account and logs it in.
#[utoipa::path(post, path = "/api/auth/signup", tag = "accounts", security(()), request_body = Credentials, responses(
    (status = 201, body = Session),
    (status = 409, description = "the address has an account", body = Body, content_type = "application/problem+json"),
    (status = 422, body = Body, content_type = "application/problem+json"),
))]
async fn signup(State(state): State<AppState>, Json(typed): Json<Credentials>) -> Result<Response, Problem> {
    let (email, password) = chosen(typed)?;
    let password_hash = state.passwords.hash(password).await?;
    let user = User {
        id: UserId::generate(),
        email,
        created_at: Timestamp::now(),
    };
    let mut write = state.database.write("insert", "users").await?;
    if !store::insert(&mut write, &user, &password_hash).await? {
        return Err(Problem::new(Kind::Conflict).detail("This e-mail address already has an account."));
    }
    write.commit().await?;
    let session = session(&state, user)?;
    Ok((StatusCode::CREATED, Json(session)).into_response())
}

/// Checks both fields, so that one answer names everything that is wrong.
fn chosen(typed: Credentials) -> Result<(Email, Password), Problem> {
    let email = Email::parse(&typed.email);
    let password = Password::choose(typed.password, email.as_ref().ok());
    match (email, password) {
        (Ok(email), Ok(password)) => Ok((email, password)),
        (email, password) => {
            let wrong = |field, message: &str| FieldError {
                field,
                message: message.to_owned(),
            };
            let email = email.err().map(|message| wrong("email", message));
            let password = password.err().map(|message| wrong("password", message));
            Err(Problem::validation(email.into_iter().chain(password).collect()))
        }
    }
}

/// Exchanges e-mail and password for a token.
#[utoipa::path(post, path = "/api/auth/login", tag = "accounts", security(()), request_body = Credentials, responses(
    (status = 200, body = Session),
    (status = 401, body = Body, content_type = "application/problem+json"),
))]
async fn login(State(state): State<AppState>, Json(typed): Json<Credentials>) -> Result<Json<Session>, Problem> {
    let found = match Email::parse(&typed.email) {
        Ok(email) => store::credentials(&state.database, &email).await?,
        Err(_) => None,
    };
    let (user, stored) = found.map(|found| (found.user, found.password_hash)).unzip();
    let right = state.passwords.check(Password::attempt(typed.password), stored).await?;
    match user {
        Some(user) if right => Ok(Json(session(&state, user)?)),
        _ => Err(Problem::new(Kind::BadCredentials)),
    }
}

fn session(state: &AppState, user: User) -> Result<Session, Problem> {
    let signed = state.tokens.sign(user.id, Timestamp::now());
    let (token, expires_at) = signed.map_err(|error| Problem::new(Kind::Internal).caused_by(error))?;
    Ok(Session {
        token,
        expires_at,
        user,
    })
}

/// One's own account.
#[utoipa::path(get, path = "/api/me", tag = "accounts", responses(
    (status = 200, body = User),
    (status = 401, body = Body, content_type = "application/problem+json"),
))]
async fn me(user: CurrentUser, State(state): State<AppState>) -> Result<Json<User>, Problem> {
    let found = store::find(&state.database, user.id).await?;
    found.map(Json).ok_or_else(|| Problem::new(Kind::Unauthorized))
}

/// Deletes one's own account and everything in it.
#[utoipa::path(delete, path = "/api/me", tag = "accounts", responses(
    (status = 204),
    (status = 401, body = Body, content_type = "application/problem+json"),
))]
async fn delete_me(user: CurrentUser, State(state): State<AppState>) -> Result<StatusCode, Problem> {
    store::delete(&state.database, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
