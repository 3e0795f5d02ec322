//! `Markdown`: the assistant's answer as HTML, by the smallest grammar that its answers need: paragraphs, lists, headings as
//! bold lines, **bold**, *emphasis*, `code`, line breaks and backslash escapes. Everything else stays text, above all tags,
//! links and images. `assets/markdown.js` does the same in the browser; `tests/markdown.json` holds both to it.

use std::fmt;

use askama::filters::HtmlSafe;

/// Untrusted text that displays as safe HTML.
pub(super) struct Markdown(pub(super) String);

impl HtmlSafe for Markdown {}

impl fmt::Display for Markdown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&html(&self.0))
    }
}

/// Markers inside markers inside markers are somebody's experiment.
const DEEPEST: u32 = 4;

/// What a line is.
enum Line<'a> {
    Blank,
    Bullet(&'a str),
    Numbered(u32, &'a str),
    Heading(&'a str),
    Text(&'a str),
}

/// What is being collected, line by line.
enum Block {
    None,
    Paragraph(String),
    Bullets(Vec<String>),
    Numbers(u32, Vec<String>),
}

fn html(text: &str) -> String {
    let text = visible(text);
    let (mut out, mut block) = (String::new(), Block::None);
    for line in text.lines() {
        block = match (read(line), block) {
            (Line::Blank, block @ (Block::Bullets(_) | Block::Numbers(..))) => block,
            (Line::Blank, block) => close(&mut out, block),
            (Line::Bullet(item), Block::Bullets(items)) => Block::Bullets(with(items, item)),
            (Line::Bullet(item), block) => {
                close(&mut out, block);
                Block::Bullets(vec![item.to_owned()])
            }
            (Line::Numbered(_, item), Block::Numbers(first, items)) => Block::Numbers(first, with(items, item)),
            (Line::Numbered(first, item), block) => {
                close(&mut out, block);
                Block::Numbers(first, vec![item.to_owned()])
            }
            (Line::Heading(title), block) => {
                close(&mut out, block);
                out.push_str("<p><strong>");
                inline(&mut out, title, 0);
                out.push_str("</strong></p>");
                Block::None
            }
            (Line::Text(line), Block::Paragraph(text)) => Block::Paragraph(format!("{text}\n{line}")),
            (Line::Text(line), block) => {
                close(&mut out, block);
                Block::Paragraph(line.to_owned())
            }
        };
    }
    close(&mut out, block);
    out
}

/// A short Markdown as one line of text, for a preview.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for letter in visible(text).chars() {
        let marker = matches!(letter, '*' | '`' | '\\');
        if escaped || !marker {
            out.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    out
}

/// Control characters and those that turn the direction of what follows them become a visible mark.
fn visible(text: &str) -> String {
    let hidden = |letter: char| match letter {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        letter => letter.is_control(),
    };
    let text = text.replace("\r\n", "\n");
    text.chars().map(|letter| if hidden(letter) { '\u{fffd}' } else { letter }).collect()
}

fn with(mut items: Vec<String>, item: &str) -> Vec<String> {
    items.push(item.to_owned());
    items
}

fn read(line: &str) -> Line<'_> {
    let line = line.trim_matches([' ', '\t']);
    if line.is_empty() {
        return Line::Blank;
    }
    if let Some(item) = ["- ", "* ", "• "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return Line::Bullet(item.trim_start());
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=3).contains(&digits)
        && let Some(item) = line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") "))
    {
        return Line::Numbered(line[..digits].parse().unwrap_or(1), item.trim_start());
    }
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&marks)
        && let Some(title) = line[marks..].strip_prefix(' ')
    {
        return Line::Heading(title.trim_start());
    }
    Line::Text(line)
}

fn close(out: &mut String, block: Block) -> Block {
    let items = |out: &mut String, items: Vec<String>| {
        for item in items {
            out.push_str("<li>");
            inline(out, &item, 0);
            out.push_str("</li>");
        }
    };
    match block {
        Block::None => {}
        Block::Paragraph(text) => {
            out.push_str("<p>");
            inline(out, &text, 0);
            out.push_str("</p>");
        }
        Block::Bullets(list) => {
            out.push_str("<ul>");
            items(out, list);
            out.push_str("</ul>");
        }
        Block::Numbers(first, list) => {
            out.push_str(&if first == 1 { "<ol>".to_owned() } else { format!("<ol start=\"{first}\">") });
            items(out, list);
            out.push_str("</ol>");
        }
    }
    Block::None
}

