//! Brings the schema up to date, one process at a time. Absent on purpose: going back; a change that an older version
//! could not live with is split over two releases (see migrations/*/0001_accounts.sql).

use sqlx::{
    Connection as _, PgConnection, SqliteConnection,
    migrate::{MigrateError, Migrator},
};

use super::{Database, DatabaseSettings};

// A database that already has migrations of a newer version is accepted: that is what a rollback looks like.
static SQLITE: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("migrations/sqlite") };
static POSTGRES: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("migrations/postgres") };

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Worth another try: the database is not there yet, or is busy.
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    /// Another try would end the same way.
    #[error("the schema cannot be brought up to date")]
    Refused(#[source] MigrateError),
}

impl Database {
    /// Applies the migrations that are missing. Safe to call from several processes at once: PostgreSQL's advisory lock
    /// or SQLite's write lock lets one work and the others find it done.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        self.apply_migrations().await?;
        self.set_prepared();
        Ok(())
    }

    async fn apply_migrations(&self) -> Result<(), MigrationError> {
        match &self.settings {
            DatabaseSettings::Sqlite { options, .. } => {
                let mut connection = SqliteConnection::connect_with(options).await.map_err(of_file)?;
                // sqlx takes no lock for SQLite, so everything runs inside one write transaction of ours.
                let mut all = connection.begin_with("BEGIN IMMEDIATE").await.map_err(of_file)?;
                SQLITE.run_direct(None, &mut *all, false).await.map_err(classify)?;
                all.commit().await.map_err(of_file)?;
                connection.close().await.map_err(of_file)
            }
            DatabaseSettings::Postgres { options, .. } => {
                // A connection of its own: the pool's carry a statement time-out that a long migration must not meet.
                let mut connection = PgConnection::connect_with(options).await.map_err(MigrationError::Unreachable)?;
                POSTGRES.run_direct(None, &mut connection, false).await.map_err(classify)?;
                connection.close().await.map_err(MigrationError::Unreachable)
            }
        }
    }
}

/// Another process may hold the file for a moment; a file that cannot be opened or written now cannot be later.
fn of_file(error: sqlx::Error) -> MigrationError {
    const BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|cause| cause.code()).and_then(|code| code.parse::<u32>().ok());
    if code.is_some_and(|code| code & 0xff == BUSY) {
        MigrationError::Unreachable(error)
    } else {
        MigrationError::Refused(MigrateError::Execute(error))
    }
}

fn classify(error: MigrateError) -> MigrationError {
    match error {
        MigrateError::Execute(source) if super::is_passing(&source) => MigrationError::Unreachable(source),
        MigrateError::ExecuteMigration(source, _) if super::is_passing(&source) => MigrationError::Unreachable(source),
        refused => MigrationError::Refused(refused),
    }
}
