//! All SQL of idempotency keys. Absent on purpose: the work that a key protects, which its own feature does in the same
//! transaction.

use axum::http::{HeaderValue, StatusCode};

use super::{Answer, Claim, ClaimError, Fingerprint, IdempotencyKey, KEPT};
use crate::{
    database::{Connection, Database, Write, on_engine},
    sweep,
    timestamp::Timestamp,
};

#[derive(sqlx::FromRow)]
struct KeyRow {
    fingerprint: Vec<u8>,
    status: i16,
    location: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
}

/// Takes the key for this request, before the work is done and in the same transaction. `None`: it is taken, go on and
/// commit. `Some`: the same request was answered before, with this; do nothing. A twin that is being handled right now holds
/// the row: SQLite's single writer waits for it, PostgreSQL waits a little and then gives up.
pub async fn claim(write: &mut Write, claim: Claim<'_>) -> Result<Option<Answer>, ClaimError> {
    const SQL: &str =
        "INSERT INTO idempotency_keys (scope, key, user_id, fingerprint, status, location, etag, body, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (scope, key) DO UPDATE
         SET user_id = excluded.user_id, fingerprint = excluded.fingerprint, status = excluded.status,
             location = excluded.location, etag = excluded.etag, body = excluded.body, expires_at = excluded.expires_at
         WHERE idempotency_keys.expires_at <= $10";
    bound_the_wait(write).await?;
    let Claim { scope, key, owner, fingerprint, answer, now } = claim;
    let status = i16::try_from(answer.status.as_u16()).unwrap_or_default();
    let text = |value: &Option<HeaderValue>| value.as_ref().and_then(|value| value.to_str().ok()).map(str::to_owned);
    let claimed = on_engine!(write, |c| {
        let query = sqlx::query(SQL).bind(scope).bind(key.as_str()).bind(owner).bind(fingerprint.0.as_slice());
        let query =
            query.bind(status).bind(text(&answer.location)).bind(text(&answer.etag)).bind(answer.body.as_slice());
        query.bind(now + KEPT).bind(now).execute(c).await.map_err(refused)?.rows_affected()
    });
    if claimed == 1 {
        return Ok(None);
    }
    match earlier(write, scope, key, fingerprint, now).await? {
        Some(answer) => Ok(Some(answer)),
        // It was swept away between the two statements; the client's next try finds it free.
        None => Err(ClaimError::InProgress),
    }
}

/// What the same request was answered before; `None` when the key is free.
pub async fn earlier(
    write: &mut Write,
    scope: &str,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Result<Option<Answer>, ClaimError> {
    const SQL: &str = "SELECT fingerprint, status, location, etag, body FROM idempotency_keys
                       WHERE scope = $1 AND key = $2 AND expires_at > $3";
    let row: Option<KeyRow> = on_engine!(write, |c| {
        sqlx::query_as(SQL).bind(scope).bind(key.as_str()).bind(now).fetch_optional(c).await?
    });
    match row {
        Some(row) if row.fingerprint == fingerprint.0 => Ok(Some(row.answer()?)),
        Some(_) => Err(ClaimError::KeyReused),
        None => Ok(None),
    }
}

impl KeyRow {
    fn answer(self) -> Result<Answer, sqlx::Error> {
        let header = |text: Option<String>| text.map(HeaderValue::try_from).transpose();
        Ok(Answer {
            status: StatusCode::from_u16(self.status.unsigned_abs()).map_err(broken)?,
            location: header(self.location).map_err(broken)?,
            etag: header(self.etag).map_err(broken)?,
            body: self.body,
        })
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// PostgreSQL would wait for the twin's transaction for as long as that takes.
async fn bound_the_wait(write: &mut Write) -> Result<(), sqlx::Error> {
    const SQL: &str = "SELECT set_config('lock_timeout', '1000ms', true)";
    if let Connection::Postgres(connection) = write.connection() {
        sqlx::query(SQL).execute(connection).await?;
    }
    Ok(())
}

fn refused(error: sqlx::Error) -> ClaimError {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    match error.as_database_error() {
        Some(cause) if cause.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => ClaimError::InProgress,
        Some(cause) if cause.is_foreign_key_violation() => ClaimError::NoAccount,
        _ => ClaimError::Store(error),
    }
}

/// Removes all keys that have expired by `now`; tells how many.
pub async fn purge(database: &Database, now: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "DELETE FROM idempotency_keys WHERE (scope, key) IN
                       (SELECT scope, key FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2)";
    sweep::in_portions(database, "idempotency_keys", SQL, now).await
}
