//! An error and its causes in one line, the same in every log line of both servers.

use std::{error::Error, fmt::Write as _};

/// An error and everything behind it, joined by colons.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let source_text = source.to_string();
        // Some libraries repeat the source's text in their own.
        if !text.ends_with(&source_text) {
            let _ = write!(text, ": {source_text}");
        }
        next = source.source();
    }
    text
}
