//! All SQL of conversations and their messages. Every statement names the owner. Absent on purpose: HTTP types, clocks.

use serde_json::Value;
use uuid::Uuid;

use super::model::{Conversation, Engine, Message, Remembered, Role, preview};
use crate::{
    accounts::UserId,
    database::{Database, on_engine},
    idempotency::{Fingerprint, IdempotencyKey, KEPT},
    sweep,
    timestamp::Timestamp,
};

/// Where a page of messages or conversations ends: behind this moment and id, in the direction of older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: Timestamp,
    pub(crate) id: Uuid,
}

/// A user's message that is about to be answered.
pub(crate) struct Asked<'a> {
    pub(crate) id: Uuid,
    pub(crate) content: &'a str,
    pub(crate) key: Option<(&'a IdempotencyKey, Fingerprint)>,
    pub(crate) at: Timestamp,
}

/// What became of a message that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is kept and may be answered.
    Kept,
    /// Its conversation or its account is not there any more.
    Gone,
    /// Its key has just been used by another request.
    Twin,
}

/// An answer that is about to be kept.
pub(crate) struct Answered<'a> {
    pub(crate) id: Uuid,
    pub(crate) reply_to: Uuid,
    pub(crate) content: &'a str,
    pub(crate) tool_calls: &'a [Value],
    pub(crate) engine: Engine,
    pub(crate) fallback: bool,
    /// Whether the message's key may be used again: nothing was done for it.
    pub(crate) frees_key: bool,
    pub(crate) at: Timestamp,
}

/// What became of a message with a key.
pub(crate) enum Earlier {
    /// It was answered, in this conversation.
    Answered(Uuid, Message),
    /// It has no answer yet, or never got one.
    Unanswered { conversation: Uuid, question: Uuid, since: Timestamp },
    /// The key came with another request.
    OtherRequest,
}

#[derive(sqlx::FromRow)]
struct ConversationRow {
    id: Uuid,
    title: String,
    preview: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: Uuid,
    reply_to: Option<Uuid>,
    content: String,
    tool_calls: String,
    engine: Option<String>,
    fallback: i16,
    created_at: Timestamp,
}

/// What `MessageRow` reads.
macro_rules! message {
    () => {
        "id, reply_to, content, tool_calls, engine, fallback, created_at"
    };
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        Self {
            id: row.id,
            role: if row.reply_to.is_some() { Role::Assistant } else { Role::User },
            content: row.content,
            tool_calls: serde_json::from_str(&row.tool_calls).unwrap_or_default(),
            engine: row.engine.as_deref().and_then(Engine::named),
            fallback: row.fallback != 0,
            created_at: row.created_at,
        }
    }
}

/// What the conversation is about; `None` when there is no such conversation, or it is somebody else's.
pub(crate) async fn find(database: &Database, owner: UserId, id: Uuid) -> Result<Option<Remembered>, sqlx::Error> {
    const SQL: &str = "SELECT focus FROM conversations WHERE id = $1 AND user_id = $2";
    let mut read = database.read("select", "conversations").await?;
    let focus: Option<String> =
        on_engine!(read, |c| sqlx::query_scalar(SQL).bind(id).bind(owner).fetch_optional(c).await?);
    // What an older or newer release wrote in another way is forgotten, not an error.
    Ok(focus.map(|focus| serde_json::from_str(&focus).unwrap_or_default()))
}

