//! The little Markdown that answers are written in. Absent on purpose: reading it; the pages do that.

/// Text that stays text: everything that Markdown gives a meaning loses it, control characters and those that turn the
/// direction of writing around are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '\n' | '\r' | '\t' => escaped.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {}
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_means_something_in_markdown_is_a_letter() {
        assert_eq!(escape("**a** [b](c) <d> `e`\n# f"), r"\*\*a\*\* \[b\](c) \<d\> \`e\` \# f");
        assert_eq!(escape("a\u{202e}b\u{7}c"), "abc");
    }
}
