//! Hashing and checking passwords off the threads that serve requests, and never more at once than memory and processors
//! allow, so that a storm of log-ins leaves everything else fast.

use std::{
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
    thread::available_parallelism,
    time::Duration,
};

use tokio::sync::Semaphore;

use super::{
    Password,
    hash::{self, Memory},
};
use crate::problem::{Kind, Problem};

/// Four hashes at once need 76 MiB; more would not fit the memory limit that the chart sets.
const MOST_AT_ONCE: usize = 4;
/// Waiting places per hash at once: one to three seconds of work.
const PLACES_PER_HASH: usize = 64;
/// What a log-in that finds no place is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Hashes and checks passwords. Cheap to clone; every clone shares the same limit.
#[derive(Clone)]
pub struct Passwords {
    working: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// As many as were ever at work together, so never more than permits.
    memories: Arc<Mutex<Vec<Memory>>>,
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
    pub fn new(most_places: usize) -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let at_once = processors.div_ceil(2).min(MOST_AT_ONCE);
        let places = (at_once * PLACES_PER_HASH).min(most_places).max(1);
        Self {
            working: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(places)),
            memories: Arc::default(),
            nobody: hash::nobody().into(),
        }
    }

    /// The hash to store for a new password.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        let hash = self.run(move |memory| hash::make(memory, password.bytes())).await?;
        Ok(hash.map_err(PasswordError::from)?)
    }

    /// Whether the password belongs to the stored hash. Without one the same work is done and the answer is no.
    pub async fn check(&self, password: Password, stored: Option<String>) -> Result<bool, Problem> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let fits = self.run(move |memory| hash::fits(memory, password.bytes(), &stored)).await?;
        Ok(fits.map_err(PasswordError::from)? && known)
    }

    /// Runs `work` on a thread that may block. The permit moves into the work: a client that leaves does not stop it,
    /// and must not make room for another one on top of it.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Memory) -> T + Send + 'static) -> Result<T, Problem> {
        let full = || Problem::new(Kind::Overloaded).retry_after(RETRY_AFTER);
        let _place = self.places.clone().try_acquire_owned().map_err(|_| full())?;
        let permit = self.working.clone().acquire_owned().await.map_err(|_| full())?;
        let memories = Arc::clone(&self.memories);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut memory = memories.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let done = work(&mut memory);
            memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            done
        });
        Ok(done.await.map_err(PasswordError::from)?)
    }
}
