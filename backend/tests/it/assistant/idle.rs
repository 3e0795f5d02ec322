//! What a scrape says before anybody has spoken: an increase from nothing to one is in no rate.

use telemetry::names::{ALL, Metric};

use super::model::setup;
use crate::support::{
    Engine, Setup, TestApp,
    metrics::Scrape,
    model_server::{ModelServer, Reply},
    with_app,
};

fn of_the_assistant() -> impl Iterator<Item = &'static Metric> {
    ALL.iter().filter(|metric| ["gen_ai_", "mcp_", "assistant_"].iter().any(|area| metric.name.starts_with(area)))
}

/// The metrics of the assistant that a scrape has nothing of. What it has is zero.
fn missing(scrape: &Scrape) -> Vec<&'static str> {
    let is_there = |metric: &&Metric| {
        let samples: Vec<_> = scrape.samples.iter().filter(|sample| sample.name.starts_with(metric.name)).collect();
        for sample in &samples {
            assert_eq!(sample.value, 0.0, "{sample:?}");
        }
        !samples.is_empty()
    };
    of_the_assistant().filter(|metric| !is_there(metric)).map(|metric| metric.name).collect()
}

#[tokio::test]
async fn without_a_model_only_what_a_model_would_have_is_missing() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let of_model: Vec<&str> =
            of_the_assistant().filter(|metric| metric.of_model).map(|metric| metric.name).collect();
        assert_eq!((missing(&app.scrape().await), of_model.len()), (of_model, 3));
    })
    .await;
}

#[tokio::test]
async fn with_a_model_nothing_is_missing() {
    let model = ModelServer::start([Reply::status(500)]).await;
    with_app(Engine::Sqlite, setup(&model), async |app: TestApp| {
        assert_eq!(missing(&app.scrape().await), Vec::<&str>::new());
    })
    .await;
}
