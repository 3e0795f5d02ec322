//! Hashing and checking passwords with argon2id, off the threads that serve requests and never more at once than
//! memory and processors allow, so that a storm of log-ins leaves everything else fast.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use super::Password;
use crate::problem::{Kind, Problem};

/// OWASP's first recommendation for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Four hashes at once need 76 MiB; more would not fit the memory limit that the chart sets.
const MOST_AT_ONCE: usize = 4;
/// Waiting places per hash at once: about half a second of work.
const PLACES_PER_HASH: usize = 24;
/// What a log-in that finds no place is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Hashes and checks passwords. Cheap to clone; every clone shares the same limit.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    working: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Checked when there is no account, so that an unknown e-mail address costs the same work as a known one.
    nobody: Arc<str>,
}

/// Hashing itself failed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// argon2 refused its input or a stored hash.
    #[error("hashing a password")]
    Hash(#[from] argon2::password_hash::Error),
    /// The thread was lost.
    #[error("waiting for a password's hash")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        Self::new(Kind::Internal).caused_by(error)
    }
}

impl Passwords {
    /// Half the processors at most hash; `most_places` bounds how many requests may wait, beside our own bound.
    pub fn new(most_places: usize) -> Result<Self, PasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(argon2::password_hash::Error::from)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let processors = available_parallelism().map_or(1, NonZero::get);
        let at_once = processors.div_ceil(2).min(MOST_AT_ONCE);
        let places = (at_once * PLACES_PER_HASH).min(most_places).max(1);
        Ok(Self {
            nobody: nobody().into(),
            argon2,
            working: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(places)),
        })
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        let argon2 = self.argon2.clone();
        let hash = self
            .run(move || PasswordHasher::<PasswordHash>::hash_password(&argon2, password.bytes()))
            .await?;
        Ok(hash.map_err(PasswordError::from)?.to_string())
    }

    /// Whether the password belongs to the stored hash. Without one the same work is done and the answer is no.
    pub async fn check(&self, password: Password, stored: Option<String>) -> Result<bool, Problem> {
        let argon2 = self.argon2.clone();
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        match self
            .run(move || argon2.verify_password(password.bytes(), stored.as_str()))
            .await?
        {
            Ok(()) => Ok(known),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(broken) => Err(PasswordError::from(broken).into()),
        }
    }

    /// Runs `work` on a thread that may block. The permit moves into the work: a client that leaves does not stop it,
    /// and must not make room for another one on top of it.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let full = || Problem::new(Kind::Overloaded).retry_after(RETRY_AFTER);
        let _place = self.places.clone().try_acquire_owned().map_err(|_| full())?;
        let permit = self.working.clone().acquire_owned().await.map_err(|_| full())?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        Ok(done.await.map_err(PasswordError::from)?)
    }
}

/// A stored hash with today's parameters that no password has: salt and hash are all zeros.
fn nobody() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}
