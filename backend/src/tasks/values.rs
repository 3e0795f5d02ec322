//! The values that a task may hold. Absent on purpose: everything that knows a whole task (model.rs).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::timestamp::Timestamp;

/// Most characters in a title.
pub const TITLE_CHARACTERS: usize = 200;
/// Most characters in a description.
pub const DESCRIPTION_CHARACTERS: usize = 2000;

/// How much a task matters; the order of the variants is the order of sorting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Can wait.
    Low,
    /// What a task has unless told otherwise.
    #[default]
    Medium,
    /// First.
    High,
}

impl Priority {
    /// Reads the word used on the wire.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "low" => Ok(Self::Low),
            "medium" => Ok(Self::Medium),
            "high" => Ok(Self::High),
            _ => Err(Refusal("must be low, medium or high")),
        }
    }
}

/// Why a value is refused: a sentence without its subject, because the reader knows the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub &'static str);

/// A title: 1 to 200 characters, no white space around it, one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// Trims, then checks.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal("must not be empty"));
        }
        if text.chars().count() > TITLE_CHARACTERS {
            return Err(Refusal("must have at most 200 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(Refusal("must not contain control characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A description: up to 2000 characters, kept exactly as given; lines and tabs are welcome, other control characters are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Checks and changes nothing.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().count() > DESCRIPTION_CHARACTERS {
            return Err(Refusal("must have at most 2000 characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(Refusal("must not contain control characters other than line ends and tabs"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// A moment at which a task can be due: RFC 3339 with any offset, in the years 1970 to 2999. Outside them it is a slip of
/// the keyboard, and programs that read our dates may break on it.
pub fn parse_due(text: &str) -> Result<Timestamp, Refusal> {
    const FIRST: i64 = 0;
    const AFTER_LAST: i64 = 32_503_680_000;
    let moment = Timestamp::parse(text)
        .ok_or(Refusal("must be a moment in RFC 3339, such as 2030-01-31T23:59:00Z or …+02:00"))?;
    if (FIRST..AFTER_LAST).contains(&moment.seconds()) {
        Ok(moment)
    } else {
        Err(Refusal("must lie in the years 1970 to 2999"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Description, Priority, Refusal, Title, parse_due};

    #[test]
    fn a_title_is_trimmed_and_counted_in_characters() {
        assert_eq!(Title::parse(" \u{2003}Buy milk\n").unwrap().as_str(), "Buy milk");
        assert!(Title::parse(&"ä".repeat(200)).is_ok());
        assert!(Title::parse(&"🛒".repeat(200)).is_ok());
        assert!(Title::parse(&format!("  {}  ", "x".repeat(200))).is_ok());
    }

    #[test]
    fn a_title_without_text_too_long_or_with_control_characters_is_refused() {
        for text in ["", "  \t\n ", &"x".repeat(201), "a\0b", "a\nb", "a\u{7f}b", "a\u{85}b", "a\u{1b}[31mb"] {
            assert!(Title::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_description_keeps_its_lines_and_spaces() {
        let text = "  one\r\n\ttwo  ";
        assert_eq!(Description::parse(text).unwrap().as_str(), text);
        assert!(Description::parse(&"ß".repeat(2000)).is_ok());
        assert!(Description::parse(&"x".repeat(2001)).is_err());
        assert!(Description::parse("a\0b").is_err());
    }

    #[test]
    fn due_dates_have_any_offset_and_sane_years() {
        assert_eq!(parse_due("2030-01-31T23:59:00-05:00").unwrap().to_string(), "2030-02-01T04:59:00Z");
        assert!(parse_due("1970-01-01T00:00:00Z").is_ok());
        assert!(parse_due("2999-12-31T23:59:59.999999999Z").is_ok());
        for text in
            ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "3000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"]
        {
            assert!(parse_due(text).is_err(), "{text}");
        }
        for text in [
            "tomorrow",
            "2030-01-31",
            "2030-01-31T23:59",
            "2030-02-30T00:00:00Z",
            "1769817600",
            "",
            "２０３０-01-31T23:59:00Z",
        ] {
            assert!(parse_due(text).is_err(), "{text}");
        }
    }

    #[test]
    fn priorities_are_three_words_in_order() {
        assert!(Priority::Low < Priority::Medium && Priority::Medium < Priority::High);
        assert_eq!(Priority::default(), Priority::Medium);
        assert_eq!(Priority::parse("urgent"), Err(Refusal("must be low, medium or high")));
    }
}
