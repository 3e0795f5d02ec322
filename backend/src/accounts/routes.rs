//! Sign up, log in, one's own account.

use std::net::IpAddr;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use telemetry::names::{self, auth_result};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    CurrentUser, Email, Password, User, UserId,
    identity::unauthorized,
    store::{self, Credentials},
};
use crate::{
    app::AppState,
    audit::{self, Outcome},
    idempotency::{self, Answer, Claim, Fingerprint, IdempotencyKey},
    limits::{ClientAddress, LoginAllowed},
    problem::{Body, FieldError, Json, Kind, Problem},
    timestamp::Timestamp,
};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The routes of this feature.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(signup)).routes(routes!(login)).routes(routes!(me, delete_me))
}

/// What a person types to sign up or to log in.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[schema(as = Credentials)]
struct Typed {
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
#[utoipa::path(
    post, path = "/api/auth/signup", tag = "accounts", security(()),
    params(("idempotency-key" = Option<String>, Header, description = "repeats of the same request get the same answer, for a day")),
    request_body = Typed,
    responses(
        (status = 201, body = Session),
        (status = 409, description = "the address has an account", body = Body, content_type = "application/problem+json"),
        (status = 422, body = Body, content_type = "application/problem+json"),
        (status = 429, body = Body, content_type = "application/problem+json"),
        (status = 503, body = Body, content_type = "application/problem+json"),
    )
)]
async fn signup(
    allowed: LoginAllowed,
    State(state): State<AppState>,
    key: Option<IdempotencyKey>,
    Json(typed): Json<Typed>,
) -> Result<Response, Problem> {
    let (email, password) = chosen(typed)?;
    let password_hash = state.passwords.hash(password.clone()).await.inspect_err(|_| count(auth_result::OVERLOADED))?;
    let user = User { id: UserId::generate(), email, created_at: Timestamp::now() };
    let made_before = match add(&state, &user, &password_hash, key.as_ref()).await? {
        Added::Now => {
            count(auth_result::SUCCESS);
            audit::entry("sign up", Some(user.id), allowed.address, Outcome::Success);
            return created(&state, user);
        }
        Added::Before => store::credentials(&state.database, &user.email).await?,
        Added::Taken => None,
    };
    match made_before {
        Some(earlier) => replay(&state, earlier, password, allowed.address).await,
        None => {
            count(auth_result::FAILURE);
            audit::entry("sign up", None, allowed.address, Outcome::Failure);
            Err(Problem::new(Kind::EmailTaken))
        }
    }
}

/// Whether an account was made.
enum Added {
    Now,
    /// An earlier request with the same key and e-mail address made it.
    Before,
    /// Somebody has the address.
    Taken,
}

/// The account and the key that must make it only once become durable together. The kept answer is empty: a token must
/// not be stored, and it can be signed again.
async fn add(state: &AppState, user: &User, hash: &str, key: Option<&IdempotencyKey>) -> Result<Added, Problem> {
    const SCOPE: &str = "signup";
    let (now, fingerprint) = (user.created_at, Fingerprint::of_texts([user.email.as_str()]));
    let mut write = state.database.write("insert", "users").await?;
    let added = store::insert(&mut write, user, hash).await?;
    let before = match (added, key) {
        (_, None) => None,
        (true, Some(key)) => {
            let answer = &Answer { status: StatusCode::CREATED, location: None, etag: None, body: Vec::new() };
            let claim = Claim { scope: SCOPE, key, owner: user.id, fingerprint, answer, now };
            idempotency::claim(&mut write, claim).await?
        }
        (false, Some(key)) => idempotency::earlier(&mut write, SCOPE, key, fingerprint, now).await?,
    };
    if before.is_some() {
        return Ok(Added::Before);
    }
    if !added {
        return Ok(Added::Taken);
    }
    write.commit().await?;
    Ok(Added::Now)
}

