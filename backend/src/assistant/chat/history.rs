//! What a model gets to read of a conversation: the newest messages, at most as many as are set.

use uuid::Uuid;

use crate::{
    accounts::UserId,
    assistant::{
        conversations::{model::Role, store},
        model::Message,
    },
    database::Database,
};

/// Bytes of an earlier message that a model reads; enough for what it may say itself.
const MOST_BYTES: usize = 4 * 1024;

/// The newest `most` messages before this turn's own, oldest first. What tools found is not repeated: it may have changed.
pub(super) async fn read(
    database: &Database,
    owner: UserId,
    conversation: Uuid,
    except: Uuid,
    most: u8,
) -> Result<Vec<Message>, sqlx::Error> {
    if most == 0 {
        return Ok(Vec::new());
    }
    // One more than wanted comes anyhow, and the newest is this turn's own.
    let newest = store::messages(database, owner, conversation, None, most).await?;
    let said = newest.into_iter().filter(|message| message.id != except).take(usize::from(most));
    let mut messages: Vec<Message> = said
        .map(|message| match message.role {
            Role::User => Message::User(message.content),
            Role::Assistant => Message::Assistant { text: cut(message.content), calls: Vec::new() },
        })
        .collect();
    messages.reverse();
    Ok(messages)
}

fn cut(mut text: String) -> String {
    if text.len() > MOST_BYTES {
        text.truncate(text.floor_char_boundary(MOST_BYTES));
        text.push('…');
    }
    text
}