/// Keeps a user's message, in a new conversation when `title` is given.
pub(crate) async fn ask(
    database: &Database,
    owner: UserId,
    conversation: Uuid,
    title: Option<&str>,
    asked: &Asked<'_>,
) -> Result<Taken, sqlx::Error> {
    const BEGIN: &str = "INSERT INTO conversations (id, user_id, title, preview, focus, created_at, updated_at)
                         VALUES ($1, $2, $3, $4, '{}', $5, $5)";
    const GO_ON: &str = "UPDATE conversations SET preview = $3, updated_at = $4 WHERE id = $1 AND user_id = $2";
    const FREE: &str = "UPDATE messages SET idempotency_key = NULL, fingerprint = NULL
                        WHERE user_id = $1 AND idempotency_key = $2 AND created_at <= $3";
    const SQL: &str =
        "INSERT INTO messages (id, conversation_id, user_id, content, tool_calls, fallback, idempotency_key,
                                             fingerprint, created_at)
                       VALUES ($1, $2, $3, $4, '[]', 0, $5, $6, $7)";
    let preview = preview(asked.content);
    let key = asked.key.map(|(key, _)| key.as_str());
    let fingerprint = asked.key.as_ref().map(|(_, fingerprint)| fingerprint.bytes());
    let mut write = database.write("insert", "messages").await?;
    let inserted: Result<Taken, sqlx::Error> = on_engine!(write, |c| async {
        if let Some(title) = title {
            let query = sqlx::query(BEGIN).bind(conversation).bind(owner).bind(title).bind(&preview).bind(asked.at);
            query.execute(&mut *c).await?;
        } else {
            let query = sqlx::query(GO_ON).bind(conversation).bind(owner).bind(&preview).bind(asked.at);
            if query.execute(&mut *c).await?.rows_affected() == 0 {
                return Ok(Taken::Gone);
            }
        }
        if key.is_some() {
            sqlx::query(FREE).bind(owner).bind(key).bind(asked.at - KEPT).execute(&mut *c).await?;
        }
        let query = sqlx::query(SQL).bind(asked.id).bind(conversation).bind(owner).bind(asked.content);
        query.bind(key).bind(fingerprint).bind(asked.at).execute(&mut *c).await?;
        Ok(Taken::Kept)
    }
    .await);
    match inserted {
        Ok(Taken::Kept) => write.commit().await.map(|()| Taken::Kept),
        Ok(other) => Ok(other),
        Err(error) => match error.as_database_error() {
            Some(cause) if cause.is_unique_violation() => Ok(Taken::Twin),
            Some(cause) if cause.is_foreign_key_violation() => Ok(Taken::Gone),
            _ => Err(error),
        },
    }
}

/// What the same key was used for in the last 24 hours.
pub(crate) async fn earlier(
    database: &Database,
    owner: UserId,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> Result<Option<Earlier>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Twin {
        id: Uuid,
        conversation_id: Uuid,
        fingerprint: Option<Vec<u8>>,
        created_at: Timestamp,
    }
    const SQL: &str = "SELECT id, conversation_id, fingerprint, created_at FROM messages
                       WHERE user_id = $1 AND idempotency_key = $2 AND created_at > $3";
    const ANSWER: &str = concat!("SELECT ", message!(), " FROM messages WHERE reply_to = $1 AND user_id = $2");
    let mut read = database.read("select", "messages").await?;
    let twin: Option<Twin> = on_engine!(read, |c| {
        sqlx::query_as(SQL).bind(owner).bind(key.as_str()).bind(now - KEPT).fetch_optional(c).await?
    });
    let Some(twin) = twin else { return Ok(None) };
    if twin.fingerprint.as_deref() != Some(fingerprint.bytes().as_slice()) {
        return Ok(Some(Earlier::OtherRequest));
    }
    let answer: Option<MessageRow> =
        on_engine!(read, |c| sqlx::query_as(ANSWER).bind(twin.id).bind(owner).fetch_optional(c).await?);
    Ok(Some(match answer {
        Some(answer) => Earlier::Answered(twin.conversation_id, answer.into()),
        None => Earlier::Unanswered { conversation: twin.conversation_id, question: twin.id, since: twin.created_at },
    }))
}

