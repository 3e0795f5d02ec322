//! Words with their places in the text, so that a title can be cut from what was really written. Absent on purpose: what
//! the words mean.

use super::lexicon;

/// A word, a number, a quotation or one sign.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// Where it begins in the text, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Lower case, straight apostrophes; what a typing error in a keyword was meant to be. Empty for a quotation.
    pub(super) word: String,
    /// What stands between the quotation marks.
    pub(super) quoted: Option<String>,
    /// The first of a line other than the first.
    pub(super) new_line: bool,
}

impl Token {
    /// Whether it is a sign and no word.
    pub(super) fn is_sign(&self) -> bool {
        self.quoted.is_none() && !self.word.chars().any(char::is_alphanumeric)
    }

    /// Whether it is one of these words.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.word.as_str())
    }
}

/// Tokens by reference: parts of a sentence from which something was taken out.
pub(super) type Words<'a> = Vec<&'a Token>;

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut new_line = false;
    while let Some(&(start, c)) = characters.get(at) {
        if c.is_whitespace() || c.is_control() {
            new_line |= c == '\n' || c == '\r';
            at += 1;
            continue;
        }
        let (next, quoted) = match quotation(&characters, at) {
            Some(close) => (close + 1, Some(slice(text, &characters, at + 1, close))),
            None if is_word(&characters, at) => (word_end(&characters, at), None),
            None => (at + 1, None),
        };
        let end = characters.get(next).map_or(text.len(), |(byte, _)| *byte);
        let word = match (&quoted, text.get(start..end)) {
            (None, Some(raw)) => lexicon::meant(&raw.to_lowercase().replace(['’', '‘', 'ʼ'], "'")),
            _ => String::new(),
        };
        let new_line_here = std::mem::take(&mut new_line) && !tokens.is_empty();
        tokens.push(Token { start, end, word, quoted, new_line: new_line_here });
        at = next;
    }
    tokens
}

/// The text of these tokens as it was written: neighbours with what stands between them, the rest joined by a space.
pub(super) fn written(text: &str, words: &[&Token]) -> String {
    let mut pieces = String::new();
    let mut last_end: Option<usize> = None;
    for token in words {
        let gap = last_end.and_then(|end| text.get(end..token.start));
        match gap {
            None => {}
            Some("") => {}
            Some(_) => pieces.push(' '),
        }
        match (&token.quoted, words.len()) {
            (Some(inside), 1) => pieces.push_str(inside),
            _ => pieces.push_str(text.get(token.start..token.end).unwrap_or_default()),
        }
        last_end = Some(token.end);
    }
    let one_line: String = pieces.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    one_line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn slice(text: &str, characters: &[(usize, char)], from: usize, to: usize) -> String {
    let byte = |index: usize| characters.get(index).map_or(text.len(), |(byte, _)| *byte);
    text.get(byte(from)..byte(to)).unwrap_or_default().trim().to_owned()
}

/// The index of the closing mark when a quotation with something inside opens here.
fn quotation(characters: &[(usize, char)], open: usize) -> Option<usize> {
    let single = ['\'', '‘'].contains(&characters.get(open)?.1);
    let closing: &[char] = match characters.get(open)?.1 {
        '"' => &['"'],
        '“' | '„' => &['”', '“', '"'],
        '«' => &['»'],
        '\'' | '‘' => &['\'', '’'],
        '`' => &['`'],
        _ => return None,
    };
    let before = open.checked_sub(1).and_then(|index| characters.get(index));
    if single && before.is_some_and(|(_, c)| c.is_alphanumeric()) {
        return None;
    }
    let closes = |index: usize| {
        let after = characters.get(index + 1);
        closing.contains(&characters[index].1) && (!single || after.is_none_or(|(_, c)| !c.is_alphanumeric()))
    };
    let close = (open + 1..characters.len()).take_while(|index| characters[*index].1 != '\n').find(|i| closes(*i))?;
    characters[open + 1..close].iter().any(|(_, c)| c.is_alphanumeric()).then_some(close)
}

fn is_word(characters: &[(usize, char)], at: usize) -> bool {
    let letter = |index: usize| characters.get(index).is_some_and(|(_, c)| c.is_alphanumeric());
    letter(at) || (characters[at].1 == '#' && letter(at + 1))
}

/// A word goes on over an apostrophe, hyphen or at-sign between letters, and over the signs inside numbers, dates and times.
fn word_end(characters: &[(usize, char)], start: usize) -> usize {
    let letter = |index: usize| characters.get(index).is_some_and(|(_, c)| c.is_alphanumeric() || is_mark(*c));
    let digit = |index: usize| characters.get(index).is_some_and(|(_, c)| c.is_ascii_digit());
    let mut at = start + 1;
    while let Some((_, c)) = characters.get(at) {
        let joins = match c {
            _ if letter(at) => true,
            '\'' | '’' | '-' | '@' | '_' => letter(at - 1) && letter(at + 1),
            ':' | '.' | '/' | ',' => digit(at - 1) && digit(at + 1),
            _ => false,
        };
        if !joins {
            break;
        }
        at += 1;
    }
    at
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::{tokens, written};

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|t| t.quoted.map_or(t.word, |quoted| format!("<{quoted}>"))).collect()
    }

    #[test]
    fn dates_times_numbers_and_contractions_stay_whole() {
        assert_eq!(
            words("It’s 17:00, 2026-03-11 or 3.4.2026: #3!"),
            ["it's", "17:00", ",", "2026-03-11", "or", "3.4.2026", ":", "#3", "!"]
        );
    }

    #[test]
    fn quotations_are_one_token_and_apostrophes_are_none() {
        assert_eq!(words("add \"Buy milk; now\""), ["add", "<Buy milk; now>"]);
        assert_eq!(words("put 'it's fine' on"), ["put", "<it's fine>", "on"]);
        assert_eq!(words("the parents' evening"), ["the", "parents", "'", "evening"]);
        assert_eq!(words("“a” „b“ «c» \"\""), ["<a>", "<b>", "<c>", "\"", "\""]);
    }

    #[test]
    fn what_is_written_comes_back_without_the_holes() {
        let text = "Buy  milk\ttomorrow, please";
        let tokens = tokens(text);
        let kept: Vec<_> = tokens.iter().filter(|t| t.word != "tomorrow").collect();
        assert_eq!(written(text, &kept), "Buy milk , please");
    }
}
