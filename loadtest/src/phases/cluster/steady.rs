//! The steady load on a release as it stands: goose users by plan, the probe, the pages, markers, and `/health` through the
//! Service during the heaviest step; and what Prometheus says of the same stretch. Once more for LATENCY alone. Absent on purpose:
//! breaking anything, and whether once more is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::time::Instant;

use goose::metrics::GooseMetrics;
use tokio_util::sync::CancellationToken;

use super::freshness::Pace;
use super::rest::MIX;
use super::witness::{self, Window};
use super::{Traffic, freshness, metrics, pages};
use crate::attack;
use crate::load::Figures;
use crate::measurements::{Agreement, Chat, Freshness, LatencyRun, Part, Probed, Testimony};
use crate::monitoring::{Monitoring, Prometheus};
use crate::phases::steady::{chat, since, start_health};
use crate::phases::{Context, Stopped, sentence};
use crate::plan::Plan;
use crate::target::cluster::{Cluster, Component, pods};

/// The name of the stretch in the timeline, and of those in which LATENCY alone is measured again.
pub const PHASE: &str = "steady load";
pub const AGAIN: [&str; 2] = ["steady load 2", "steady load 3"];

/// What one page of tasks asks of the backend, and nothing else.
const ASKED_BY_A_PAGE: &str = "GET /api/tasks";

/// What the steady load showed.
#[derive(Debug)]
pub struct Steady {
    pub health: Probed,
    pub chat: Part<Chat>,
    pub freshness: Result<Freshness, Stopped>,
    pub log_freshness: Result<Freshness, Stopped>,
    pub agreement: Result<Vec<Agreement>, Stopped>,
    pub testimonies: Result<Vec<Testimony>, Stopped>,
}

/// Who is asked beside the load, and about what.
pub struct Watching<'a> {
    pub cluster: &'a Cluster,
    pub monitoring: &'a Monitoring,
    pub wants: &'a dyn Fn(&str) -> bool,
}

/// Runs the plan to its end, or until Ctrl-C: what was seen by then is still true.
pub async fn run(
    context: &Context,
    traffic: &Traffic,
    plan: &Plan,
    watching: &Watching<'_>,
) -> Result<Steady, Stopped> {
    let namespace = &watching.cluster.namespace;
    let (prometheus, before) = match watching.begin(context).await {
        Ok((prometheus, before)) => (Ok(prometheus), Ok(before)),
        Err(Stopped::Interrupted) => return Err(Stopped::Interrupted),
        Err(why) => (Err(why.clone()), Err(why)),
    };
    let answered = traffic.api.answered();

    let phase = context.watch.phase(PHASE);
    let stop = context.interrupted.child_token();
    let health = async { start_health(&traffic.api, plan, &stop).await };
    // Markers may outlast the load: pods are scraped all the same.
    let marking = async {
        freshness::through_prometheus(context, &traffic.api, prometheus.clone()?, namespace, Pace::STANDARD).await
    };
    let searching = async {
        let loki = watching.monitoring.loki.as_ref().map_err(Clone::clone)?;
        freshness::pushes(watching.cluster).await?;
        let token = &traffic.reader.token;
        freshness::through_loki(context, &traffic.api, token, loki, namespace, Pace::STANDARD).await
    };
    let marking = only(watching.wants("SC-007"), marking);
    let searching = only(watching.wants("SC-007"), searching);
    let beside = async { tokio::join!(health, marking, searching) };
    let (attack, pages, beside) = loaded(context, traffic, plan, &stop, beside).await?;
    let (health, freshness, log_freshness) = beside;
    let health = health.map_err(|error| Stopped::Broken(error.to_string()))?;

    let mut client = Figures::requests(&attack);
    let mut count = |route: String, count: u64| *client.entry(route).or_default() += count;
    since(&answered, &traffic.api.answered()).into_iter().for_each(|(route, asked)| count(route, asked));
    count(ASKED_BY_A_PAGE.to_owned(), pages);
    drop(phase);
    let chat = chat(&traffic.shared);
    let told = async { watching.end(context, traffic, prometheus?, &before?, &client).await };
    let (agreement, testimonies) = match told.await {
        Ok((agreement, testimonies)) => (agreement, Ok(testimonies)),
        Err(why) => (Err(why.clone()), Err(why)),
    };
    Ok(Steady { health, chat, freshness, log_freshness, agreement, testimonies })
}