/// Keeps an answer and what the conversation is about from now on. False: the conversation is gone, or the message has been
/// answered by somebody else.
pub(crate) async fn answer(
    database: &Database,
    owner: UserId,
    conversation: Uuid,
    answered: &Answered<'_>,
    remembered: &Remembered,
) -> Result<bool, sqlx::Error> {
    const GO_ON: &str =
        "UPDATE conversations SET preview = $3, focus = $4, updated_at = $5 WHERE id = $1 AND user_id = $2";
    const SQL: &str = "INSERT INTO messages (id, conversation_id, user_id, reply_to, content, tool_calls, engine, fallback,
                                             created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (reply_to) WHERE reply_to IS NOT NULL DO NOTHING";
    const FREE: &str = "UPDATE messages SET idempotency_key = NULL, fingerprint = NULL WHERE id = $1 AND user_id = $2";
    let encode = |error| sqlx::Error::Encode(Box::new(error));
    let tool_calls = serde_json::to_string(answered.tool_calls).map_err(encode)?;
    let focus = serde_json::to_string(remembered).map_err(encode)?;
    let mut write = database.write("insert", "messages").await?;
    let kept = on_engine!(write, |c| {
        let query = sqlx::query(GO_ON).bind(conversation).bind(owner).bind(preview(answered.content));
        let there = query.bind(focus).bind(answered.at).execute(&mut *c).await?.rows_affected();
        if there == 0 {
            0
        } else {
            if answered.frees_key {
                sqlx::query(FREE).bind(answered.reply_to).bind(owner).execute(&mut *c).await?;
            }
            let query = sqlx::query(SQL).bind(answered.id).bind(conversation).bind(owner).bind(answered.reply_to);
            let query = query.bind(answered.content).bind(tool_calls).bind(answered.engine.word());
            query.bind(i16::from(answered.fallback)).bind(answered.at).execute(&mut *c).await?.rows_affected()
        }
    });
    if kept == 0 {
        return Ok(false);
    }
    write.commit().await?;
    Ok(true)
}

/// The newest messages before a place, newest first, one more than `limit` when there are more.
pub(crate) async fn messages(
    database: &Database,
    owner: UserId,
    conversation: Uuid,
    before: Option<Place>,
    limit: u8,
) -> Result<Vec<Message>, sqlx::Error> {
    const SQL: &str = concat!(
        "SELECT ",
        message!(),
        " FROM messages WHERE conversation_id = $1 AND user_id = $2 AND (created_at, id) < ($3, $4)
          ORDER BY created_at DESC, id DESC LIMIT $5"
    );
    let before = before.unwrap_or(Place { at: Timestamp::LAST, id: Uuid::max() });
    let mut read = database.read("list", "messages").await?;
    let rows: Vec<MessageRow> = on_engine!(read, |c| {
        let query = sqlx::query_as(SQL).bind(conversation).bind(owner).bind(before.at).bind(before.id);
        query.bind(i64::from(limit) + 1).fetch_all(c).await?
    });
    Ok(rows.into_iter().map(Message::from).collect())
}

/// The conversations before a place, newest first, one more than `limit` when there are more.
pub(crate) async fn list(
    database: &Database,
    owner: UserId,
    before: Option<Place>,
    limit: u8,
) -> Result<Vec<Conversation>, sqlx::Error> {
    const SQL: &str = "SELECT id, title, preview, created_at, updated_at FROM conversations
                       WHERE user_id = $1 AND (updated_at, id) < ($2, $3)
                       ORDER BY updated_at DESC, id DESC LIMIT $4";
    let before = before.unwrap_or(Place { at: Timestamp::LAST, id: Uuid::max() });
    let mut read = database.read("list", "conversations").await?;
    let rows: Vec<ConversationRow> = on_engine!(read, |c| {
        let query = sqlx::query_as(SQL).bind(owner).bind(before.at).bind(before.id);
        query.bind(i64::from(limit) + 1).fetch_all(c).await?
    });
    let conversation = |row: ConversationRow| Conversation {
        id: row.id,
        title: row.title,
        preview: row.preview,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(rows.into_iter().map(conversation).collect())
}

/// Removes a conversation with everything in it; false when there was none.
pub(crate) async fn delete(database: &Database, owner: UserId, id: Uuid) -> Result<bool, sqlx::Error> {
    const SQL: &str = "DELETE FROM conversations WHERE id = $1 AND user_id = $2";
    let mut write = database.write("delete", "conversations").await?;
    let removed = on_engine!(write, |c| sqlx::query(SQL).bind(id).bind(owner).execute(c).await?.rows_affected());
    write.commit().await?;
    Ok(removed == 1)
}

/// Takes the keys from all messages whose keys have expired by `now`; tells how many.
pub(crate) async fn purge_keys(database: &Database, now: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "UPDATE messages SET idempotency_key = NULL, fingerprint = NULL WHERE id IN
                       (SELECT id FROM messages WHERE idempotency_key IS NOT NULL AND created_at <= $1 LIMIT $2)";
    sweep::in_portions(database, "messages", SQL, now - KEPT).await
}
