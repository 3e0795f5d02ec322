//! The pages of this feature, and `Chat`, the conversation in them, which stands beside the list too.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use uuid::Uuid;

use super::markdown::{Markdown, plain};
use super::words::{self, ASKED, BY_MODEL, BY_RULES, BY_RULES_INSTEAD, Badge, TOOLS};
use crate::api::{Assistant, Conversation, Message, MessagePage, Role};
use crate::field_errors::FieldErrors;
use crate::idempotency;
use crate::visit::Page;
use crate::zone::Zone;

/// The most characters of a message; the backend refuses more.
const LONGEST_MESSAGE: usize = 1000;

/// What one could say first.
const EXAMPLES: [&str; 4] = [
    "Remind me to buy milk tomorrow at 5pm",
    "What is still open?",
    "What is due this week?",
    "How many tasks have I completed?",
];

/// A conversation on a page of its own.
#[derive(Template)]
#[template(path = "chat.html")]
pub(super) struct ChatPage {
    /// Around the content.
    pub page: Page,
    /// The conversation.
    pub chat: Chat,
}

/// A conversation as it stands, with the form to go on; displays as the HTML of it.
#[derive(Template)]
#[template(path = "chat_panel.html")]
pub struct Chat {
    /// Which one; a new one has no name yet.
    conversation: Option<Uuid>,
    /// What was said, oldest first.
    messages: Vec<Bubble>,
    /// The address of older messages.
    older: Option<String>,
    /// Whether these are older messages, so that a way back to the newest is needed.
    at_end: bool,
    /// The question that waits for a yes or a no.
    asks: Option<String>,
    /// Who answers here; empty while nobody has been asked.
    who: String,
    /// What was typed and not accepted.
    draft: String,
    /// Why not.
    error: Option<String>,
    /// Makes a second sending of the form the same turn.
    key: String,
}

impl HtmlSafe for Chat {}

impl Chat {
    /// A new conversation, without asking anybody.
    pub fn empty() -> Self {
        Self {
            conversation: None,
            messages: Vec::new(),
            older: None,
            at_end: true,
            asks: None,
            who: String::new(),
            draft: String::new(),
            error: None,
            key: idempotency::new_key(),
        }
    }

    pub(super) fn of(
        conversation: Option<Uuid>,
        part: MessagePage,
        assistant: Assistant,
        before: &str,
        zone: &Zone,
        now: Timestamp,
    ) -> Self {
        let older = conversation.zip(part.next_cursor).map(|(id, cursor)| {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("before", &cursor).finish();
            format!("/chat/{id}?{query}")
        });
        let at_end = before.is_empty();
        Self {
            conversation,
            messages: part.items.into_iter().map(|message| Bubble::new(message, zone, now)).collect(),
            older,
            at_end,
            asks: part.confirmation.filter(|confirmation| at_end && confirmation.count > 0).map(|question| question.id),
            who: words::who_answers(&assistant),
            ..Self::empty()
        }
    }

    /// Gives back what was typed, and says why it was not accepted.
    pub(super) fn refuse(&mut self, draft: String, errors: &FieldErrors) {
        let beside = errors.at("message", "The message");
        self.error = beside.or_else(|| errors.beside(&[]).into_iter().next());
        self.draft = draft;
    }
}

/// One message.
struct Bubble {
    id: Uuid,
    mine: bool,
    /// As it was typed, when it is the reader's.
    text: String,
    /// The assistant's answer.
    answer: Markdown,
    badges: Vec<Badge>,
    by: &'static str,
    instant: String,
    clock: String,
}

impl Bubble {
    fn new(message: Message, zone: &Zone, now: Timestamp) -> Self {
        let mine = message.role == Role::User;
        let by = words::answered_by(&message);
        let badges = message.tool_calls.iter().map(Badge::of).collect();
        let (text, answer) = if mine { (message.content, String::new()) } else { (String::new(), message.content) };
        let (instant, clock) = (message.created_at.to_string(), zone.moment(message.created_at, now));
        Self { id: message.id, mine, text, answer: Markdown(answer), badges, by, instant, clock }
    }
}

/// The history.
#[derive(Template)]
#[template(path = "history.html")]
pub(super) struct History {
    /// Around the content.
    pub page: Page,
    /// Conversations, newest first.
    pub entries: Vec<Entry>,
    /// The address of the next part.
    pub more: Option<String>,
    /// Whether this is the first part.
    pub at_start: bool,
}

/// A conversation in the history.
pub(super) struct Entry {
    id: Uuid,
    title: String,
    preview: String,
    instant: String,
    clock: String,
}

impl Entry {
    pub(super) fn new(conversation: Conversation, zone: &Zone, now: Timestamp) -> Self {
        let at = conversation.updated_at;
        let (title, preview) = (conversation.title, plain(&conversation.preview));
        Self { id: conversation.id, title, preview, instant: at.to_string(), clock: zone.moment(at, now) }
    }
}

/// The question before deleting a conversation.
#[derive(Template)]
#[template(path = "delete_conversation.html")]
pub(super) struct DeleteConversation {
    /// Around the content.
    pub page: Page,
    /// Which one.
    pub id: Uuid,
}
