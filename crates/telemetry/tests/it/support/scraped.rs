//! A scrape, read far enough to ask for values and to count series.

pub(crate) struct Scrape {
    pub(crate) text: String,
}

impl Scrape {
    pub(crate) fn new(text: String) -> Self {
        Self { text }
    }

    /// The lines that are samples.
    pub(crate) fn series(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    /// The sum over all series of this name that have these labels; zero when there is none.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let matching = self.series().filter(|line| {
            let end = line.find(['{', ' ']).unwrap();
            &line[..end] == name && labels.iter().all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
        });
        matching.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }

    /// What Loki does not get, for whatever reason.
    pub(crate) fn dropped(&self) -> f64 {
        self.value("log_push_dropped_total", &[])
    }
}
