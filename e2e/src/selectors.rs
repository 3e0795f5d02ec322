//! Reads selectors out of PromQL and LogQL: which series, by which labels, over which range, inside which functions. It
//! trusts the expression to be well formed, which the real parsers prove (`tests/dashboards/parsers.rs`, `tests/rules/promtool.rs`).

use std::collections::BTreeSet;

/// One series selector.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Empty where only labels select, as in LogQL.
    pub name: String,
    /// Label, operator, value.
    pub matchers: Vec<(String, String, String)>,
    /// What stands in brackets directly behind it.
    pub range: Option<String>,
    /// Functions and aggregations around it, outermost first.
    pub inside: Vec<String>,
}

impl Selector {
    /// Whether it has this matcher.
    pub fn matches(&self, label: &str, operator: &str, value: &str) -> bool {
        self.matchers.iter().any(|matcher| (&*matcher.0, &*matcher.1, &*matcher.2) == (label, operator, value))
    }
}

/// Behind these stands a list of labels.
const LABEL_LISTS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];
const KEYWORDS: &[&str] = &["bool", "offset", "and", "or", "unless", "inf", "nan"];

/// What an expression selects, and everything that stands in brackets.
pub fn read(expression: &str) -> (Vec<Selector>, Vec<String>) {
    let mut reader = Reader { rest: expression, inside: Vec::new(), function: String::new() };
    let (mut selectors, mut ranges) = (Vec::new(), Vec::new());
    while let Some(first) = reader.rest.chars().next() {
        match first {
            '"' | '`' => drop(reader.string(first)),
            'a'..='z' | 'A'..='Z' | '_' => selectors.extend(reader.word()),
            '{' => selectors.push(reader.selector(String::new())),
            '[' => ranges.push(reader.until(']')),
            '(' => {
                let function = std::mem::take(&mut reader.function);
                reader.inside.push(function);
                reader.skip(1);
            }
            ')' => {
                reader.inside.pop();
                reader.skip(1);
            }
            // Numbers, durations and variables look like words from their second letter on.
            '0'..='9' | '$' => drop(reader.take(|letter| letter.is_alphanumeric() || "_$.".contains(letter))),
            other => reader.skip(other.len_utf8()),
        }
    }
    ranges.extend(selectors.iter().filter_map(|selector: &Selector| selector.range.clone()));
    (selectors, ranges)
}

/// The names of all series that an expression of PromQL reads.
pub fn series(expression: &str) -> BTreeSet<String> {
    read(expression).0.into_iter().map(|selector| selector.name).filter(|name| !name.is_empty()).collect()
}

struct Reader<'a> {
    rest: &'a str,
    inside: Vec<String>,
    /// The function whose opening parenthesis has not come yet.
    function: String,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|letter| !belongs(letter)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The text up to the closing sign, which is skipped as the opening one is.
    fn until(&mut self, close: char) -> String {
        let end = self.rest.find(close).unwrap_or(self.rest.len() - 1);
        let inside = self.rest[1..end].to_owned();
        self.skip(end + 1);
        inside
    }

    fn string(&mut self, quote: char) -> String {
        let mut escaped = quote == '`';
        let close = self.rest[1..].find(|letter| {
            let ends = letter == quote && (quote == '`' || !escaped);
            escaped = letter == '\\' && !escaped;
            ends
        });
        let inside = self.rest[1..close.map_or(self.rest.len(), |close| close + 1)].to_owned();
        self.skip((inside.len() + 2).min(self.rest.len()));
        inside
    }

    /// A keyword, a function, or a selector that begins with its name.
    fn word(&mut self) -> Option<Selector> {
        let word = self.take(|letter| letter.is_ascii_alphanumeric() || "_:".contains(letter));
        let next = self.rest.trim_start();
        if LABEL_LISTS.contains(&word) {
            if next.starts_with('(') {
                self.rest = next;
                self.until(')');
            }
            return None;
        }
        let aggregates = ["by ", "by(", "without ", "without("].iter().any(|list| next.starts_with(list));
        if next.starts_with('(') || aggregates {
            word.clone_into(&mut self.function);
            return None;
        }
        (!KEYWORDS.contains(&word)).then(|| self.selector(word.to_owned()))
    }

    /// Labels in braces and a range, both optional.
    fn selector(&mut self, name: String) -> Selector {
        let inside = self.inside.iter().filter(|function| !function.is_empty()).cloned().collect();
        let mut selector = Selector { name, inside, ..Selector::default() };
        if self.rest.starts_with('{') {
            self.skip(1);
            while !self.rest.is_empty() && !self.rest.starts_with('}') {
                self.take(|letter| letter == ',' || letter.is_whitespace());
                let label = self.take(|letter| letter.is_ascii_alphanumeric() || letter == '_').to_owned();
                let operator = self.take(|letter| "=!~".contains(letter)).to_owned();
                let Some(quote) = self.rest.chars().next().filter(|sign| ['"', '`'].contains(sign)) else { break };
                selector.matchers.push((label, operator, self.string(quote)));
            }
            self.skip(1.min(self.rest.len()));
        }
        selector.range = self.rest.starts_with('[').then(|| self.until(']'));
        selector
    }
}

#[test]
fn selectors_are_read_with_their_labels_ranges_and_functions() {
    let text = r#"sum by (le, job) (rate(a_total{n="x,\"}",j=~"$job"}[$__rate_interval])) / on (pod) group_left () (b:c > bool 1e6) or vector(0) offset 1m"#;
    let (selectors, ranges) = read(text);
    let names: Vec<&str> = selectors.iter().map(|selector| &*selector.name).collect();
    assert_eq!(names, ["a_total", "b:c"]);
    assert_eq!(selectors[0].inside, ["sum", "rate"]);
    assert!(selectors[0].matches("n", "=", r#"x,\"}"#) && selectors[0].matches("j", "=~", "$job"), "{selectors:?}");
    assert_eq!(ranges, ["$__rate_interval"]);
}

#[test]
fn the_log_query_language_is_read_by_its_streams_and_brackets() {
    let (selectors, ranges) = read(r#"sum(count_over_time({app="todo"} |= "a{" | json [$__auto])) or vector(0)"#);
    let streams: Vec<&Selector> = selectors.iter().filter(|selector| !selector.matchers.is_empty()).collect();
    assert_eq!((streams.len(), ranges), (1, vec!["$__auto".to_owned()]));
    assert!(streams[0].matches("app", "=", "todo"));
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
