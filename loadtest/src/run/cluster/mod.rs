//! The run against a release in a cluster. Absent on purpose: the phases' insides. The order matters: what is measured on an
//! untouched release comes first, what breaks it most comes last, and the audit after all of that.

mod phases;

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::url::delete;
use super::{accounts_needed, load, shared};
use crate::accounts;
use crate::api::{self, Api};
use crate::arguments::{ClusterOptions, Options};
use crate::chat;
use crate::cluster_watch::ClusterWatch;
use crate::dashboard;
use crate::measurements::{Measurements, Part};
use crate::monitoring::Monitoring;
use crate::phases::cluster::{Traffic, install};
use crate::phases::{Context, part, sentence};
use crate::probe::Probes;
use crate::target::cluster::{Cluster, Component, Helm};
use phases::Run;

/// Fills the measurements. Ctrl-C ends it early and well; the error means that there was nothing to measure.
pub(super) async fn measure(
    options: &Options,
    target: &ClusterOptions,
    context: &Context,
    m: &mut Measurements,
) -> Result<(), String> {
    leave_alone(m);
    // Ends with this function.
    let mut telling = JoinSet::new();
    let (interrupted, progress) = (context.interrupted.clone(), context.progress.clone());
    telling.spawn(async move {
        interrupted.cancelled().await;
        progress.note("interrupted: the release is put back as it was; a second Ctrl-C would leave it as it stands");
    });
    m.run.release = target.release.clone();
    context.progress.phase("the release is looked for");
    let connecting = Cluster::connect(&target.namespace, &target.release);
    let mut cluster = match context.unless_interrupted(connecting).await {
        Err(_) => return Ok(()),
        Ok(connected) => connected.map_err(|error| error.to_string())?,
    };
    let helm = Helm::find(&cluster, target.chart.clone(), target.helm_arguments.clone()).await;
    let there = cluster.installed().await.map_err(|error| error.to_string())?.is_some();
    if there {
        let adopted = "The release was there already; --install measures one of its own.";
        m.cluster.install = Part::NotMeasured(adopted.to_owned());
        return adopted_or_installed(options, target, context, m, &cluster, helm.as_ref()).await;
    }
    if !target.install {
        return Err(format!(
            "there is no release {} in the namespace {}; --install installs it for the run, or name another one",
            target.release, target.namespace
        ));
    }
    let helm = helm.ok_or_else(|| "--install needs helm, and there is none on the PATH".to_owned())?;
    let had_namespace = install::has_namespace(&cluster).await.map_err(|error| error.to_string())?;
    let left = install::left_before(&cluster).await.map_err(|error| error.to_string())?;
    if !left.is_empty() {
        return Err(format!(
            "the namespace {} still holds what an earlier release {} has left: {}; remove it, or name another --release",
            target.namespace,
            target.release,
            left.join(", ")
        ));
    }
    context.progress.phase("helm install");
    let installed = install::run(context, &mut cluster, &helm).await;
    let failed = installed.as_ref().err().map(ToString::to_string);
    m.cluster.install = part(installed);
    let result = match failed {
        Some(_) if context.interrupted.is_cancelled() => Ok(()),
        Some(why) => Err(format!("the release could not be installed: {why}")),
        None => adopted_or_installed(options, target, context, m, &cluster, Some(&helm)).await,
    };
    if !target.keep {
        context.progress.phase("helm uninstall");
        let undone = install::undo(&cluster, &helm, !had_namespace).await;
        if let Err(error) = undone {
            // Not only a note: who sees the run pass must be able to rely on it.
            m.cluster.install = Part::Broken(sentence(&format!("the release could not be removed: {error}")));
        }
    }
    result
}

