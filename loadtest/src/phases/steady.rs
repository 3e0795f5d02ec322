//! The steady load: goose users by plan, the probe beside them, markers for SC-007, `/health` watched during the heaviest
//! step, and a scrape before and after, so that both sides' counts can be compared. Absent on purpose: breaking anything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::asking::keep_asking;
use super::{Context, Stopped, freshness, metrics};
use crate::api::Api;
use crate::load::Figures;
use crate::measurements::{Agreement, Chat, Freshness, Part, Probed};
use crate::plan::Plan;
use crate::probe::Probes;
use crate::users::{Mix, Shared};
use crate::{attack, phases};

/// Mostly reading, as people do, with enough writes for the ledger, and somebody who talks.
const MIX: Mix = Mix { readers: 4, writers: 4, planners: 2, chatters: 1 };
const HEALTH_EVERY: Duration = Duration::from_millis(100);
/// Markers come from the third second on, spread over the load.
const MARKERS_AFTER: Duration = Duration::from_secs(2);

/// What the steady load showed.
#[derive(Debug)]
pub struct Steady {
    pub freshness: Freshness,
    pub health: Probed,
    pub agreement: Vec<Agreement>,
    pub chat: Part<Chat>,
}

/// Runs the plan to its end, or until Ctrl-C: what was seen by then is still true.
pub async fn run(
    context: &Context,
    shared: &Arc<Shared>,
    api: &Api,
    probes: &Probes,
    plan: &Plan,
    figures: &mut Figures,
) -> Result<Steady, Stopped> {
    let _phase = context.watch.phase("steady load");
    let stop = context.interrupted.child_token();
    let (before, answered_before) = (metrics::scrape(api).await?, api.answered());

    let probing = probes.start(&context.watch, &stop);
    let markers = start_markers(context, shared, api, plan, &stop);
    let health = start_health(api, plan, &stop);
    let following = context.progress.follow_load();
    let began = Instant::now();
    let attack = attack::run(shared, api.base(), MIX, &plan.goose(), &context.interrupted).await;
    stop.cancel();
    following.abort();
    probing.join_all().await;
    let joined = |error: tokio::task::JoinError| Stopped::Broken(error.to_string());
    let (freshness, health) = (markers.await.map_err(joined)?, health.await.map_err(joined)?);

    let attack = attack.map_err(|error| Stopped::Broken(phases::sentence(&format!("goose gave up: {error}"))))?;
    figures.add(&attack, began.elapsed().as_secs_f64());
    let after = metrics::scrape(api).await?;
    let mut client = Figures::requests(&attack);
    for (route, count) in since(&answered_before, &api.answered()) {
        *client.entry(route).or_default() += count;
    }
    let agreement = metrics::agreement(&before, &after, &client);
    Ok(Steady { freshness, health, agreement, chat: chat(shared) })
}

fn start_markers(
    context: &Context,
    shared: &Arc<Shared>,
    api: &Api,
    plan: &Plan,
    stop: &CancellationToken,
) -> JoinHandle<Freshness> {
    let token = shared.accounts.first().map(|account| account.token.clone()).unwrap_or_default();
    // Each marker itself takes some 50 ms: together they fill most of the load.
    let pause = Duration::from_secs_f64((plan.seconds() as f64 - 5.0).max(0.0) / 24.0 * 0.8);
    let (api, stop, interrupted) = (api.clone(), stop.clone(), context.interrupted.clone());
    tokio::spawn(async move {
        tokio::time::sleep(MARKERS_AFTER).await;
        freshness::run(api, token, pause, stop, interrupted).await
    })
}

/// What the chatters have heard so far.
pub(super) fn chat(shared: &Shared) -> Part<Chat> {
    match &shared.chat {
        Ok(notes) => Part::Measured(notes.result()),
        Err(why) => Part::NotMeasured(why.clone()),
    }
}

/// Asks `/health` while the heaviest step lasts.
pub(super) fn start_health(api: &Api, plan: &Plan, stop: &CancellationToken) -> JoinHandle<Probed> {
    let (from, to) = plan.peak();
    let over = stop.child_token();
    let end = over.clone();
    let api = api.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = over.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs_f64(from)) => {}
        }
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs_f64((to - from).max(1.0))).await;
            end.cancel();
        });
        keep_asking(api, "/health", HEALTH_EVERY, over).await
    })
}

/// What was added to counts.
pub(super) fn since(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let added = |(route, count): (&String, &u64)| (route.clone(), count - before.get(route).copied().unwrap_or(0));
    after.iter().map(added).collect()
}
