//! A run from its first start to its measurements. Absent on purpose: the phases themselves, and judging.

mod cluster;
mod local;
mod url;

use std::sync::Arc;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::accounts::Account;
use crate::api::Api;
use crate::arguments::Options;
use crate::chat;
use crate::clock::Clock;
use crate::environment;
use crate::load::Figures;
use crate::measurements::{Cluster, Measurements, Monitoring, Part, Run};
use crate::phases::{Context, Stopped, metrics, part};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::users::Shared;
use crate::watch::Watch;

/// Measures everything that was asked for. The error is the one line that says why there is no run.
pub async fn run(options: &Options, interrupted: CancellationToken) -> Result<Measurements, String> {
    let watch = Arc::new(Watch::new(Clock::start()));
    let context = Context {
        progress: Progress::new(Arc::clone(&watch)),
        watch,
        ledger: Arc::default(),
        interrupted,
        seed: options.seed,
    };
    let mut measurements = blank(options);
    let result = match (&options.cluster, &options.url) {
        (Some(target), _) => cluster::measure(options, target, &context, &mut measurements).await,
        (None, None) => local::measure(options, &context, &mut measurements).await,
        (None, Some(url)) => url::measure(options, url, &context, &mut measurements).await,
    };
    context.progress.end();
    result?;
    finish(options, &context, &mut measurements);
    Ok(measurements)
}

/// Measurements of a run that has not begun.
fn blank(options: &Options) -> Measurements {
    let now = OffsetDateTime::now_utc();
    let run = Run {
        target: match (&options.cluster, &options.url) {
            (Some(_), _) => "cluster",
            (None, Some(_)) => "url",
            (None, None) => "local",
        }
        .to_owned(),
        release: String::new(),
        started_at: now,
        finished_at: now,
        partial: false,
    };
    let mut environment = environment::gather();
    environment.seed = options.seed;
    environment.users = u32::try_from(options.plan.peak_users()).unwrap_or(u32::MAX);
    environment.plan = options.plan.goose();
    Measurements::new(run, environment)
}

/// What is known only at the end, and what was not asked for.
fn finish(options: &Options, context: &Context, measurements: &mut Measurements) {
    measurements.run.finished_at = OffsetDateTime::now_utc();
    measurements.run.partial = context.interrupted.is_cancelled();
    let (server, generator) = context.watch.mean_cores();
    measurements.environment.server_cores_used = server;
    measurements.environment.generator_cores_used = generator;
    if measurements.load.measured().is_some() {
        measurements.errors = Part::Measured(context.watch.errors());
    }
    measurements.timeline = context.watch.timeline();
    if measurements.run.partial {
        forgive_interruption(measurements);
    }
    leave_out(options, measurements);
}

/// The default sentence of a part says that its phase did not run; after Ctrl-C it can say why. What has another reason,
/// such as being the other target's business, keeps it.
fn forgive_interruption(measurements: &mut Measurements) {
    fn why<T>(part: &mut Part<T>) {
        if part.did_not_run() {
            *part = Part::NotMeasured(Stopped::Interrupted.to_string());
        }
    }
    let Measurements {
        run: _,
        environment: _,
        load,
        ledger,
        kills,
        configuration,
        freshness,
        health,
        flood,
        drain,
        streams,
        errors,
        latency,
        latency_runs: _,
        chat,
        metrics,
        logs,
        start,
        memory,
        cluster,
        timeline: _,
    } = measurements;
    let Cluster {
        install,
        images,
        scale_up,
        scale_down,
        pod_kills,
        database_elsewhere: _,
        outage,
        isolation,
        pending,
        rollouts,
        backup,
        monitoring: Monitoring { namespace: _, grafana: _, forwarding: _, log_freshness, testimonies },
    } = cluster;
    why(log_freshness);
    why(testimonies);
    why(install);
    why(images);
    why(scale_up);
    why(scale_down);
    why(pod_kills);
    why(outage);
    why(isolation);
    why(pending);
    why(rollouts);
    why(backup);
    why(load);
    why(ledger);
    why(kills);
    why(configuration);
    why(freshness);
    why(health);
    why(flood);
    why(drain);
    why(streams);
    why(errors);
    why(latency);
    why(chat);
    why(metrics);
    why(logs);
    why(start);
    why(memory);
}

