//! What a dashboard asks: of which data source, for what, and in which words. Absent on purpose: whether that is wise.

use serde_json::Value;

use super::{Dashboard, Values, interpolate, list};

/// One question that Grafana sends.
#[derive(Clone, Debug)]
pub struct Query {
    /// The uid of the dashboard.
    pub dashboard: String,
    /// Which part of it asks.
    pub origin: Origin,
    /// Who understands the question.
    pub language: Language,
    /// As it stands in the file, variables included.
    pub text: String,
    /// For one moment; otherwise for the whole range.
    pub instant: bool,
    /// The least step in seconds, where the query sets one because its target is scraped less often than ours.
    pub least_step: Option<u64>,
}

/// The part of a dashboard that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A panel.
    Panel {
        /// Its number in the dashboard.
        id: u64,
        /// Its heading.
        title: String,
    },
    /// A drop-down list, by its name.
    Variable(String),
    /// Marks on every panel, by their name.
    Annotation(String),
}

/// What a query is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// For Prometheus.
    PromQl,
    /// For Loki.
    LogQl,
    /// A trace id, for Jaeger.
    Jaeger,
}

impl Query {
    /// For `label_values(series, label)`: the series and the label.
    pub fn label_values(&self) -> Option<(&str, &str)> {
        let inside = self.text.strip_prefix("label_values(")?.strip_suffix(')')?;
        let (series, label) = inside.rsplit_once(',')?;
        Some((series.trim(), label.trim()))
    }

    /// With every variable filled in, and the rate interval that its step asks for.
    pub fn filled(&self, values: &Values) -> String {
        match self.least_step {
            // What Grafana does: four times the step, so that two samples are always inside.
            Some(step) => {
                interpolate(&self.text, &Values { rate_interval: format!("{}s", 4 * step), ..values.clone() })
            }
            None => interpolate(&self.text, values),
        }
    }
}

/// Every query of a dashboard.
pub(super) fn of(dashboard: &Dashboard) -> Vec<Query> {
    let variables = list(&dashboard.json["templating"]["list"]).iter().filter(|variable| variable["type"] == "query");
    let variables = variables.map(|variable| variable_query(dashboard, variable));
    let annotations = list(&dashboard.json["annotations"]["list"]).iter();
    let annotations = annotations.map(|annotation| {
        let origin = Origin::Annotation(text(annotation, "name"));
        ask(dashboard, origin, &annotation["datasource"], &annotation["target"])
    });
    let panels = dashboard.panels();
    let panels = panels.iter().flat_map(|panel| {
        list(&panel["targets"]).iter().map(|target| {
            let origin = Origin::Panel { id: panel["id"].as_u64().unwrap_or_default(), title: text(panel, "title") };
            let source = if target["datasource"].is_null() { &panel["datasource"] } else { &target["datasource"] };
            ask(dashboard, origin, source, target)
        })
    });
    variables.chain(annotations).chain(panels).collect()
}

fn variable_query(dashboard: &Dashboard, variable: &Value) -> Query {
    let origin = Origin::Variable(text(variable, "name"));
    Query { text: text(&variable["query"], "query"), ..ask(dashboard, origin, &variable["datasource"], &Value::Null) }
}

fn ask(dashboard: &Dashboard, origin: Origin, source: &Value, target: &Value) -> Query {
    let language = match source["type"].as_str() {
        Some("loki") => Language::LogQl,
        Some("jaeger") => Language::Jaeger,
        _ => Language::PromQl,
    };
    Query {
        dashboard: dashboard.uid.clone(),
        origin,
        language,
        text: text(target, if language == Language::Jaeger { "query" } else { "expr" }),
        instant: target["instant"] == true || target["queryType"] == "instant",
        least_step: target["interval"].as_str().and_then(|step| step.strip_suffix('s')?.parse().ok()),
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
