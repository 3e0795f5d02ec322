//! What a conversation and its messages are. Absent on purpose: HTTP, SQL.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    assistant::rules::{Known, Question},
    timestamp::Timestamp,
};

/// Letters of a conversation's title.
const TITLE_CHARACTERS: usize = 60;
/// Letters of a conversation's preview.
const PREVIEW_CHARACTERS: usize = 100;
/// Tasks that a conversation remembers to have shown.
const MOST_REMEMBERED: usize = 100;

/// A conversation as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation {
    /// Names the conversation for ever.
    pub id: Uuid,
    /// The beginning of its first message.
    #[schema(max_length = 60)]
    pub title: String,
    /// The beginning of its newest message.
    #[schema(max_length = 100)]
    pub preview: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When the newest message was written.
    pub updated_at: Timestamp,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The owner of the conversation.
    User,
    /// The assistant.
    Assistant,
}

/// Who found the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A language model.
    Model,
    /// The built-in rules, which need no model.
    Rules,
}

impl Engine {
    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rules => "rules",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        [Self::Model, Self::Rules].into_iter().find(|engine| engine.word() == word)
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Message {
    /// Names the message for ever.
    pub id: Uuid,
    /// Who wrote it.
    pub role: Role,
    /// What was written; an answer is short Markdown.
    pub content: String,
    /// What the assistant did for this answer.
    #[schema(value_type = Vec<Object>)]
    pub tool_calls: Vec<Value>,
    /// Who found the answer; null in a user's message.
    #[schema(required = true)]
    pub engine: Option<Engine>,
    /// The rules answered because the model could not.
    pub fallback: bool,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What a conversation is about at the moment, so that "the second one" and "it" mean something on every replica.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// The last numbered list that was shown.
    #[serde(default)]
    pub(crate) list: Vec<Known>,
    /// The tasks that were last added, changed or named.
    #[serde(default)]
    pub(crate) touched: Vec<Known>,
    /// The question that the last answer was.
    #[serde(default)]
    pub(crate) asked: Option<Question>,
    /// Since when the tasks were spoken of, in microseconds since 1970.
    #[serde(default)]
    pub(crate) since: i64,
    /// How many messages have come since then.
    #[serde(default)]
    pub(crate) turns: u32,
}

impl Remembered {
    /// Short enough for a row.
    pub(crate) fn shorten(&mut self) {
        self.list.truncate(MOST_REMEMBERED);
        self.touched.truncate(MOST_REMEMBERED);
    }
}

/// The title of a conversation that begins like this.
pub(crate) fn title(message: &str) -> String {
    shortened(message, TITLE_CHARACTERS)
}

/// The preview of a conversation whose newest message is this.
pub(crate) fn preview(message: &str) -> String {
    shortened(message, PREVIEW_CHARACTERS)
}

/// One line of at most so many characters, with an ellipsis where something was left out.
fn shortened(text: &str, characters: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= characters {
        return line;
    }
    let mut short: String = line.chars().take(characters - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_text_becomes_one_line_with_an_ellipsis() {
        assert_eq!(shortened(" a\n b ", 3), "a b");
        assert_eq!(shortened("äöü äöü", 5), "äöü…");
        assert_eq!(shortened("äöüäöü", 5), "äöüä…");
    }
}
