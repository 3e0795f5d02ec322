//! Rules about what queries select, and over which stretch of time.

use e2e::{
    dashboards::{File, Language, Origin, Query},
    selectors::{Selector, read},
};
use telemetry::names::{self, Kind};

use super::{
    Surroundings,
    metrics::{BUILT_IN, CLUSTER},
};

/// What a counter may be inside of.
const RATES: &[&str] = &["rate", "irate", "increase"];
/// What an annotation looks back: longer than two scrapes of the slowest target, short enough to be one mark.
const ANNOTATION: &str = "1m";
/// How often the cluster's own metrics are scraped, as a query's step.
const CLUSTER_STEP: u64 = 30;

/// Queries in a language, without the judge's, which `judge.rs` compares word by word.
fn queries(file: &File, surroundings: &Surroundings, language: Language) -> Vec<Query> {
    let judged = |query: &Query| surroundings.criteria.iter().any(|criterion| criterion["query"] == *query.text);
    let all = file.dashboard.queries().into_iter();
    all.filter(|query| query.language == language && !judged(query)).collect()
}

/// Selectors of PromQL, with the query that they stand in.
fn selectors(file: &File, surroundings: &Surroundings) -> Vec<(Query, Selector)> {
    let all = queries(file, surroundings, Language::PromQl).into_iter();
    all.flat_map(|query| {
        let text = query.label_values().map_or(&*query.text, |(series, _)| series);
        let found = read(text).0;
        found.into_iter().map(move |selector| (query.clone(), selector)).collect::<Vec<_>>()
    })
    .collect()
}

pub(super) fn ranges(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let mut found = Vec::new();
    for (language, expected) in [(Language::PromQl, "$__rate_interval"), (Language::LogQl, "$__auto")] {
        for query in queries(file, surroundings, language) {
            let expected = if matches!(query.origin, Origin::Annotation(_)) { ANNOTATION } else { expected };
            let wrong = read(&query.text).1.into_iter().filter(|range| range != expected);
            found.extend(wrong.map(|range| format!("[{range}] instead of [{expected}] in {}", query.text)));
        }
    }
    found
}

/// Labels that a selector has to match, besides the namespace.
fn wanted(query: &Query, selector: &Selector) -> &'static [(&'static str, &'static str)] {
    let own = names::find(&selector.name).is_some() || selector.name == "up";
    match &query.origin {
        _ if !own => &[],
        // A list of servers can't depend on which one was chosen.
        Origin::Variable(name) if name == "namespace" || name == "job" => &[],
        Origin::Variable(name) if name == "instance" => &[("job", "$job")],
        _ => &[("job", "$job"), ("instance", "$instance")],
    }
}

pub(super) fn variables(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let mut found = Vec::new();
    for (query, selector) in selectors(file, surroundings) {
        if query.origin == Origin::Variable("namespace".to_owned()) {
            continue;
        }
        // Alerts about what is absent have no namespace.
        let alerts = selector.name == "ALERTS" && selector.matches("namespace", "=~", "$namespace|");
        if !alerts && !selector.matches("namespace", "=~", "$namespace") {
            found.push(format!("{} of every namespace in {}", selector.name, query.text));
        }
        let missing = wanted(&query, &selector).iter().filter(|(label, value)| !selector.matches(label, "=~", value));
        found.extend(missing.map(|(label, _)| format!("{} of every {label} in {}", selector.name, query.text)));
    }
    found
}

pub(super) fn streams(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let wanted = [
        ("app", "=", "todo"),
        // A collector may bring the same lines from stdout; counting both would double them.
        ("source", "=", "push"),
        ("namespace", "=~", "$namespace"),
        ("service_name", "=~", "$job"),
    ];
    let mut found = Vec::new();
    for query in queries(file, surroundings, Language::LogQl) {
        let streams = read(&query.text).0.into_iter().filter(|selector| !selector.matchers.is_empty());
        for stream in streams {
            let missing = wanted.iter().filter(|(label, operator, value)| !stream.matches(label, operator, value));
            found.extend(missing.map(|(label, ..)| format!("streams of every {label} in {}", query.text)));
        }
    }
    found
}

pub(super) fn counters(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let counts = |name: &str| {
        let kind = names::find(name).map(|metric| metric.kind);
        name.ends_with("_total") || matches!(kind, Some(Kind::Counter | Kind::Histogram(_))) || name.contains("_xact_")
    };
    let all = selectors(file, surroundings).into_iter();
    // The series of a variable is asked for its labels, not for its value.
    let bare = all.filter(|(query, selector)| {
        let rated = selector.inside.last().is_some_and(|function| RATES.contains(&&**function));
        !matches!(query.origin, Origin::Variable(_)) && counts(&selector.name) && !rated
    });
    bare.map(|(query, selector)| format!("{} only ever grows, in {}", selector.name, query.text)).collect()
}

/// Our own targets are scraped every 5 s, the cluster's every 30 s: Grafana's interval of 20 s would find no two samples.
pub(super) fn steps(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let all = selectors(file, surroundings).into_iter();
    let late = all.filter(|(query, selector)| {
        let slow = CLUSTER.contains(&&*selector.name) && !BUILT_IN.contains(&&*selector.name);
        let panel = matches!(query.origin, Origin::Panel { .. });
        panel && slow && selector.range.is_some() && query.least_step != Some(CLUSTER_STEP)
    });
    late.map(|(query, selector)| format!("{} without the step {CLUSTER_STEP}s in {}", selector.name, query.text))
        .collect()
}
