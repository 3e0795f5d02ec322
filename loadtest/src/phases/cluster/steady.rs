//! The steady load on a release as it stands: goose users by plan, the probe, the pages, and `/health` through the Service
//! during the heaviest step. Absent on purpose: comparing counts, which a Service spreads over pods.

use std::sync::PoisonError;
use std::time::Instant;

use url::Url;

use super::rest::MIX;
use super::{Traffic, freshness, pages};
use crate::attack;
use crate::measurements::{Freshness, Probed};
use crate::phases::steady::start_health;
use crate::phases::{Context, Stopped, sentence};
use crate::plan::Plan;

/// What the steady load showed.
#[derive(Debug)]
pub struct Steady {
    pub health: Probed,
    /// Absent without Prometheus.
    pub freshness: Option<Result<Freshness, Stopped>>,
}

/// Runs the plan to its end, or until Ctrl-C: what was seen by then is still true. Prometheus is its address and the
/// namespace of the release.
pub async fn run(
    context: &Context,
    traffic: &Traffic,
    plan: &Plan,
    prometheus: Option<(&Url, &str)>,
) -> Result<Steady, Stopped> {
    let _phase = context.watch.phase("steady load");
    let stop = context.interrupted.child_token();
    let looking = pages::start(&traffic.frontend, &traffic.reader.token, &context.watch, &stop)?;
    let probing = traffic.probes.start(&context.watch, &stop);
    let health = start_health(&traffic.api, plan, &stop);
    let following = context.progress.follow_load();
    let began = Instant::now();
    let loading = async {
        let _stop = stop.clone().drop_guard();
        attack::run(&traffic.shared, traffic.api.base(), MIX, &plan.goose(), &context.interrupted).await
    };
    let marking = async {
        let (url, namespace) = prometheus?;
        Some(freshness::run(context, &traffic.api, url, namespace).await)
    };
    let (attack, freshness) = tokio::join!(loading, marking);
    following.abort();
    probing.join_all().await;
    looking.join_all().await;
    let health = health.await.map_err(|error| Stopped::Broken(error.to_string()))?;
    let attack = attack.map_err(|error| Stopped::Broken(sentence(&format!("goose gave up: {error}"))))?;
    traffic.figures.lock().unwrap_or_else(PoisonError::into_inner).add(&attack, began.elapsed().as_secs_f64());
    Ok(Steady { health, freshness })
}
