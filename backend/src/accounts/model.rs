//! The types of an account and the rules for what a person types in. Absent on purpose: HTTP and SQL.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// NIST SP 800-63B and OWASP: length is what counts, no rules about kinds of characters, no expiry, long phrases welcome.
/// The upper bound only keeps the work per log-in bounded.
const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 8..=128;

/// RFC 5321's limit for an address as it travels.
const EMAIL_BYTES: usize = 254;

/// The passwords of at least eight characters that guessers try first.
const GUESSED_FIRST: [&str; 16] = [
    "12345678",
    "123456789",
    "1234567890",
    "password",
    "password1",
    "password123",
    "passw0rd",
    "qwertyuiop",
    "qwerty123",
    "1q2w3e4r",
    "iloveyou",
    "11111111",
    "00000000",
    "abcd1234",
    "sunshine",
    "princess",
];

/// Whose data it is. Comes only from a checked token, never from a path or a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, sqlx::Type, utoipa::ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct UserId(Uuid);

impl UserId {
    /// A new id; later ones sort later.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl std::str::FromStr for UserId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An account as its owner sees it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// In lower case.
    pub email: Email,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// An address that looks like one. Lower case throughout: nobody remembers which letters were large when signing up.
#[derive(Clone, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
#[schema(value_type = String, format = "email")]
pub struct Email(String);

impl Email {
    /// Normalises and checks; the error is a sentence for the person who typed it.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be an e-mail address such as name@example.com";
        let address = typed.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(WRONG)?;
        let plain =
            |part: &str| !part.chars().any(|c| c.is_whitespace() || c.is_control() || "@<>()[],;:\\\"".contains(c));
        let labels_filled = domain.split('.').all(|label| !label.is_empty());
        let fits = address.len() <= EMAIL_BYTES && (1..=64).contains(&local.len());
        if fits && plain(local) && plain(domain) && labels_filled { Ok(Self(address)) } else { Err(WRONG) }
    }

    /// The normalised address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address names a person, so that debug output of a structure around it must not write it to a log.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A password that may be chosen. Never printed, wiped from memory when dropped.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Checks a new password; the error is a sentence for the person who typed it.
    pub fn choose(typed: SecretString, email: Option<&Email>) -> Result<Self, &'static str> {
        let text = typed.expose_secret();
        if !PASSWORD_CHARACTERS.contains(&text.chars().count()) {
            return Err("must have 8 to 128 characters");
        }
        let small = text.to_lowercase();
        if GUESSED_FIRST.contains(&small.as_str()) || email.is_some_and(|email| email.as_str() == small) {
            return Err("is too easy to guess");
        }
        Ok(Self(typed))
    }

    /// A password typed at log-in: any rule broken here is simply a wrong password.
    pub fn attempt(typed: SecretString) -> Self {
        Self(typed)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::{Email, Password};

    #[test]
    fn an_address_is_trimmed_and_lower_case() {
        assert_eq!(Email::parse("  Ada.L@Example.COM ").unwrap().as_str(), "ada.l@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for typed in ["", "@", "a@", "@b", "a b@c.d", "a@b..c", "a@.b", "a@b@c", "a\u{0}@b.c", "<a>@b.c", long.as_str()]
        {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_password_counts_characters_not_bytes() {
        assert!(Password::choose("äöüßäöü".into(), None).is_err());
        assert!(Password::choose("äöüßäöüß".into(), None).is_ok());
        assert!(Password::choose("a".repeat(129).into(), None).is_err());
    }

    #[test]
    fn what_everybody_guesses_is_refused() {
        assert!(Password::choose("PassWord123".into(), None).is_err());
        let email = Email::parse("ada@example.com").unwrap();
        assert!(Password::choose("Ada@Example.com".into(), Some(&email)).is_err());
    }

    #[test]
    fn debug_output_names_neither_person_nor_password() {
        let email = Email::parse("ada@example.com").unwrap();
        let text = format!("{email:?} {:?}", Password::attempt("correct horse".into()));
        assert!(!text.contains("ada") && !text.contains("horse"), "{text}");
    }
}
