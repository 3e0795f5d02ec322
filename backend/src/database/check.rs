//! Whether the database answers, asked in the background on a connection of its own: a probe that waited for the pool
//! would call a busy server dead.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use metrics::gauge;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use telemetry::names;
use tokio_util::sync::CancellationToken;

use super::{Database, DatabaseSettings};

const PAUSE: Duration = Duration::from_secs(1);
/// An answer later than this is none.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known about the database without asking it.
#[derive(Default)]
pub(super) struct Status {
    connected: AtomicBool,
    prepared: AtomicBool,
}

impl Database {
    /// Whether it answered when last asked.
    pub fn is_connected(&self) -> bool {
        self.status.connected.load(Ordering::Acquire)
    }

    /// Whether this process has seen the schema in place; stays true.
    pub fn is_prepared(&self) -> bool {
        self.status.prepared.load(Ordering::Acquire)
    }

    pub(super) fn set_prepared(&self) {
        self.status.prepared.store(true, Ordering::Release);
        self.set_connected(Ok(()));
    }

    fn set_connected(&self, answer: Result<(), String>) {
        let connected = answer.is_ok();
        gauge!(names::DEPENDENCY_UP, "dependency" => "database").set(if connected { 1.0 } else { 0.0 });
        let was_connected = self.status.connected.swap(connected, Ordering::AcqRel);
        match answer {
            Err(reason) if was_connected => tracing::warn!(error.message = reason, "the database does not answer"),
            Ok(()) if !was_connected => tracing::info!("the database answers"),
            _ => {}
        }
    }

    /// Asks again and again until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        let mut postgres = None;
        loop {
            let asked = tokio::time::timeout(PATIENCE, self.ask(&mut postgres));
            let Some(answer) = stop.run_until_cancelled(asked).await else {
                break;
            };
            let answer = match answer {
                Ok(answer) => answer.map_err(|error| telemetry::chain(&error)),
                Err(_) => Err("no answer in time".to_owned()),
            };
            if answer.is_err() {
                // Also when an answer was only late: a connection given up half-way through cannot be asked again.
                postgres = None;
            }
            self.set_connected(answer);
            if stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                break;
            }
        }
        if let Some(connection) = postgres {
            let _ = tokio::time::timeout(PATIENCE, PgConnection::close(connection)).await;
        }
    }

    async fn ask(&self, kept: &mut Option<PgConnection>) -> Result<(), sqlx::Error> {
        match &self.settings {
            DatabaseSettings::Sqlite { options, .. } => {
                // Opened anew each time: an open file still answers after it has been removed or its disk is gone.
                let mut connection =
                    SqliteConnection::connect_with(&(**options).clone().create_if_missing(false)).await?;
                sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await?;
                connection.close().await
            }
            DatabaseSettings::Postgres { options, .. } => {
                let connection = match kept {
                    Some(connection) => connection,
                    None => kept.insert(PgConnection::connect_with(options).await?),
                };
                sqlx::query("SELECT 1").execute(connection).await.map(drop)
            }
        }
    }
}
