//! The SQL of confirmations. Absent on purpose: what they are about.

use uuid::Uuid;

use super::{Confirmation, PlannedCall};
use crate::{
    accounts::UserId,
    database::{Database, on_engine},
    sweep,
    timestamp::Timestamp,
};

/// Questions to one user that may be open at the same time beside the one of each conversation.
const MOST_WITHOUT_CONVERSATION: i64 = 10;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    calls: String,
    expires_at: Timestamp,
}

impl Row {
    /// A row that this release cannot read is no question any more.
    fn read(self) -> Option<Confirmation> {
        let calls: Vec<PlannedCall> = serde_json::from_str(&self.calls).ok()?;
        Confirmation::about(self.id, calls, self.expires_at)
    }
}

/// Asks: replaces what a conversation was asked before. Whatever has expired by `now` goes with it.
pub(crate) async fn ask(
    database: &Database,
    owner: UserId,
    conversation: Option<Uuid>,
    confirmation: &Confirmation,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const CLEAR: &str = "DELETE FROM confirmations WHERE user_id = $1 AND (conversation_id = $2 OR expires_at <= $3)";
    // Without a conversation, by MCP, questions replace none; the oldest make room.
    const MAKE_ROOM: &str = "DELETE FROM confirmations WHERE user_id = $1 AND conversation_id IS NULL AND id NOT IN (
        SELECT id FROM confirmations WHERE user_id = $1 AND conversation_id IS NULL ORDER BY expires_at DESC LIMIT $2)";
    const SQL: &str =
        "INSERT INTO confirmations (id, user_id, conversation_id, calls, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let calls = serde_json::to_string(&confirmation.calls).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let mut write = database.write("insert", "confirmations").await?;
    on_engine!(write, |c| {
        sqlx::query(CLEAR).bind(owner).bind(conversation).bind(now).execute(&mut *c).await?;
        if conversation.is_none() {
            sqlx::query(MAKE_ROOM).bind(owner).bind(MOST_WITHOUT_CONVERSATION - 1).execute(&mut *c).await?;
        }
        let query = sqlx::query(SQL).bind(confirmation.id).bind(owner).bind(conversation);
        query.bind(calls).bind(confirmation.expires_at).execute(c).await?;
    });
    write.commit().await
}

/// What a conversation is asked at the moment.
pub(crate) async fn open(
    database: &Database,
    owner: UserId,
    conversation: Uuid,
    now: Timestamp,
) -> Result<Option<Confirmation>, sqlx::Error> {
    const SQL: &str = "SELECT id, calls, expires_at FROM confirmations
                       WHERE user_id = $1 AND conversation_id = $2 AND expires_at > $3";
    let mut read = database.read("select", "confirmations").await?;
    let row: Option<Row> =
        on_engine!(read, |c| { sqlx::query_as(SQL).bind(owner).bind(conversation).bind(now).fetch_optional(c).await? });
    Ok(row.and_then(Row::read))
}

/// Takes a question away, to answer it: of two that try, one gets it. `None`: somebody was faster, it has expired, or it is
/// another user's or another conversation's.
pub(crate) async fn take(
    database: &Database,
    owner: UserId,
    conversation: Option<Uuid>,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<Confirmation>, sqlx::Error> {
    const SQL: &str = "DELETE FROM confirmations WHERE id = $1 AND user_id = $2
                       AND (conversation_id = $3 OR (conversation_id IS NULL AND $3 IS NULL))
                       RETURNING id, calls, expires_at";
    let mut write = database.write("delete", "confirmations").await?;
    let row: Option<Row> =
        on_engine!(write, |c| { sqlx::query_as(SQL).bind(id).bind(owner).bind(conversation).fetch_optional(c).await? });
    write.commit().await?;
    Ok(row.filter(|row| row.expires_at > now).and_then(Row::read))
}

/// Removes all questions that have expired by `now`; tells how many.
pub(crate) async fn purge(database: &Database, now: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "DELETE FROM confirmations WHERE id IN
                       (SELECT id FROM confirmations WHERE expires_at <= $1 LIMIT $2)";
    sweep::in_portions(database, "confirmations", SQL, now).await
}