/// The same load once more, for LATENCY alone: users, probe and pages, without markers and without questions to `/health`.
pub async fn again(
    context: &Context,
    traffic: &Traffic,
    plan: &Plan,
    watching: &Watching<'_>,
    phase: &'static str,
) -> Result<LatencyRun, Stopped> {
    let namespace = &watching.cluster.namespace;
    // Prometheus is the second witness; a measurement without it is one all the same.
    let from = match &watching.monitoring.prometheus {
        Ok(prometheus) => prometheus.settled(context, namespace).await.ok().map(|from| (prometheus, from)),
        Err(_) => None,
    };
    traffic.probes.forget();
    {
        let _phase = context.watch.phase(phase);
        let stop = context.interrupted.child_token();
        loaded(context, traffic, plan, &stop, std::future::ready(())).await?;
    }
    let routes = traffic.probes.results();
    let telling = async {
        let (prometheus, from) = from?;
        let window = Window { phase, from, to: prometheus.settled(context, namespace).await.ok()? };
        witness::ask(context, prometheus, namespace, window, |id| id == "LATENCY").await.ok()
    };
    let testimonies = telling.await.unwrap_or_default();
    Ok(LatencyRun { phase: phase.to_owned(), routes, testimonies, judged: false })
}

/// Users by plan, probe and pages until the plan ends or Ctrl-C comes, and `beside`, which may outlast them. Returns goose's figures and
/// how many pages were shown.
async fn loaded<T>(
    context: &Context,
    traffic: &Traffic,
    plan: &Plan,
    stop: &CancellationToken,
    beside: impl Future<Output = T>,
) -> Result<(GooseMetrics, u64, T), Stopped> {
    let (looking, pages) = pages::start(&traffic.frontend, &traffic.reader.token, &context.watch, stop)?;
    let probing = traffic.probes.start(&context.watch, stop);
    let following = context.progress.follow_load();
    let began = Instant::now();
    let loading = async {
        let _stop = stop.clone().drop_guard();
        attack::run(&traffic.shared, traffic.api.base(), MIX, &plan.goose(), &context.interrupted).await
    };
    let (attack, beside) = tokio::join!(loading, beside);
    following.abort();
    probing.join_all().await;
    looking.join_all().await;
    let attack = attack.map_err(|error| Stopped::Broken(sentence(&format!("goose gave up: {error}"))))?;
    traffic.figures.lock().unwrap_or_else(PoisonError::into_inner).add(&attack, began.elapsed().as_secs_f64());
    Ok((attack, pages.count(), beside))
}

/// Leaves out what nobody asked for; nobody looks at the reason either.
async fn only<T>(wanted: bool, piece: impl Future<Output = Result<T, Stopped>>) -> Result<T, Stopped> {
    if wanted { piece.await } else { Err(Stopped::Impossible("Left out by --only or --skip.".to_owned())) }
}

impl Watching<'_> {
    fn wants(&self, id: &str) -> bool {
        (self.wants)(id)
    }

    /// A Prometheus that scrapes every pod of both servers, and the counts before the load.
    async fn begin(&self, context: &Context) -> Result<(&Prometheus, metrics::Counted), Stopped> {
        let prometheus = self.monitoring.prometheus.as_ref().map_err(Clone::clone)?;
        let mut all = BTreeSet::new();
        for component in [Component::Backend, Component::Frontend] {
            all.extend(self.cluster.pods(component).await?.iter().map(pods::name));
        }
        prometheus.scrapes(context, &self.cluster.namespace, &all).await?;
        let before = metrics::Counted::read(context, prometheus, &self.cluster.namespace).await?;
        Ok((prometheus, before))
    }

    /// The counts after the load, and what Prometheus says of the time between.
    async fn end(
        &self,
        context: &Context,
        traffic: &Traffic,
        prometheus: &Prometheus,
        before: &metrics::Counted,
        client: &BTreeMap<String, u64>,
    ) -> Result<(Result<Vec<Agreement>, Stopped>, Vec<Testimony>), Stopped> {
        let namespace = &self.cluster.namespace;
        let after = metrics::Counted::read(context, prometheus, namespace).await?;
        let mut agreement = after.since(before, client);
        if let Ok(rows) = &mut agreement {
            let between = (before.at, after.at);
            metrics::add_p95(rows, &traffic.probes.results(), prometheus, namespace, between).await;
        }
        let window = Window { phase: PHASE, from: before.at, to: after.at };
        // The HPA is asked about when it had something to do.
        let wanted = |id: &str| id != "HPA-UP" && self.wants(id);
        let testimonies = witness::ask(context, prometheus, namespace, window, wanted).await?;
        Ok((agreement, testimonies))
    }
}
