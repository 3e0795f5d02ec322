//! Patterns of words, written as one reads them: `could|can you please?`. Absent on purpose: any meaning.

use super::words::Token;

/// How many tokens the pattern takes at the start, if it fits. Alternatives are split by `|`; a `?` at the end makes an
/// element optional; `*` is any word.
pub(super) fn eats(words: &[&Token], pattern: &str) -> Option<usize> {
    let Some((element, rest)) = head(pattern) else { return Some(0) };
    let (element, optional) = match element.strip_suffix('?') {
        Some(inner) if !inner.is_empty() && !inner.ends_with('|') => (inner, true),
        _ => (element, false),
    };
    let fits = words.first().is_some_and(|token| token.quoted.is_none() && allows(element, &token.word));
    let taken = if fits { eats(&words[1..], rest).map(|count| count + 1) } else { None };
    taken.or_else(|| if optional { eats(words, rest) } else { None })
}

/// Whether the word is one of the alternatives. By bytes: a reading asks this some ten thousand times.
fn allows(element: &str, word: &str) -> bool {
    let (element, word) = (element.as_bytes(), word.as_bytes());
    if element == b"*" {
        return true;
    }
    let mut start = 0;
    for end in 0..=element.len() {
        if end == element.len() || element[end] == b'|' {
            if &element[start..end] == word {
                return true;
            }
            start = end + 1;
        }
    }
    false
}

/// What is left after the first pattern that fits at the start.
pub(super) fn after<'w, 't>(words: &'w [&'t Token], patterns: &[&str]) -> Option<&'w [&'t Token]> {
    patterns.iter().find_map(|pattern| eats(words, pattern)).map(|count| &words[count..])
}

/// Whether a pattern fits the whole.
pub(super) fn whole(words: &[&Token], patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| eats(words, pattern) == Some(words.len()))
}

/// Where a pattern first fits: the index, and how many tokens it takes.
pub(super) fn find(words: &[&Token], patterns: &[&str]) -> Option<(usize, usize)> {
    (0..words.len()).find_map(|at| {
        let count = patterns.iter().find_map(|pattern| eats(&words[at..], pattern))?;
        (count > 0).then_some((at, count))
    })
}

/// What is left before the first pattern that fits at the end.
pub(super) fn before<'w, 't>(words: &'w [&'t Token], patterns: &[&str]) -> Option<&'w [&'t Token]> {
    // A pattern never takes more words than it has elements.
    let longest = patterns.iter().map(|pattern| pattern.split_whitespace().count()).max().unwrap_or(0);
    let first = words.len().saturating_sub(longest);
    (first..words.len()).find(|at| whole(&words[*at..], patterns)).map(|at| &words[..at])
}

fn head(pattern: &str) -> Option<(&str, &str)> {
    if pattern.is_empty() {
        return None;
    }
    let end = pattern.bytes().position(|byte| byte == b' ').unwrap_or(pattern.len());
    Some((&pattern[..end], pattern[end..].strip_prefix(' ').unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{after, before, eats, find};
    use crate::assistant::rules::words::tokens;

    #[test]
    fn alternatives_and_options_are_tried_in_turn() {
        let tokens = tokens("could you please show it");
        let words: Vec<_> = tokens.iter().collect();
        assert_eq!(eats(&words, "can|could you please? kindly?"), Some(3));
        assert_eq!(eats(&words, "can you"), None);
        assert_eq!(eats(&words, "could? could you"), Some(2));
        assert_eq!(after(&words, &["nothing", "could *"]).map(<[_]>::len), Some(3));
        assert_eq!(before(&words, &["it"]).map(<[_]>::len), Some(4));
        assert_eq!(find(&words, &["show it?"]), Some((3, 2)));
    }
}
