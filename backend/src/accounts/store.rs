//! All SQL of accounts. Absent on purpose: HTTP types, clocks, hashing.

use super::{Email, User, UserId};
use crate::database::{Database, Write, on_engine};

/// What is known about the owner of a token.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Known {
    pub(super) revision: i64,
}

/// What a log-in is checked against.
#[derive(sqlx::FromRow)]
pub(super) struct Credentials {
    #[sqlx(flatten)]
    pub(super) user: User,
    pub(super) password_hash: String,
}

/// Whether the user still exists, and how often their tasks have changed.
pub(super) async fn known(database: &Database, id: UserId) -> Result<Option<Known>, sqlx::Error> {
    const SQL: &str = "SELECT revision FROM users WHERE id = $1";
    let mut read = database.read("select", "users").await?;
    on_engine!(read, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await)
}

/// The account itself.
pub(super) async fn find(database: &Database, id: UserId) -> Result<Option<User>, sqlx::Error> {
    const SQL: &str = "SELECT id, email, created_at FROM users WHERE id = $1";
    let mut read = database.read("select", "users").await?;
    on_engine!(read, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await)
}

/// What to check a log-in against, if there is such an account.
pub(super) async fn credentials(database: &Database, email: &Email) -> Result<Option<Credentials>, sqlx::Error> {
    const SQL: &str = "SELECT id, email, created_at, password_hash FROM users WHERE email = $1";
    let mut read = database.read("select", "users").await?;
    on_engine!(read, |c| sqlx::query_as(SQL).bind(email).fetch_optional(c).await)
}

/// Adds an account inside the caller's transaction; false when its e-mail address is taken.
pub(super) async fn insert(write: &mut Write, user: &User, password_hash: &str) -> Result<bool, sqlx::Error> {
    const SQL: &str = "INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (email) DO NOTHING";
    let added = on_engine!(write, |c| {
        let query = sqlx::query(SQL).bind(user.id).bind(&user.email);
        query.bind(password_hash).bind(user.created_at).execute(c).await?.rows_affected()
    });
    Ok(added == 1)
}

/// Removes an account and, by the foreign keys, everything that belongs to it; false when it was gone already.
pub(super) async fn delete(database: &Database, id: UserId) -> Result<bool, sqlx::Error> {
    const SQL: &str = "DELETE FROM users WHERE id = $1";
    let mut write = database.write("delete", "users").await?;
    let removed = on_engine!(write, |c| sqlx::query(SQL).bind(id).execute(c).await?.rows_affected());
    write.commit().await?;
    Ok(removed == 1)
}
