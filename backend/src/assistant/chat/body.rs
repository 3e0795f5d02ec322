//! The JSON body of a message, read leniently first so that one answer names every field that is wrong.

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    problem::{FieldError, Problem},
    tasks::params::shown,
};

/// Most characters in a message.
pub(super) const MESSAGE_CHARACTERS: usize = 1000;

/// A message to the assistant.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChatMessage)]
pub(super) struct MessageBody {
    /// 1 to 1000 characters after trimming; line ends and tabs are welcome, other control characters are not.
    #[schema(min_length = 1, max_length = 1000, example = "Remind me to buy milk tomorrow at 5pm")]
    #[expect(dead_code, reason = "only describes the body; reading is lenient")]
    message: String,
    /// The conversation to go on with; without it a new one begins.
    #[expect(dead_code, reason = "only describes the body; reading is lenient")]
    conversation_id: Option<Uuid>,
    /// The question to which this is the answer, if it is one: a yes to a question that is no longer open then does nothing.
    #[expect(dead_code, reason = "only describes the body; reading is lenient")]
    confirmation_id: Option<Uuid>,
    /// IANA name of the zone in which dates are meant; UTC when absent.
    #[schema(example = "Europe/Berlin")]
    #[expect(dead_code, reason = "only describes the body; reading is lenient")]
    timezone: Option<String>,
}

/// A message that keeps the rules.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) message: String,
    pub(super) conversation: Option<Uuid>,
    pub(super) confirmation: Option<Uuid>,
    pub(super) zone: TimeZone,
}

/// Reads the body.
pub(super) fn read(body: &Map<String, Value>) -> Result<Said, Problem> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, message: &str| {
        errors.push(FieldError { field: shown(field), message: message.to_owned() });
    };
    let (mut message, mut conversation, mut confirmation, mut zone) = (None, None, None, TimeZone::UTC);
    for (name, value) in body {
        match (name.as_str(), value) {
            ("message", Value::String(text)) => match checked(text) {
                Ok(text) => message = Some(text),
                Err(why) => refuse("message", why),
            },
            ("message", _) => refuse("message", "must be a text"),
            ("conversation_id" | "confirmation_id" | "timezone", Value::Null) => {}
            ("conversation_id", value) => match id(value) {
                Some(id) => conversation = Some(id),
                None => refuse("conversation_id", "must be the id of a conversation"),
            },
            ("confirmation_id", value) => match id(value) {
                Some(id) => confirmation = Some(id),
                None => refuse("confirmation_id", "must be the id of a question"),
            },
            ("timezone", value) => match value.as_str().and_then(named_zone) {
                Some(named) => zone = named,
                None => refuse("timezone", "must be the name of a time zone, such as Europe/Berlin"),
            },
            (other, _) => refuse(other, "is not a field"),
        }
    }
    if !body.contains_key("message") {
        refuse("message", "is required");
    }
    match message {
        Some(message) if errors.is_empty() => Ok(Said { message, conversation, confirmation, zone }),
        _ => Err(Problem::validation(errors)),
    }
}

fn checked(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("must not be empty");
    }
    if text.chars().count() > MESSAGE_CHARACTERS {
        return Err("must have at most 1000 characters");
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err("must not contain control characters other than line ends and tabs");
    }
    Ok(text.to_owned())
}

fn id(value: &Value) -> Option<Uuid> {
    Uuid::try_parse(value.as_str()?).ok()
}

/// Only names: what else the library reads (POSIX rules, offsets) is no zone that a browser sends.
fn named_zone(name: &str) -> Option<TimeZone> {
    let plain = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    if plain { TimeZone::get(name).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(body: Value) -> Vec<String> {
        let Value::Object(body) = body else { panic!("a body is an object") };
        read(&body)
            .map_or_else(|problem| problem.errors().iter().map(|error| error.field.to_string()).collect(), |_| vec![])
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        assert_eq!(fields(json!({})), ["message"]);
        assert_eq!(fields(json!({"message": "hi", "timezone": null, "conversation_id": null})), [""; 0]);
        let all = json!({"message": 7, "conversation_id": "x", "timezone": "Mars/Base", "user_id": "y"});
        let mut named = fields(all);
        named.sort();
        assert_eq!(named, ["conversation_id", "message", "timezone", "user_id"]);
        for zone in ["", "../etc/passwd", "UTC0", "EST5EDT,M3.2.0,M11.1.0", "+02:00"] {
            assert_eq!(fields(json!({"message": "hi", "timezone": zone})), ["timezone"], "{zone}");
        }
        for message in [" ".to_owned(), "a\0b".to_owned(), "x".repeat(1001)] {
            assert_eq!(fields(json!({"message": message})), ["message"]);
        }
        assert_eq!(fields(json!({"message": "ä".repeat(1000)})), [""; 0]);
    }
}
