//! The way to the database, the same for both engines: a timed `read`, a timed `write` (always a transaction), and
//! `on_engine!`, which gives one SQL text to whichever engine is configured. Absent on purpose: any feature's SQL.

mod check;
mod measure;
mod migrate;
mod settings;

use std::{sync::Arc, time::Duration};

use sqlx::{
    Connection as _, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction,
    pool::{PoolConnection, PoolOptions},
};

pub use measure::RETRY_AFTER;
pub use migrate::MigrationError;
pub use settings::{BadUrl, DatabaseSettings};

/// How long a request waits for a connection before it is told to come back later.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(2500);

/// How long a connection that was given back may take to answer. It may still be busy with a statement that nobody waits
/// for any more.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Cheap to clone: every clone shares the same pools.
#[derive(Clone)]
pub struct Database {
    settings: DatabaseSettings,
    pools: Pools,
    status: Arc<check::Status>,
}

#[derive(Clone)]
enum Pools {
    /// One writer, because SQLite has one: a second would only wait for the lock where no one can see or time it.
    Sqlite {
        read: sqlx::SqlitePool,
        write: sqlx::SqlitePool,
    },
    Postgres(sqlx::PgPool),
}

impl Database {
    /// Pools that connect when first used, so that the server listens and answers probes while its database is away.
    pub fn new(settings: &DatabaseSettings) -> Self {
        let pools = match settings {
            DatabaseSettings::Sqlite { options, max_connections } => Pools::Sqlite {
                // A reader that made a lost file anew would let the check of the database find one.
                read: pool_options(*max_connections).connect_lazy_with((**options).clone().create_if_missing(false)),
                write: pool_options(1)
                    .after_release(|connection, _| Box::pin(is_outside_of_transactions(connection)))
                    .connect_lazy_with((**options).clone()),
            },
            DatabaseSettings::Postgres { options, max_connections } => {
                let pool = pool_options(*max_connections)
                    .after_connect(|connection, _| Box::pin(bound(connection)))
                    .after_release(|connection, _| Box::pin(still_answers(connection)));
                Pools::Postgres(pool.connect_lazy_with((**options).clone()))
            }
        };
        Self { settings: settings.clone(), pools, status: Arc::default() }
    }

    /// A connection for statements that change nothing. `operation` and `collection` become metric labels, so both are
    /// words of a closed set, such as `"select"` and `"tasks"`.
    pub async fn read(&self, operation: &'static str, collection: &'static str) -> Result<Read, sqlx::Error> {
        let connection = match &self.pools {
            Pools::Sqlite { read, .. } => ReadConnection::Sqlite(measure::acquire(read.acquire()).await?),
            Pools::Postgres(pool) => ReadConnection::Postgres(measure::acquire(pool.acquire()).await?),
        };
        Ok(Read { connection, _timer: measure::OperationTimer::start(operation, collection) })
    }

    /// A transaction that may change something, rolled back unless `commit` is called. SQLite takes its write lock at
    /// once: a reader that turns into a writer half-way fails without waiting.
    pub async fn write(&self, operation: &'static str, collection: &'static str) -> Result<Write, sqlx::Error> {
        let transaction = match &self.pools {
            Pools::Sqlite { write, .. } => {
                let connection = measure::acquire(write.acquire()).await?;
                let begun = Transaction::begin(connection, Some(sqlx::SqlStr::from_static("BEGIN IMMEDIATE"))).await?;
                WriteTransaction::Sqlite(begun)
            }
            Pools::Postgres(pool) => {
                WriteTransaction::Postgres(Transaction::begin(measure::acquire(pool.acquire()).await?, None).await?)
            }
        };
        Ok(Write { transaction, _timer: measure::OperationTimer::start(operation, collection) })
    }

    /// Which database this is, in words without secrets.
    pub fn place(&self) -> String {
        self.settings.place()
    }

    /// Closes every connection; whoever still asks for one gets an error at once.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Whether the same request may succeed later without anything being changed: the database is away, busy or full.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
        _ => false,
    }
}

/// PostgreSQL's codes have five characters and a class in the first two; SQLite's are numbers whose low byte is the kind.
fn is_passing_code(code: &str) -> bool {
    const CONNECTION: &str = "08";
    const CONFLICT_ROLLED_BACK: &str = "40";
    const OUT_OF_RESOURCES: &str = "53";
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const STATEMENT_TIME_OUT: &str = "57014";
    const SERVER_GOING_OR_COMING: &str = "57P";
    const SQLITE: [u32; 5] = [5, 6, 10, 13, 14]; // busy, locked, disk error, disk full, file gone
    if code.len() == 5 {
        [CONNECTION, CONFLICT_ROLLED_BACK, OUT_OF_RESOURCES, SERVER_GOING_OR_COMING].iter().any(|c| code.starts_with(c))
            || [LOCK_NOT_AVAILABLE, STATEMENT_TIME_OUT].contains(&code)
    } else {
        code.parse::<u32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)))
    }
}

