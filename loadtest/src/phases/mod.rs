//! The phases of a run, one file each: every one does something to the server and returns what it saw. Absent on purpose:
//! their order (`run`) and what is good (`criteria`).

pub mod asking;
pub mod audit;
pub mod cluster;
pub mod configuration;
pub mod drain;
pub mod flood;
pub mod freshness;
pub mod kills;
pub mod logs;
pub mod metrics;
pub mod sampling;
pub mod starts;
pub mod steady;
pub mod streams;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::ledger::Ledger;
use crate::measurements::Part;
use crate::progress::Progress;
use crate::target::cluster::ClusterError;
use crate::target::local::TargetError;
use crate::watch::Watch;

/// What every phase may use.
#[derive(Clone, Debug)]
pub struct Context {
    pub watch: Arc<Watch>,
    pub ledger: Arc<Ledger>,
    pub progress: Progress,
    /// Cancelled by Ctrl-C.
    pub interrupted: CancellationToken,
    pub seed: u64,
}

/// Why a phase has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Stopped {
    /// Ctrl-C.
    #[error("The run was interrupted before this was measured.")]
    Interrupted,
    /// Nothing was tried, because it cannot be done here. A whole sentence.
    #[error("{0}")]
    Impossible(String),
    /// The attempt itself went wrong.
    #[error("{0}")]
    Broken(String),
}

impl From<TargetError> for Stopped {
    fn from(error: TargetError) -> Self {
        Self::Broken(sentence(&error.to_string()))
    }
}

impl From<ClusterError> for Stopped {
    fn from(error: ClusterError) -> Self {
        Self::Broken(sentence(&error.to_string()))
    }
}

impl Context {
    /// Runs a piece of a phase, unless Ctrl-C comes first: it is then dropped where it stands.
    pub async fn unless_interrupted<T>(&self, piece: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            () = self.interrupted.cancelled() => Err(Stopped::Interrupted),
            value = piece => Ok(value),
        }
    }

    /// One of a run that consists of a test.
    #[cfg(test)]
    pub fn of_test() -> Self {
        let watch = Arc::new(Watch::new(crate::clock::Clock::start()));
        Self {
            progress: Progress::new(Arc::clone(&watch)),
            watch,
            ledger: Arc::default(),
            interrupted: CancellationToken::new(),
            seed: 0,
        }
    }

    /// Sleeps, unless Ctrl-C comes first.
    pub async fn pause(&self, duration: std::time::Duration) -> Result<(), Stopped> {
        self.unless_interrupted(tokio::time::sleep(duration)).await
    }
}

/// The result of a phase as a part of the measurements.
pub fn part<T>(result: Result<T, Stopped>) -> Part<T> {
    match result {
        Ok(value) => Part::Measured(value),
        Err(stopped @ (Stopped::Interrupted | Stopped::Impossible(_))) => Part::NotMeasured(stopped.to_string()),
        Err(Stopped::Broken(what)) => Part::Broken(what),
    }
}

/// Makes a message the whole sentence that the report expects.
pub fn sentence(text: &str) -> String {
    let mut characters = text.trim().chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = characters.as_str();
    let end = if text.trim().ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{rest}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("no server is running"), "No server is running.");
        assert_eq!(sentence("Done!"), "Done!");
    }
}
