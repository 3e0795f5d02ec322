//! One scrape of `/metrics`, read.

/// The samples of one scrape.
#[derive(Clone, Debug)]
pub(crate) struct Scrape {
    pub(crate) samples: Vec<Sample>,
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Scrape {
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { samples: lines.map(|line| Sample::parse(line).unwrap_or_else(|| panic!("{line}"))).collect() }
    }

    /// The sum of all samples of this name that have these labels.
    pub(crate) fn value<const N: usize>(&self, name: &str, labels: [(&str, &str); N]) -> f64 {
        let matching = self.samples.iter().filter(|sample| sample.name == name && sample.has(&labels));
        matching.map(|sample| sample.value).sum()
    }

    /// How much more than before.
    pub(crate) fn delta<const N: usize>(&self, before: &Self, name: &str, labels: [(&str, &str); N]) -> f64 {
        self.value(name, labels) - before.value(name, labels)
    }
}

impl Sample {
    /// `name{label="value",…} number`; none of our label values holds a quote or a comma.
    fn parse(line: &str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}')?.split(',').filter(|label| !label.is_empty());
        let labels = labels.map(|label| {
            let (name, value) = label.split_once('=')?;
            Some((name.to_owned(), value.strip_prefix('"')?.strip_suffix('"')?.to_owned()))
        });
        Some(Self { name: name.to_owned(), labels: labels.collect::<Option<_>>()?, value: value.parse().ok()? })
    }

    pub(crate) fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.iter().any(|(n, v)| n == name && v == value))
    }
}