/// The server gives up by itself on what nobody waits for any more, and on a transaction whose process is gone. A lock
/// that is not free within three seconds is held by something that went wrong.
async fn bound(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const SQL: &str = "SELECT set_config('statement_timeout', '10s', false), set_config('lock_timeout', '3s', false),
                       set_config('idle_in_transaction_session_timeout', '15s', false)";
    sqlx::query(SQL).execute(connection).await.map(drop)
}

/// Asks a connection that was given back, for it may have been given up half-way through. sqlx asks too, but waits for the
/// answer without end: the places of requests that were under way when a server vanished would be lost until TCP gives up,
/// a quarter of an hour later. The price is one more round trip, after the request.
async fn still_answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(RELEASE_TIMEOUT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(late) => Err(sqlx::Error::Io(late.into())),
    }
}

/// When a disk is full or fails, SQLite ends the transaction by itself; the ROLLBACK that follows finds none and fails, and
/// sqlx goes on counting a transaction that is no more. It would refuse every later write, so such a connection is opened
/// anew. The rollback of a transaction that was dropped is still in the connection's queue, hence the ping before the look.
async fn is_outside_of_transactions(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn pool_options<DB: sqlx::Database>(max_connections: u32) -> PoolOptions<DB> {
    PoolOptions::new().max_connections(max_connections).acquire_timeout(ACQUIRE_TIMEOUT)
}

/// A connection to read from; goes back to its pool when dropped.
pub struct Read {
    connection: ReadConnection,
    _timer: measure::OperationTimer,
}

enum ReadConnection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// An open transaction; rolled back when dropped.
pub struct Write {
    transaction: WriteTransaction,
    _timer: measure::OperationTimer,
}

enum WriteTransaction {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What `on_engine!` matches on.
pub enum Connection<'a> {
    /// SQLite's connection.
    Sqlite(&'a mut SqliteConnection),
    /// PostgreSQL's connection.
    Postgres(&'a mut PgConnection),
}

impl Read {
    /// The engine's own connection, for `on_engine!`.
    pub fn connection(&mut self) -> Connection<'_> {
        match &mut self.connection {
            ReadConnection::Sqlite(connection) => Connection::Sqlite(connection),
            ReadConnection::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

impl Write {
    /// The engine's own connection, for `on_engine!`.
    pub fn connection(&mut self) -> Connection<'_> {
        match &mut self.transaction {
            WriteTransaction::Sqlite(transaction) => Connection::Sqlite(transaction),
            WriteTransaction::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Makes the changes durable. Only after this may a client be told that they happened.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.transaction {
            WriteTransaction::Sqlite(transaction) => transaction.commit().await,
            WriteTransaction::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// Runs the same expression on either engine's connection: `on_engine!(read, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await)`.
/// The expression is compiled once per engine, so its type must not name one: `query_as::<_, Row>`, not `SqliteRow`.
macro_rules! on_engine {
    ($access:expr, |$connection:ident| $body:expr) => {
        match $access.connection() {
            $crate::database::Connection::Sqlite($connection) => $body,
            $crate::database::Connection::Postgres($connection) => $body,
        }
    };
}
pub(crate) use on_engine;

#[cfg(test)]
mod tests {
    use super::*;

    async fn execute(database: &Database, sql: &'static str) -> Result<(), sqlx::Error> {
        let mut write = database.write("insert", "rows").await?;
        on_engine!(write, |connection| sqlx::query(sql).execute(connection).await.map(drop))?;
        write.commit().await
    }

    #[tokio::test]
    async fn writes_go_on_once_a_full_disk_has_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("todo.db").display().to_string();
        let database = Database::new(&DatabaseSettings::file(&path, 2));
        execute(&database, "CREATE TABLE rows (content BLOB NOT NULL)").await.unwrap();
        // As long as this connection lives, its file has no room for another page.
        execute(&database, "PRAGMA max_page_count = 1").await.unwrap();
        let full = execute(&database, "INSERT INTO rows (content) VALUES (zeroblob(1000000))").await.unwrap_err();
        assert!(full.to_string().contains("full") && is_passing(&full), "{full}");
        execute(&database, "INSERT INTO rows (content) VALUES (zeroblob(1000000))").await.unwrap();
    }
}
