//! Every query of every dashboard, asked of Prometheus and Loki over the time of the load test: no panel is empty that has no
//! good reason to be.

use e2e::dashboards::{Language, Query, Values, all, interpolate, may_be_empty};
use serde_json::Value;
use url::Url;

use crate::monitoring::load_test;
use crate::monitoring::stack::{Loki, Prometheus};

/// Whether a query has data in that time; an error is what its language objects to.
pub(crate) async fn has_data(
    prometheus: &Prometheus,
    loki: &Loki,
    query: &Query,
    values: &Values,
    (from, to): (f64, f64),
) -> Result<bool, String> {
    let text = query.filled(values);
    match query.language {
        Language::PromQl => match query.label_values() {
            Some((selector, _)) => {
                let (selector, start, end) = (interpolate(selector, values), from.to_string(), to.to_string());
                let found =
                    prometheus.ask("series", &[("match[]", &selector), ("start", &start), ("end", &end)]).await?;
                Ok(found.as_array().is_some_and(|series| !series.is_empty()))
            }
            None => Ok(prometheus.range(&text, from, to).await?.iter().any(has_number)),
        },
        Language::LogQl => Ok(!loki.range(&text, from, to).await?.is_empty()),
        // There is no Jaeger here; `correlation` proves that its traces arrive.
        Language::Jaeger => Ok(true),
    }
}

fn has_number(series: &Value) -> bool {
    let values = series["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().any(|value| value[1].as_str().is_some_and(|text| text != "NaN"))
}

#[tokio::test]
async fn every_query_of_every_dashboard_has_data_of_the_load_test() {
    let (prometheus, loki, range) = (Prometheus::connect(), Loki::connect(), load_test::time());
    let values = Values { range: format!("{:.0}s", range.1 - range.0), ..Values::everything("todo") };
    let (mut asked, mut wrong, mut needless) = (0, Vec::new(), Vec::new());
    for query in all().iter().flat_map(|dashboard| dashboard.queries()) {
        asked += 1;
        let about = format!("{} {:?}: {}", query.dashboard, query.origin, query.text);
        match (has_data(&prometheus, &loki, &query, &values, range).await, may_be_empty(&query)) {
            (Err(objection), _) => wrong.push(format!("{about}\n    {objection}")),
            (Ok(false), None) => wrong.push(format!("{about}\n    has no data")),
            (Ok(true), Some(reason)) => needless.push(format!("{about} ({reason})")),
            (Ok(_), _) => {}
        }
    }
    println!("{asked} queries; with data although they need none: {needless:#?}");
    assert!(asked > 60, "{asked} queries");
    assert!(wrong.is_empty(), "{} of {asked} queries:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_verdict_leads_to_the_load_tests_dashboard_over_the_time_of_the_run() {
    let verdict = load_test::verdict();
    let link = Url::parse(verdict["dashboard"].as_str().expect("a link")).expect("an address");
    let uid = link.path().strip_prefix("/d/").expect("a dashboard");
    assert!(all().iter().any(|dashboard| dashboard.uid == uid), "{link}");
    let of = |name: &str| link.query_pairs().find(|(key, _)| key == name).expect("a parameter").1.into_owned();
    let (from, to) = load_test::time();
    for (name, moment) in [("from", from), ("to", to)] {
        let milliseconds: f64 = of(name).parse().expect("a number");
        assert!((milliseconds / 1000.0 - moment).abs() <= 1.0, "{name}: {link}");
    }
    assert_eq!(of("var-namespace"), "todo");
}
