//! The bare loop to compare with: sqlx on SQLite with the server's durability, and nothing around it.

use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::Mutex;

use crate::Outcome;

pub(crate) struct Bare {
    connection: Mutex<SqliteConnection>,
    _folder: tempfile::TempDir,
}

impl Bare {
    /// An empty table with the columns of a task and the index of the default order.
    pub(crate) async fn open() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("bare.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(
            "CREATE TABLE bare (id BLOB PRIMARY KEY, user_id BLOB, title TEXT, priority TEXT, created_at INTEGER);
             CREATE INDEX bare_by_age ON bare (user_id, created_at, id);",
        )
        .execute(&mut connection)
        .await?;
        Ok(Self { connection: Mutex::new(connection), _folder: folder })
    }

    pub(crate) async fn create(&self) -> Outcome<()> {
        let mut connection = self.connection.lock().await;
        sqlx::query("INSERT INTO bare (id, user_id, title, priority, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(uuid::Uuid::now_v7())
            .bind(uuid::Uuid::nil())
            .bind("measure what it costs")
            .bind("high")
            .bind(1_700_000_000_i64)
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    pub(crate) async fn list(&self) -> Outcome<()> {
        let mut connection = self.connection.lock().await;
        sqlx::query_as::<_, (uuid::Uuid, String, String, i64)>(
            "SELECT id, title, priority, created_at FROM bare WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50",
        )
        .bind(uuid::Uuid::nil())
        .fetch_all(&mut *connection)
        .await?;
        Ok(())
    }
}
