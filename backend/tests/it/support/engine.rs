//! A database per test: a file in a temporary folder, or a database on the server that `TEST_DATABASE_URL` names.

use std::{io::Write as _, sync::Once};

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of a test's own, empty at first.
pub(crate) struct TestDatabase {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    /// The file, on SQLite.
    pub(crate) folder: Option<TempDir>,
    name: String,
}

impl TestDatabase {
    /// `None` when there is no server for this engine.
    pub(crate) async fn create(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => {
                let folder = TempDir::new().unwrap();
                let url = format!("sqlite:{}", folder.path().join("todo.db").display());
                Some(Self { engine, url, folder: Some(folder), name: String::new() })
            }
            Engine::Postgres => {
                let server = server()?;
                let name = format!("todo_test_{}", uuid::Uuid::now_v7().simple());
                execute(&server, format!("CREATE DATABASE {name}")).await;
                let (before, query) = server.split_once('?').unwrap_or((&server, ""));
                let (address, _) = before.rsplit_once('/').unwrap();
                let url = format!("{address}/{name}{}{query}", if query.is_empty() { "" } else { "?" });
                Some(Self { engine, url, folder: None, name })
            }
        }
    }

    /// Removes it, whoever is still connected.
    pub(crate) async fn remove(&self) {
        if self.engine == Engine::Postgres
            && let Some(server) = server()
        {
            execute(&server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await;
        }
    }
}

/// The PostgreSQL server for tests. Without one the tests for it pass without testing, and say so; not where CI runs them.
#[expect(clippy::disallowed_methods, reason = "tests have no config.rs")]
fn server() -> Option<String> {
    static SAY_ONCE: Once = Once::new();
    let url = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!in_ci, "TEST_DATABASE_URL is not set, and with CI=true PostgreSQL must be tested");
        // Straight to the terminal: what a passing test prints in the usual way is thrown away.
        SAY_ONCE.call_once(|| {
            let line =
                "skipped: every test on PostgreSQL, because TEST_DATABASE_URL is not set (try scripts/with-postgres)";
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }
    url
}

async fn execute(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