/// A phase may measure more than was asked for: what was left out is not judged.
fn leave_out(options: &Options, measurements: &mut Measurements) {
    fn drop<T>(options: &Options, id: &str, part: &mut Part<T>) {
        if !options.wants(id) {
            *part = Part::NotMeasured("Left out by --only or --skip.".to_owned());
        }
    }
    let m = measurements;
    drop(options, "SC-003", &mut m.kills);
    if !options.wants("SC-003") {
        m.ledger = Part::NotMeasured("Left out by --only or --skip.".to_owned());
    }
    drop(options, "SC-006", &mut m.configuration);
    drop(options, "SC-007", &mut m.freshness);
    drop(options, "HEALTH", &mut m.health);
    drop(options, "HEALTH", &mut m.flood);
    drop(options, "DRAIN", &mut m.drain);
    drop(options, "STREAMS", &mut m.streams);
    drop(options, "ERRORS", &mut m.errors);
    drop(options, "LATENCY", &mut m.latency);
    drop(options, "CHAT", &mut m.chat);
    drop(options, "METRICS", &mut m.metrics);
    drop(options, "LOGS", &mut m.logs);
    drop(options, "START", &mut m.start);
    drop(options, "MEMORY", &mut m.memory);
    if !m.run.on_cluster() {
        return;
    }
    let c = &mut m.cluster;
    if !options.wants("SC-001") && !options.wants("SC-002") {
        drop(options, "SC-001", &mut c.install);
    }
    drop(options, "SC-008", &mut c.images);
    drop(options, "HPA-UP", &mut c.scale_up);
    drop(options, "HPA-DOWN", &mut c.scale_down);
    drop(options, "SC-003", &mut c.pod_kills);
    drop(options, "READY", &mut c.outage);
    drop(options, "ISOLATION", &mut c.isolation);
    drop(options, "PENDING", &mut c.pending);
    drop(options, "SC-004", &mut c.rollouts);
    drop(options, "BACKUP", &mut c.backup);
    drop(options, "SC-007", &mut c.monitoring.log_freshness);
}

/// Accounts that the users and the probe need: users first, then the probe's reader and writer.
fn accounts_needed(plan: &Plan) -> usize {
    plan.total_users() + 2
}

/// What the users share.
fn shared(
    context: &Context,
    http: &reqwest::Client,
    accounts: &[Account],
    users: usize,
    up: tokio::sync::watch::Receiver<bool>,
    talks: Result<(), String>,
) -> Arc<Shared> {
    Arc::new(Shared {
        http: http.clone(),
        accounts: accounts.iter().take(users).cloned().collect(),
        ledger: Arc::clone(&context.ledger),
        watch: Arc::clone(&context.watch),
        seed: context.seed,
        up,
        chat: talks.map(|()| chat::Notes::default()),
    })
}

/// The version of the server for the verdict and the report.
async fn identify(api: &Api, measurements: &mut Measurements) {
    if let Ok(answer) = api.send(&crate::api::Call::get("/health")).await {
        measurements.run.release = answer.json()["version"].as_str().unwrap_or_default().to_owned();
    }
    if let Ok(scrape) = metrics::scrape(api).await
        && let Some(build) = scrape.samples.iter().find(|sample| sample.name == telemetry::names::BUILD_INFO)
    {
        let label = |name: &str| build.labels.get(name).map_or("unknown", String::as_str);
        measurements.environment.backend = format!("{}, revision {}", label("version"), label("revision"));
    }
}

/// Goose's figures, when there was an attack.
fn load(figures: &Figures) -> Part<crate::measurements::Load> {
    figures.result().map_or_else(Part::default, Part::Measured)
}

/// Puts what the steady load showed where it belongs, and hands on its counts.
fn keep_steady(
    measurements: &mut Measurements,
    result: Result<crate::phases::steady::Steady, Stopped>,
) -> Option<Vec<crate::measurements::Agreement>> {
    match result {
        Ok(steady) => {
            measurements.freshness = Part::Measured(steady.freshness);
            measurements.health = Part::Measured(steady.health);
            measurements.chat = steady.chat;
            Some(steady.agreement)
        }
        Err(stopped) => {
            let what = stopped.to_string();
            measurements.freshness = part(Err(Stopped::Broken(what.clone())));
            measurements.health = part(Err(Stopped::Broken(what.clone())));
            measurements.chat = part(Err(Stopped::Broken(what.clone())));
            measurements.metrics = part(Err(Stopped::Broken(what)));
            None
        }
    }
}