/// Everything but the installation.
async fn adopted_or_installed(
    options: &Options,
    target: &ClusterOptions,
    context: &Context,
    m: &mut Measurements,
    cluster: &Cluster,
    helm: Option<&Helm>,
) -> Result<(), String> {
    let looking = cluster.missing(|id| options.wants(id));
    let mut missing = match context.unless_interrupted(looking).await {
        Err(_) => return Ok(()),
        Ok(missing) => missing.map_err(|error| error.to_string())?,
    };
    let backend = match &target.url {
        Some(url) => Ok(url.clone()),
        None => cluster.reach(Component::Backend).await,
    };
    let frontend = match &target.frontend {
        Some(url) => Ok(url.clone()),
        None => cluster.reach(Component::Frontend).await,
    };
    let hints = [(&backend, "--url"), (&frontend, "--frontend")];
    missing.extend(hints.iter().filter_map(|(reached, option)| {
        let why = reached.as_ref().err()?;
        Some(format!("a way to the application: {why}; name one by {option}, or run inside the cluster"))
    }));
    let (Ok(backend), Ok(frontend), true) = (backend, frontend, missing.is_empty()) else {
        let (namespace, release) = (&cluster.namespace, &cluster.release);
        return Err(format!("the release {release} in {namespace} lacks what the run needs: {}", missing.join("; ")));
    };

    let no_client = |error: reqwest::Error| format!("no HTTP client can be built: {}", api::cause(&error));
    let kept = api::gateway_client().map_err(no_client)?;
    let single = api::http_client(0).map_err(no_client)?;
    let api = Api::new(kept.clone(), &backend);
    identify(cluster, &api, m).await;
    let seen = ClusterWatch::start(cluster, &context.watch, &single);
    let _following = context.progress.follow_release();
    if options.wants("SC-008") {
        m.cluster.images = part(cluster.images().await.map_err(Into::into));
    }
    let monitoring = match context.unless_interrupted(Monitoring::find(&kept, cluster, target)).await {
        Err(_) => return Ok(()),
        Ok(monitoring) => monitoring,
    };
    let told = &mut m.cluster.monitoring;
    (told.namespace, told.grafana) = (cluster.namespace.clone(), target.grafana.clone());
    told.forwarding = monitoring.grafana.as_ref().map(|(service, port)| dashboard::forwarding(service, port));
    context.progress.phase("people sign up");
    let signing_up = accounts::sign_up(&api, options.seed, accounts_needed(&options.plan));
    let people = match context.unless_interrupted(signing_up).await {
        Err(_) => return Ok(()),
        Ok(people) => people?,
    };
    let [.., reader, writer] = &people[..] else {
        return Err("too few accounts".to_owned());
    };
    let talks = match context.unless_interrupted(chat::by_rules(&api, reader)).await {
        Err(_) => return Ok(()),
        Ok(talks) => talks,
    };
    let preparing = Probes::prepare(&api, &context.ledger, reader.clone(), writer.clone());
    let result = match context.unless_interrupted(preparing).await {
        Err(_) => Ok(()),
        Ok(Err(why)) => Err(why),
        Ok(Ok(probes)) => {
            let (up, is_up) = watch::channel(true);
            let traffic = Traffic {
                shared: shared(context, &single, &people, options.plan.total_users(), is_up, talks),
                api: api.clone(),
                frontend,
                accounts: people.clone(),
                reader: reader.clone(),
                probes,
                up,
                users: options.plan.peak_users(),
                figures: Mutex::default(),
            };
            let run = Run {
                options,
                target,
                context,
                cluster,
                helm,
                seen: &seen,
                monitoring: &monitoring,
                traffic: &traffic,
            };
            run.everything(m).await;
            let figures = traffic.figures.into_inner().unwrap_or_else(PoisonError::into_inner);
            m.load = load(&figures);
            Ok(())
        }
    };
    context.progress.phase("the accounts of this run are deleted");
    delete(&api, &people).await;
    result
}

/// What the release consists of, for the report.
async fn identify(cluster: &Cluster, api: &Api, m: &mut Measurements) {
    super::identify(api, m).await;
    let version = std::mem::replace(&mut m.run.release, cluster.release.clone());
    m.environment.profile = "container image".to_owned();
    let database = match cluster.wanted_pods(Component::Database).await {
        Ok(0) => {
            m.cluster.database_elsewhere = true;
            "outside of the release".to_owned()
        }
        Ok(_) => "PostgreSQL of the release, on a claim".to_owned(),
        Err(error) => sentence(&error.to_string()),
    };
    m.environment.database = database;
    if m.environment.backend.is_empty() {
        m.environment.backend = version;
    }
}

/// Why parts of the verdict stay open.
fn leave_alone(m: &mut Measurements) {
    fn open<T>(part: &mut Part<T>, why: &str) {
        *part = Part::NotMeasured(why.to_owned());
    }
    open(&mut m.kills, "In a cluster pods are killed, not processes.");
    open(&mut m.flood, "A release is not flooded beyond its limits; --target local does that.");
    open(&mut m.drain, "How one process drains is measured by --target local; here rollouts show it.");
    open(&mut m.logs, "The output of pods is not read; --target local does that.");
    open(&mut m.start, "How one process starts is measured by --target local; here pods become Ready.");
    open(&mut m.memory, "How much memory one process needs is measured by --target local.");
}
