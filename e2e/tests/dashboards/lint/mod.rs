//! The rules for dashboards, each a function with a name. `mutations.rs` breaks every one of them once.

mod file;
mod limits;
mod links;
mod metrics;
mod panels;
mod selectors;
mod variables;

use std::{collections::BTreeSet, fmt};

use e2e::{
    dashboards::{File, files},
    rules,
};
use serde_json::Value;

use crate::judge;

/// What a rule has against a dashboard.
#[derive(Debug)]
pub(crate) struct Objection {
    pub(crate) rule: &'static str,
    file: String,
    says: String,
}

impl fmt::Display for Objection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.json: {} ({})", self.file, self.says, self.rule)
    }
}

/// What a dashboard is compared with.
pub(crate) struct Surroundings {
    /// The load test's criteria, whose panels are the judge's.
    criteria: Vec<Value>,
    /// Names of recorded series.
    recorded: BTreeSet<String>,
    /// Names of the dashboards.
    dashboards: BTreeSet<String>,
    /// File names of the runbooks.
    runbooks: BTreeSet<String>,
}

impl Surroundings {
    pub(crate) fn read() -> Self {
        // That each alert has its runbook, and the other way round, is proven beside the rules.
        let rules = rules::all();
        let named = |kind: &'static str| rules.iter().filter_map(move |(_, rule)| rule[kind].as_str());
        Self {
            criteria: judge::criteria(),
            recorded: named("record").map(str::to_owned).collect(),
            dashboards: files().into_iter().map(|file| file.name).collect(),
            runbooks: named("alert").map(|alert| format!("{}.md", alert.to_lowercase())).collect(),
        }
    }
}

type Rule = fn(&File, &Surroundings) -> Vec<String>;

/// Every rule by the name that its mutation is found by.
pub(crate) const RULES: &[(&str, Rule)] = &[
    ("the uid is the file's name", file::uid),
    ("nothing is left of an export", file::leftovers),
    ("one schema version", file::schema_version),
    ("not editable", file::editable),
    ("the time zone is UTC", file::timezone),
    ("fresh every 5 to 30 seconds", file::refresh),
    ("tagged and titled", file::tag),
    ("events are marked", file::annotations),
    ("data sources are variables", variables::data_sources),
    ("one namespace", variables::namespace),
    ("servers and instances are lists", variables::lists),
    ("only known variables", variables::known),
    ("panels are numbered apart", panels::unique),
    ("panels do not overlap", panels::places),
    ("few panels", panels::number),
    ("a panel's data source is a variable", panels::data_source),
    ("a title", panels::title),
    ("a description", panels::description),
    ("a unit or words", panels::unit),
    ("a query", panels::targets),
    ("the axis begins at 0", panels::minimum),
    ("limits are those of the objectives", limits::thresholds),
    ("dashboards are linked by tag", links::by_tag),
    ("links lead somewhere", links::targets),
    ("rates use Grafana's interval", selectors::ranges),
    ("selectors obey the variables", selectors::variables),
    ("log selectors obey the variables", selectors::streams),
    ("counters are shown as rates", selectors::counters),
    ("slow scrapes need a longer step", selectors::steps),
    ("metrics exist", metrics::exist),
];

/// Everything that the rules have against a dashboard.
pub(crate) fn lint(file: &File, surroundings: &Surroundings) -> Vec<Objection> {
    let object = |(rule, check): &(&'static str, Rule)| {
        let rule = *rule;
        let found = check(file, surroundings);
        found.into_iter().map(move |says| Objection { rule, file: file.name.clone(), says })
    };
    RULES.iter().flat_map(object).collect()
}

/// How a panel is called in an objection.
fn name(panel: &Value) -> String {
    format!("panel {} {}", panel["id"], panel["title"])
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