/// Markers in a stretch of text. A marker without its partner is text.
fn inline(out: &mut String, text: &str, depth: u32) {
    let (mut rest, mut before) = (text, None);
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        if letter == '\\'
            && let Some(escaped) = after.chars().next().filter(char::is_ascii_punctuation)
        {
            escape(out, escaped);
            (rest, before) = (&after[1..], Some(escaped));
            continue;
        }
        let span = match letter {
            '`' => after.find('`').filter(|end| *end > 0).map(|end| ("code", 1, end)),
            '*' if before == Some('*') || depth >= DEEPEST => None,
            '*' if after.starts_with('*') => partner(&after[1..], "**").map(|end| ("strong", 2, end)),
            '*' => partner(after, "*").map(|end| ("em", 1, end)),
            _ => None,
        };
        let Some((tag, marker, length)) = span else {
            escape(out, letter);
            (rest, before) = (after, Some(letter));
            continue;
        };
        let inner = &rest[marker..marker + length];
        out.push_str(&format!("<{tag}>"));
        match tag {
            "code" => inner.chars().for_each(|letter| escape(out, letter)),
            _ => inline(out, inner, depth + 1),
        }
        out.push_str(&format!("</{tag}>"));
        (rest, before) = (&rest[marker + length + marker..], None);
    }
}

/// How far the closing marker is away; text that begins or ends with a space is not marked.
fn partner(text: &str, marker: &str) -> Option<usize> {
    if text.starts_with(|letter: char| letter.is_whitespace()) {
        return None;
    }
    let (mut before, mut skip, mut code) = (None, false, false);
    for (place, letter) in text.char_indices() {
        let closes = !skip && !code && text[place..].starts_with(marker);
        // The single star that closes emphasis is no half of a double one.
        let whole = marker.len() == 2 || (before != Some('*') && !text[place + letter.len_utf8()..].starts_with('*'));
        if closes && whole && before.is_some_and(|before: char| !before.is_whitespace()) {
            return Some(place);
        }
        code ^= letter == '`' && !skip;
        skip = letter == '\\' && !skip;
        before = Some(letter);
    }
    None
}

fn escape(out: &mut String, letter: char) {
    match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\n' => out.push_str("<br>"),
        letter => out.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::{Markdown, plain};

    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        html: String,
    }

    #[test]
    fn every_case_that_the_browser_must_meet_too() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/markdown.json")).unwrap();
        assert!(cases.len() > 30);
        for Case { text, html } in cases {
            assert_eq!(Markdown(text.clone()).to_string(), html, "{text:?}");
        }
    }

    #[test]
    fn a_preview_has_no_markers() {
        assert_eq!(plain("✓ Added **2 \\* 3 \\\\** and `x`"), "✓ Added 2 * 3 \\ and x");
    }

    #[test]
    fn no_text_makes_any_other_tag() {
        let pieces =
            ["<b>", "**", "*", "`", "\\", "\n", "- ", "1. ", "# ", " ", "a", "\"", "'", "&", "](x)", "\u{202e}"];
        let mut state = 1_u64;
        for _ in 0..5_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let html = Markdown(text.clone()).to_string();
            for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
                let name = tag.trim_start_matches('/').split(' ').next().unwrap();
                assert!(["p", "ul", "ol", "li", "strong", "em", "code", "br"].contains(&name), "{text:?}: {html}");
            }
            for tag in ["p", "ul", "ol", "li", "strong", "em", "code"] {
                let count = |form: String| html.matches(&form).count();
                let opened = count(format!("<{tag}>")) + count(format!("<{tag} "));
                assert_eq!(opened, count(format!("</{tag}>")), "{text:?}: {html}");
            }
        }
    }

    #[test]
    fn hostile_markers_cost_little() {
        for piece in ["*a", "**a ", "`", "\\", "* ", "**", "- *"] {
            let html = Markdown(piece.repeat(2_000)).to_string();
            assert!(html.len() < 200_000, "{piece:?}");
        }
    }
}
