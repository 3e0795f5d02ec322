//! Access tokens: JSON Web Tokens signed with HS256 and nothing else. Absent on purpose: refresh tokens and a list of
//! revoked ones; a token ends after a day or with its account.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::UserId;
use crate::timestamp::Timestamp;

const ISSUER: &str = "todo";
/// How long a token is accepted.
pub(super) const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Signs and checks tokens.
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
}

/// Every field is required and has exactly this type: a token whose `exp` is a string is refused, not taken as endless.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
    iss: String,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("signing a token")]
pub struct SigningError(#[from] jsonwebtoken::errors::Error);

impl Tokens {
    /// All replicas share the secret, so that each accepts the others' tokens.
    pub fn new(secret: &SecretString) -> Self {
        let key = secret.expose_secret().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        Self { signing: EncodingKey::from_secret(key), checking: DecodingKey::from_secret(key), validation }
    }

    /// A token for this user, and the moment from which it is no longer accepted. The same user and moment always give
    /// the same token.
    pub fn sign(&self, user: UserId, issued: Timestamp) -> Result<(String, Timestamp), SigningError> {
        let expires = issued + LIFETIME;
        let claims =
            Claims { sub: user.to_string(), iat: issued.seconds(), exp: expires.seconds(), iss: ISSUER.to_owned() };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)?;
        Ok((token, expires))
    }

    /// The user whom a token names; `None` whatever is wrong with it, since a caller is told no more than that.
    pub fn check(&self, token: &str) -> Option<UserId> {
        let data = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation).ok()?;
        data.claims.sub.parse().ok()
    }
}
