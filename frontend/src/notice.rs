//! A notice: the one sentence that the next page shows after a redirect ("Task added.").
//! It travels in a cookie of a closed set of words, so nobody can put their own text on the page.

use uuid::Uuid;

/// The name of the cookie that carries a notice over one redirect.
pub const COOKIE: &str = "notice";

/// What has just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The cookie was there, but the backend no longer accepts its token.
    SessionEnded,
    /// A page was asked for that needs an account.
    LogInFirst,
    /// The user has logged out.
    LoggedOut,
    /// The account and everything in it is gone.
    AccountDeleted,
    /// A task was added.
    Added,
    /// An edit was saved.
    Saved,
    /// A task was completed; the notice offers to take that back.
    Completed(Uuid),
    /// A task was opened again.
    Reopened(Uuid),
    /// A task was deleted.
    Deleted,
    /// A conversation was deleted.
    ConversationDeleted,
    /// Somebody else, or another tab, had already deleted it.
    AlreadyGone,
}

impl Notice {
    /// The word in the cookie.
    pub fn code(self) -> String {
        match self {
            Self::SessionEnded => "session-ended".to_owned(),
            Self::LogInFirst => "log-in-first".to_owned(),
            Self::LoggedOut => "logged-out".to_owned(),
            Self::AccountDeleted => "account-deleted".to_owned(),
            Self::Added => "added".to_owned(),
            Self::Saved => "saved".to_owned(),
            Self::Completed(id) => format!("completed.{id}"),
            Self::Reopened(id) => format!("reopened.{id}"),
            Self::Deleted => "deleted".to_owned(),
            Self::ConversationDeleted => "conversation-deleted".to_owned(),
            Self::AlreadyGone => "already-gone".to_owned(),
        }
    }

    /// Reads a cookie; anything unknown is no notice.
    pub fn from_code(code: &str) -> Option<Self> {
        let (word, id) = match code.split_once('.') {
            Some((word, id)) => (word, Some(Uuid::try_parse(id).ok()?)),
            None => (code, None),
        };
        match (word, id) {
            ("session-ended", None) => Some(Self::SessionEnded),
            ("log-in-first", None) => Some(Self::LogInFirst),
            ("logged-out", None) => Some(Self::LoggedOut),
            ("account-deleted", None) => Some(Self::AccountDeleted),
            ("added", None) => Some(Self::Added),
            ("saved", None) => Some(Self::Saved),
            ("completed", Some(id)) => Some(Self::Completed(id)),
            ("reopened", Some(id)) => Some(Self::Reopened(id)),
            ("deleted", None) => Some(Self::Deleted),
            ("conversation-deleted", None) => Some(Self::ConversationDeleted),
            ("already-gone", None) => Some(Self::AlreadyGone),
            _ => None,
        }
    }

    /// The sentence on the page.
    pub fn text(self) -> &'static str {
        match self {
            Self::SessionEnded => "Your session has ended. Please log in again to go on where you were.",
            Self::LogInFirst => "Please log in to see that page.",
            Self::LoggedOut => "You are logged out.",
            Self::AccountDeleted => "Your account and all its tasks have been deleted.",
            Self::Added => "Task added.",
            Self::Saved => "Changes saved.",
            Self::Completed(_) => "Task completed.",
            Self::Reopened(_) => "Task is open again.",
            Self::Deleted => "Task deleted.",
            Self::ConversationDeleted => "Conversation deleted.",
            Self::AlreadyGone => "That task had already been deleted.",
        }
    }

    /// The task whose completion can be taken back, and the state it goes back to.
    pub fn undo(self) -> Option<(Uuid, bool)> {
        match self {
            Self::Completed(id) => Some((id, false)),
            Self::Reopened(id) => Some((id, true)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Notice;

    #[test]
    fn every_notice_survives_its_cookie() {
        let id = Uuid::from_u128(7);
        for notice in [
            Notice::SessionEnded,
            Notice::LogInFirst,
            Notice::LoggedOut,
            Notice::AccountDeleted,
            Notice::Added,
            Notice::Saved,
            Notice::Completed(id),
            Notice::Reopened(id),
            Notice::Deleted,
            Notice::ConversationDeleted,
            Notice::AlreadyGone,
        ] {
            assert_eq!(Notice::from_code(&notice.code()), Some(notice));
        }
    }

    #[test]
    fn foreign_text_is_no_notice() {
        for code in ["", "hello", "completed", "completed.x", "added.00000000-0000-0000-0000-000000000007"] {
            assert_eq!(Notice::from_code(code), None, "{code}");
        }
    }
}
