//! The Prometheus text format, read strictly: a scrape that a real Prometheus would refuse is refused here too. Absent on
//! purpose: what the samples should say (`phases::metrics`).

use std::collections::{BTreeMap, BTreeSet};

/// One scrape.
#[derive(Clone, Debug, Default)]
pub struct Scrape {
    /// Kind by family: `counter`, `gauge`, `histogram`, `summary`.
    pub kinds: BTreeMap<String, String>,
    pub samples: Vec<Sample>,
}

/// One line with a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Sample {
    /// The family that this sample belongs to: a histogram's parts carry endings.
    pub fn family<'a>(&'a self, kinds: &BTreeMap<String, String>) -> &'a str {
        let composed = |base: &&str| matches!(kinds.get(*base).map(String::as_str), Some("histogram" | "summary"));
        ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|ending| self.name.strip_suffix(ending))
            .find(composed)
            .unwrap_or(&self.name)
    }
}

impl Scrape {
    /// Reads a scrape; the mistake names its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scrape = Self::default();
        let mut seen = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            let fault = |what: &str| format!("line {}: {what}: {line:?}", index + 1);
            if line.trim().is_empty() {
                continue;
            }
            if let Some(comment) = line.strip_prefix('#') {
                if let Some(declared) = comment.trim_start().strip_prefix("TYPE ") {
                    let (name, kind) = declared.trim().split_once(' ').ok_or_else(|| fault("a TYPE without a kind"))?;
                    if scrape.kinds.insert(name.to_owned(), kind.trim().to_owned()).is_some() {
                        return Err(fault("a second TYPE for the same name"));
                    }
                }
                continue;
            }
            let sample = sample(line).map_err(|what| fault(&what))?;
            if !seen.insert((sample.name.clone(), sample.labels.clone())) {
                return Err(fault("a second sample of the same series"));
            }
            scrape.samples.push(sample);
        }
        Ok(scrape)
    }

    /// How many series there are.
    pub fn series(&self) -> u64 {
        self.samples.len() as u64
    }

    /// The sum of a name's samples that carry all of these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples
            .iter()
            .filter(|sample| sample.name == name)
            .filter(|sample| {
                labels.iter().all(|(name, value)| sample.labels.get(*name).is_some_and(|held| held == value))
            })
            .map(|sample| sample.value)
            .sum()
    }
}

fn sample(line: &str) -> Result<Sample, String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    if !is_name(name) {
        return Err("not a metric name".to_owned());
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    // A timestamp may follow the value; our servers send none, but it would be right.
    let value = rest.split_ascii_whitespace().next().ok_or("no value")?;
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        number => number.parse().map_err(|_| "the value is not a number")?,
    };
    Ok(Sample { name: name.to_owned(), labels, value })
}

/// Reads `name="value",…}` and returns what follows.
fn labels(mut rest: &str) -> Result<(BTreeMap<String, String>, &str), String> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (name, after) = rest.split_once("=\"").ok_or("a label without a value")?;
        if !is_name(name) {
            return Err(format!("{name:?} is not a label name"));
        }
        let (value, after) = quoted(after)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("the label {name} stands twice"));
        }
        rest = after;
    }
}

/// Reads up to the closing quotation mark and returns what follows it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((value, text.get(index + 1..).unwrap_or_default())),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                _ => return Err("an unknown escape in a label value".to_owned()),
            },
            other => value.push(other),
        }
    }
    Err("a label value without an end".to_owned())
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{method="GET",endpoint="/a"} 3
requests_total{method="POST",endpoint="/a"} 4
# TYPE seconds histogram
seconds_bucket{le="0.5"} 1
seconds_bucket{le="+Inf"} 2
seconds_sum 0.75
seconds_count 2

up 1
odd{text="a \"quoted\" \\ brace } and\nline"} NaN
"#;

    #[test]
    fn a_scrape_is_read_with_kinds_labels_and_values() {
        let scrape = Scrape::parse(TEXT).unwrap();
        assert_eq!(scrape.series(), 8);
        assert_eq!(scrape.sum("requests_total", &[("endpoint", "/a")]), 7.0);
        assert_eq!(scrape.sum("requests_total", &[("method", "POST")]), 4.0);
        assert_eq!(scrape.sum("requests_total", &[("method", "PUT")]), 0.0);
        assert_eq!(scrape.samples[7].labels["text"], "a \"quoted\" \\ brace } and\nline");
        assert!(scrape.samples[7].value.is_nan());
    }

    #[test]
    fn the_parts_of_a_histogram_belong_to_one_family() {
        let scrape = Scrape::parse(TEXT).unwrap();
        let families: Vec<_> = scrape.samples.iter().map(|sample| sample.family(&scrape.kinds)).collect();
        assert_eq!(
            families,
            ["requests_total", "requests_total", "seconds", "seconds", "seconds", "seconds", "up", "odd"]
        );
    }

    #[test]
    fn what_prometheus_refuses_is_refused_with_its_line() {
        for text in [
            "a",
            "1a 2",
            "a x",
            "a{b} 1",
            "a{b=\"c} 1",
            "a{b=\"\\x\"} 1",
            "a{b=\"1\",b=\"2\"} 1",
            "a 1\na 2",
            "# TYPE a",
            "# TYPE a gauge\n# TYPE a gauge",
        ] {
            let fault = Scrape::parse(text).unwrap_err();
            assert!(fault.starts_with("line "), "{text:?}: {fault}");
        }
    }
}