/// The answer to a repeated request, made again. Whether the password is the same only argon2 can tell, since nothing
/// weaker of it is stored.
async fn replay(
    state: &AppState,
    earlier: Credentials,
    password: Password,
    address: IpAddr,
) -> Result<Response, Problem> {
    let checked = state.passwords.check(password, Some(earlier.password_hash)).await;
    if !checked.inspect_err(|_| count(auth_result::OVERLOADED))? {
        count(auth_result::FAILURE);
        audit::entry("sign up", Some(earlier.user.id), address, Outcome::Failure);
        return Err(Problem::new(Kind::KeyReused));
    }
    let mut response = created(state, earlier.user)?;
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn created(state: &AppState, user: User) -> Result<Response, Problem> {
    let issued = user.created_at;
    Ok((StatusCode::CREATED, Json(session(state, user, issued)?)).into_response())
}

/// Checks both fields, so that one answer names everything that is wrong.
fn chosen(typed: Typed) -> Result<(Email, Password), Problem> {
    let email = Email::parse(&typed.email);
    let password = Password::choose(typed.password, email.as_ref().ok());
    match (email, password) {
        (Ok(email), Ok(password)) => Ok((email, password)),
        (email, password) => {
            let wrong =
                |field: &'static str, message: &str| FieldError { field: field.into(), message: message.to_owned() };
            let email = email.err().map(|message| wrong("email", message));
            let password = password.err().map(|message| wrong("password", message));
            Err(Problem::validation(email.into_iter().chain(password).collect()))
        }
    }
}

/// Exchanges e-mail and password for a token.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "accounts", security(()), request_body = Typed,
    responses(
        (status = 200, body = Session),
        (status = 401, description = "e-mail or password is wrong", body = Body, content_type = "application/problem+json"),
        (status = 429, body = Body, content_type = "application/problem+json"),
        (status = 503, body = Body, content_type = "application/problem+json"),
    )
)]
async fn login(
    allowed: LoginAllowed,
    State(state): State<AppState>,
    Json(typed): Json<Typed>,
) -> Result<Json<Session>, Problem> {
    let found = match Email::parse(&typed.email) {
        Ok(email) => store::credentials(&state.database, &email).await?,
        Err(_) => None,
    };
    let (user, stored) = found.map(|found| (found.user, found.password_hash)).unzip();
    let checked = state.passwords.check(Password::attempt(typed.password), stored).await;
    let right = checked.inspect_err(|_| count(auth_result::OVERLOADED))?;
    let id = user.as_ref().map(|user| user.id);
    match user {
        Some(user) if right => {
            count(auth_result::SUCCESS);
            audit::entry("log in", id, allowed.address, Outcome::Success);
            Ok(Json(session(&state, user, Timestamp::now())?))
        }
        _ => {
            count(auth_result::FAILURE);
            audit::entry("log in", id, allowed.address, Outcome::Failure);
            Err(Problem::new(Kind::BadCredentials))
        }
    }
}

fn count(result: &'static str) {
    metrics::counter!(names::AUTH_ATTEMPTS, "result" => result).increment(1);
}

fn session(state: &AppState, user: User, issued: Timestamp) -> Result<Session, Problem> {
    let signed = state.tokens.sign(user.id, issued);
    let (token, expires_at) = signed.map_err(|error| Problem::new(Kind::Internal).caused_by(error))?;
    Ok(Session { token, expires_at, user })
}

/// One's own account.
#[utoipa::path(
    get, path = "/api/me", tag = "accounts",
    responses((status = 200, body = User), (status = 401, body = Body, content_type = "application/problem+json"))
)]
async fn me(user: CurrentUser, State(state): State<AppState>) -> Result<Json<User>, Problem> {
    let found = store::find(&state.database, user.id).await?;
    found.map(Json).ok_or_else(unauthorized)
}

/// Deletes one's own account and everything in it.
#[utoipa::path(
    delete, path = "/api/me", tag = "accounts",
    responses((status = 204), (status = 401, body = Body, content_type = "application/problem+json"))
)]
async fn delete_me(
    user: CurrentUser,
    ClientAddress(address): ClientAddress,
    State(state): State<AppState>,
) -> Result<StatusCode, Problem> {
    if !store::delete(&state.database, user.id).await? {
        return Err(unauthorized());
    }
    audit::account_deleted(user.id, address);
    Ok(StatusCode::NO_CONTENT)
}
