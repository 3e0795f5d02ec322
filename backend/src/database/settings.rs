//! `DATABASE_URL` read into connection options of one engine or the other. Its text may hold a password, so no error
//! here repeats any of it.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// How long a SQLite statement waits for another process' lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the data is, and how many connections may go there.
#[derive(Clone)]
pub enum DatabaseSettings {
    /// A file on this machine.
    Sqlite {
        /// The file and how it is opened.
        options: Arc<SqliteConnectOptions>,
        /// Size of the read pool; the writer is one more.
        max_connections: u32,
    },
    /// A server.
    Postgres {
        /// Where it is and who we are.
        options: Arc<PgConnectOptions>,
        /// Size of the pool.
        max_connections: u32,
    },
}

/// What is wrong with a database URL, without the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Neither engine.
    #[error("is neither a sqlite: nor a postgres: URL")]
    Scheme,
    /// The engine is known, the rest is not understood.
    #[error("is not a {0} URL that can be understood")]
    Unreadable(&'static str),
    /// A database in memory, of which every connection would have its own.
    #[error("names a SQLite database in memory; only a file is shared by all connections")]
    InMemory,
}

impl DatabaseSettings {
    /// A SQLite file; what is used when nothing is set.
    pub fn file(path: &str, max_connections: u32) -> Self {
        Self::Sqlite { options: durable(SqliteConnectOptions::new().filename(path)), max_connections }
    }

    /// Reads `sqlite:path`, `postgres:…` or `postgresql:…`.
    pub fn parse(url: &str, max_connections: u32) -> Result<Self, BadUrl> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => {
                if url.contains(":memory:") || url.contains("mode=memory") || url.trim_end_matches('/') == "sqlite:" {
                    return Err(BadUrl::InMemory);
                }
                let options = SqliteConnectOptions::from_str(url).map_err(|_| BadUrl::Unreadable("SQLite"))?;
                Ok(Self::Sqlite { options: durable(options), max_connections })
            }
            Some("postgres" | "postgresql") => {
                let options = PgConnectOptions::from_str(url).map_err(|_| BadUrl::Unreadable("PostgreSQL"))?;
                let options = Arc::new(options.application_name("todo-backend"));
                Ok(Self::Postgres { options, max_connections })
            }
            _ => Err(BadUrl::Scheme),
        }
    }

    /// Which database this is, for whoever reads an error at night: never with a user or a password.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite { options, .. } => options.get_filename().display().to_string(),
            Self::Postgres { options, .. } => {
                format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or_default())
            }
        }
    }
}

/// An acknowledged write must survive a power cut: each commit is synced (FULL), and the write-ahead log lets readers
/// go on beside the writer.
fn durable(options: SqliteConnectOptions) -> Arc<SqliteConnectOptions> {
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    Arc::new(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, on_engine};

    async fn pragma(database: &Database, sql: &'static str) -> String {
        let mut write = database.write("select", "settings").await.unwrap();
        on_engine!(write, |connection| sqlx::query_scalar(sql).fetch_one(connection).await).unwrap()
    }

    /// The load test kills processes, which proves nothing here: what a process wrote stays in the kernel's cache, and
    /// only a power cut tells a synced commit from another.
    #[tokio::test]
    async fn a_commit_on_sqlite_is_synced_before_it_is_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("todo.db").display().to_string();
        let database = Database::new(&DatabaseSettings::file(&path, 2));
        const FULL: &str = "2";
        assert_eq!(pragma(&database, "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await, FULL);
        assert_eq!(pragma(&database, "SELECT journal_mode FROM pragma_journal_mode").await, "wal");
        assert_eq!(pragma(&database, "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, "1");
    }
}
