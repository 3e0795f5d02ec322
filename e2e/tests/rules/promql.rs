//! Which series a PromQL expression reads. No parser: promtool has one, and says whether the expression is one at all.

use std::collections::BTreeSet;

/// Words of the language that stand where a series could.
const WORDS: &[&str] = &[
    "and",
    "or",
    "unless",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "inf",
    "nan",
];

/// What is followed by label names in parentheses.
const LABEL_LISTS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The names of all series in an expression.
pub(crate) fn series(expr: &str) -> BTreeSet<String> {
    let bare = without_braces(&without_texts(expr));
    let mut found = BTreeSet::new();
    let mut rest = bare.as_str();
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter)) {
        rest = &rest[start..];
        let end =
            rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_:.".contains(letter)).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest[end..].trim_start();
        if LABEL_LISTS.contains(&word) && rest.starts_with('(') {
            rest = rest.split_once(')').map_or("", |(_, after)| after);
        } else if !is_applied(rest)
            && !word.starts_with(|letter: char| letter.is_ascii_digit())
            && !WORDS.contains(&word.to_lowercase().as_str())
        {
            found.insert(word.to_owned());
        }
    }
    found
}

/// Whether what stood before is a function or an aggregation.
fn is_applied(rest: &str) -> bool {
    rest.starts_with('(') || ["by", "without"].iter().any(|word| rest.starts_with(&format!("{word} (")))
}

fn without_texts(expr: &str) -> String {
    // Odd parts are between quotes; escaped quotes do not occur.
    expr.split('"').step_by(2).collect()
}

/// Without selectors and ranges.
fn without_braces(expr: &str) -> String {
    let mut depth = 0;
    expr.chars()
        .filter(|letter| {
            let outside = depth == 0;
            match letter {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => return outside,
            }
            false
        })
        .collect()
}

#[test]
fn the_series_of_an_expression_are_found_among_functions_labels_and_numbers() {
    for (expr, names) in [
        ("up == 0", vec!["up"]),
        (
            r#"sum by (namespace, job) (rate(a_total{job=~"b_total|c", d!="e"}[5m])) / (f > 1.5e3)"#,
            vec!["a_total", "f"],
        ),
        ("time() - max by (a) (b or c) > 2 * on (d) group_left (e) g:h:rate5m offset 5m", vec!["b", "c", "g:h:rate5m"]),
        (r#"label_replace(a, "b", "$1", "c", "(.+)") and on () vector(1)"#, vec!["a"]),
    ] {
        assert_eq!(series(expr).iter().map(String::as_str).collect::<Vec<_>>(), names, "{expr}");
    }
}
