//! Settings read through a lookup, with every mistake collected into one error. Absent on purpose: any access to the
//! process environment itself; only a program's `config.rs` hands that in, and tests hand in a map.

use std::{
    fmt::{self, Display},
    ops::RangeInclusive,
    str::FromStr,
    time::Duration,
};

use secrecy::SecretString;

/// Reads one program's settings; give each finding to it and ask for the outcome once, with [`Env::finish`].
pub struct Env<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    mistakes: Vec<Mistake>,
}

/// Everything that is wrong with the settings, one finding per entry, in the order of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvError {
    mistakes: Vec<Mistake>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mistake {
    name: &'static str,
    message: String,
}

impl<'a> Env<'a> {
    /// Reads through `lookup`; a value that is empty or only blanks counts as unset.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, mistakes: Vec::new() }
    }

    /// The trimmed text of a variable.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The trimmed text of a variable, or `default` when it is unset.
    pub fn text_or(&mut self, name: &'static str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    /// A variable read as `T`. `expectation` completes the sentence `NAME="value" is not …`. Not for secrets.
    pub fn parse<T: FromStr>(&mut self, name: &'static str, expectation: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                let message = format!("{name}={:?} is not {expectation}", Shortened(&text));
                self.mistakes.push(Mistake { name, message });
                None
            }
        }
    }

    /// A variable read as `T`, or `default` when it is unset; after a mistake the value does not matter any more.
    pub fn parse_or<T: FromStr>(&mut self, name: &'static str, default: T, expectation: &str) -> T {
        self.parse(name, expectation).unwrap_or(default)
    }

    /// A wait in whole seconds. `range` has an end, because a wait that is as good as endless is a typing mistake.
    pub fn seconds(&mut self, name: &'static str, default: u64, range: RangeInclusive<u64>) -> Duration {
        let seconds = self.parse_or(name, default, "a number of whole seconds");
        if !range.contains(&seconds) {
            self.mistake(name, format_args!("is not between {} and {} seconds", range.start(), range.end()));
        }
        Duration::from_secs(seconds)
    }

    /// A secret, untrimmed. Its value never appears in a mistake, so check it with [`Env::mistake`].
    pub fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        let value = (self.lookup)(name)?;
        (!value.trim().is_empty()).then(|| SecretString::from(value))
    }

    /// Any other finding; reads `NAME <what>`, so write `has fewer than 32 characters`.
    pub fn mistake(&mut self, name: &'static str, what: impl Display) {
        self.mistakes.push(Mistake { name, message: format!("{name} {what}") });
    }

    /// The finished settings, unless something was wrong.
    pub fn finish<T>(self, value: T) -> Result<T, EnvError> {
        if self.mistakes.is_empty() { Ok(value) } else { Err(EnvError { mistakes: self.mistakes }) }
    }
}

impl EnvError {
    /// The variables with a mistake, for tests and for tools that want to point at them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.mistakes.iter().map(|mistake| mistake.name)
    }
}

impl Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings: ")?;
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for EnvError {}

/// A value pasted into the wrong variable may be a whole file; the message stays readable.
struct Shortened<'a>(&'a str);

impl fmt::Debug for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(60) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            "PORT" => "80x",
            "LIMIT" => " 12 ",
            "EMPTY" => "  ",
            "SECRET" => "hunter2 ",
            "LONG" => return Some("y".repeat(500)),
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        let mut env = Env::new(&lookup);
        assert_eq!(env.text("EMPTY"), None);
        assert!(env.secret("EMPTY").is_none());
        assert_eq!(env.text_or("EMPTY", "default"), "default");
        assert_eq!(env.parse_or("EMPTY", 7_u16, "a number"), 7);
        assert_eq!(env.finish(()), Ok(()));
    }

    #[test]
    fn values_are_trimmed_but_secrets_are_not() {
        let mut env = Env::new(&lookup);
        assert_eq!(env.parse("LIMIT", "a number"), Some(12));
        assert_eq!(env.secret("SECRET").unwrap().expose_secret(), "hunter2 ");
    }

    #[test]
    fn every_mistake_is_in_one_message_and_no_secret_is() {
        let mut env = Env::new(&lookup);
        env.parse::<u16>("PORT", "a port");
        if env.secret("SECRET").is_some() {
            env.mistake("SECRET", "has fewer than 32 characters");
        }
        let error = env.finish(()).unwrap_err();
        assert_eq!(error.to_string(), r#"settings: PORT="80x" is not a port; SECRET has fewer than 32 characters"#);
        assert_eq!(error.names().collect::<Vec<_>>(), ["PORT", "SECRET"]);
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_long_wrong_value_is_shortened() {
        let mut env = Env::new(&lookup);
        env.parse::<u16>("LONG", "a port");
        assert!(env.finish(()).unwrap_err().to_string().len() < 120);
    }
}
