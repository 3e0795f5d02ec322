//! What a test does to its database behind the server's back.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// Runs one statement and returns its single text.
pub(crate) async fn text(url: &str, sql: &str) -> String {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }
}

/// Runs one statement and returns its single number.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    text(url, &format!("SELECT CAST(({sql}) AS TEXT)")).await.parse().unwrap()
}

/// Runs statements that return nothing.
pub(crate) async fn execute(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
}

/// A transaction of somebody else that holds what writers need, until it is released.
pub(crate) enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    pub(crate) async fn on_users(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            Self::Sqlite(connection)
        } else {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN; SELECT * FROM users FOR UPDATE").execute(&mut connection).await.unwrap();
            Self::Postgres(connection)
        }
    }

    pub(crate) async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}
