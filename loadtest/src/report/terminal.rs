//! The table on the terminal: failures explained, passes in a line or two, the rest by name. Good at 80 columns.
//! Absent on purpose: looking at the terminal or the environment; the caller says how wide and whether in colour.

use crate::verdict::{Criterion, Figure, Status, Verdict};
use crate::words::{counted, number, whole};

/// Narrower than this, lines are longer than the terminal rather than unreadable.
const NARROWEST: usize = 60;
/// Wider than this, the eye loses the line.
const WIDEST: usize = 110;
const GAP: &str = "  ";

/// Colour is for terminals, unless `NO_COLOR` is set to anything (<https://no-color.org>).
pub fn colour_wanted(is_terminal: bool, no_color: Option<&str>) -> bool {
    is_terminal && no_color.is_none_or(str::is_empty)
}

/// The verdict as text of at most `width` columns, ending with the line that says whether it passed.
pub fn table(verdict: &Verdict, colour: bool, width: usize) -> String {
    let page = Page { paint: Paint(colour), width: width.clamp(NARROWEST, WIDEST) };
    let (judged, unmeasured): (Vec<_>, Vec<_>) =
        verdict.criteria.iter().partition(|criterion| criterion.status != Status::NotMeasured);
    let mut text = String::new();
    if !judged.is_empty() {
        page.judged(&mut text, &judged);
    }
    if !unmeasured.is_empty() {
        text.push_str(&format!("\n{}\n", page.paint.dim("Not measured")));
        for (reason, ids) in by_reason(&unmeasured) {
            let words = format!("{}: {reason}", ids.join(", "));
            page.paragraph(&mut text, "– ", &words, |text| page.paint.dim(text));
        }
    }
    page.summary(&mut text, verdict);
    text
}

/// Many criteria are often open for one reason, which is then said once.
fn by_reason<'a>(criteria: &[&'a Criterion]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for criterion in criteria {
        match reasons.iter_mut().find(|(reason, _)| *reason == criterion.reason) {
            Some((_, ids)) => ids.push(&criterion.id),
            None => reasons.push((&criterion.reason, vec![&criterion.id])),
        }
    }
    reasons
}

struct Page {
    paint: Paint,
    width: usize,
}

impl Page {
    fn judged(&self, text: &mut String, criteria: &[&Criterion]) {
        let cells: Vec<[String; 2]> =
            criteria.iter().map(|criterion| [measured(criterion), limit(criterion)]).collect();
        let widest = |column: usize, head: &str| {
            cells.iter().map(|row| columns(&row[column])).max().unwrap_or(0).max(head.len())
        };
        let (wide, narrow) = (widest(0, "measured"), widest(1, "limit"));
        let name = criteria.iter().map(|criterion| columns(&criterion.id)).max().unwrap_or(0);
        let head =
            format!("{:<6}{GAP}{:<name$}{GAP}{:>wide$}{GAP}{:>narrow$}{GAP}criterion", "", "", "measured", "limit");
        text.push_str(&format!("{}\n", self.paint.dim(&head)));
        for (criterion, [measured, limit]) in criteria.iter().zip(&cells) {
            let word = match criterion.status {
                Status::Pass => self.paint.green("✓ pass"),
                Status::Fail => self.paint.red("✗ FAIL"),
                Status::NotMeasured => self.paint.dim("– none"),
            };
            let figures = format!("{}{GAP}{}", right(measured, wide), right(limit, narrow));
            let indent = 6 + name + wide + narrow + 4 * GAP.len();
            for (index, line) in wrapped(&criterion.title, self.width.saturating_sub(indent)).iter().enumerate() {
                if index == 0 {
                    text.push_str(&format!("{word}{GAP}{:<name$}{GAP}{figures}{GAP}{line}\n", criterion.id));
                } else {
                    text.push_str(&format!("{:indent$}{line}\n", ""));
                }
            }
            if criterion.status == Status::Fail {
                self.paragraph(text, "        ", &criterion.reason, |text| self.paint.red(text));
                for fact in &criterion.evidence {
                    self.paragraph(text, "        · ", fact, |text| self.paint.dim(text));
                }
            }
        }
    }

    /// Wrapped text with a hanging indent as wide as its first words.
    fn paragraph(&self, text: &mut String, first: &str, words: &str, paint: impl Fn(&str) -> String) {
        let indent = columns(first);
        for (index, line) in wrapped(words, self.width.saturating_sub(indent)).iter().enumerate() {
            let margin = if index == 0 { first.to_owned() } else { " ".repeat(indent) };
            text.push_str(&format!("{margin}{}\n", paint(line)));
        }
    }

    fn summary(&self, text: &mut String, verdict: &Verdict) {
        let (passed, failed) = (verdict.count(Status::Pass), verdict.count(Status::Fail));
        let rest = format!(
            "{} passed, {} failed, {} not measured",
            counted(passed as u64, "criterion", "criteria"),
            whole(failed as u64),
            whole(verdict.count(Status::NotMeasured) as u64),
        );
        let word = match (verdict.exit_code(), verdict.partial) {
            (0, _) => self.paint.green("PASSED"),
            (1, false) => self.paint.red("FAILED"),
            (1, true) => self.paint.red("FAILED, and interrupted"),
            (_, true) => self.paint.yellow("INTERRUPTED, no verdict"),
            _ => self.paint.yellow("NO VERDICT"),
        };
        text.push_str(&format!("\n{word}{GAP}{rest}\n"));
    }
}

fn measured(criterion: &Criterion) -> String {
    match &criterion.measured {
        Some(figure) => with_unit(figure, &criterion.unit),
        None => "–".to_owned(),
    }
}

fn limit(criterion: &Criterion) -> String {
    match &criterion.limit {
        Figure::Number(value) => format!("≤ {}", number(*value)),
        Figure::Text(text) => text.clone(),
    }
}

fn with_unit(figure: &Figure, unit: &str) -> String {
    let value = match figure {
        Figure::Number(value) => number(*value),
        Figure::Text(text) => text.clone(),
    };
    if unit.is_empty() { value } else { format!("{value} {unit}") }
}

/// All that we print is one column per character.
fn columns(text: &str) -> usize {
    text.chars().count()
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Lines of at most `width` columns; a word that is longer stands alone. Texts may quote what a server has sent, so
/// control characters, which could command the terminal, do not get through.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if columns(line) + 1 + columns(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Colours by the sixteen that every terminal has.
struct Paint(bool);

impl Paint {
    fn green(&self, text: &str) -> String {
        self.with("1;32", text)
    }

    fn red(&self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.with("1;33", text)
    }

    fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
