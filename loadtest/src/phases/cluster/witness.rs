//! The second witness: the queries of `queries.json` asked of Prometheus over a phase that has just ended. Absent on purpose:
//! what the answers mean (`criteria`).

use crate::measurements::Testimony;
use crate::monitoring::{Prometheus, queries};
use crate::phases::{Context, Stopped};

/// What a phase was, in Prometheus's own time.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub phase: &'static str,
    pub from: f64,
    pub to: f64,
}

/// Asks every query whose criterion is wanted. A query that is refused is told, not fatal.
pub async fn ask(
    context: &Context,
    prometheus: &Prometheus,
    namespace: &str,
    window: Window,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Testimony>, Stopped> {
    let seconds = (window.to - window.from).ceil().max(1.0) as u64;
    let mut testimonies = Vec::new();
    for query in queries::all().iter().filter(|query| wanted(&query.criterion)) {
        let asked = query.filled(namespace, seconds);
        let answer = context.unless_interrupted(prometheus.value(&asked, Some(window.to))).await?;
        testimonies.push(Testimony {
            criterion: query.criterion.clone(),
            title: query.title.clone(),
            query: asked,
            phase: window.phase.to_owned(),
            value: answer.as_ref().ok().copied().flatten(),
            refusal: answer.err(),
            limit: query.limit,
            unit: query.unit.clone(),
            better: query.better,
        });
    }
    Ok(testimonies)
}
