//! The run on this machine: one server, started, loaded, killed, flooded and drained. Absent on purpose: the phases'
//! insides. The order matters where it says so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{accounts_needed, identify, keep_steady, load, shared};
use crate::accounts::{self, Account};
use crate::api;
use crate::arguments::Options;
use crate::chat;
use crate::load::Figures;
use crate::measurements::{Measurements, Memory, Part};
use crate::phases::logs::Secret;
use crate::phases::{
    Context, audit, configuration, drain, flood, kills, logs, metrics, part, sampling, starts, steady,
};
use crate::probe::Probes;
use crate::target::local::Local;
use crate::target::settings::Settings;
use crate::users::chatter;

/// How long a server is left alone before its memory is read.
const REST: Duration = Duration::from_millis(1_500);

/// Fills the measurements. Ctrl-C ends it early and well; the error means that there was nothing to measure.
pub(super) async fn measure(options: &Options, context: &Context, m: &mut Measurements) -> Result<(), String> {
    let http =
        api::http_client(usize::MAX).map_err(|error| format!("no HTTP client can be built: {}", api::cause(&error)))?;
    let folder = tempfile::Builder::new().prefix("todo-loadtest-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder can be made: {error}"))?;
    let secret = format!("planted-secret-{:016x}-{}", options.seed, uuid::Uuid::new_v4().simple());
    let outputs = options.report_dir.join("server-output");
    let server = Local::new(options.backend.as_deref(), http.clone(), folder.path(), &outputs);
    let mut server = server.map_err(|error| format!("{}: {error}", outputs.display()))?;
    let settings = Settings::unlimited(&server.database_url("todo.db"), &secret);
    m.environment.database = "SQLite file, synchronous FULL".to_owned();
    if options.backend.is_some() {
        m.environment.profile = "unknown".to_owned();
    }

    let sampling = sampling::start(Arc::clone(&context.watch), Arc::clone(&server.pid));
    let mut people = Vec::new();
    let result = phases(options, context, m, &mut server, &settings, &http, &mut people).await;
    server.kill().await;
    sampling.abort();

    if options.wants("LOGS") && result.is_ok() {
        let tokens = people.iter().map(|account: &Account| account.token.clone()).collect();
        let emails = people.iter().map(|account: &Account| account.email.clone()).collect();
        let secrets = vec![
            Secret { name: "password", values: vec![accounts::password(options.seed)] },
            Secret { name: "token", values: tokens },
            Secret { name: "JWT_SECRET", values: vec![secret] },
            Secret { name: "e-mail address", values: emails },
            Secret { name: "words of a chat", values: vec![chatter::planted(options.seed)] },
        ];
        m.logs = part(logs::run(server.outputs.clone(), secrets).await);
    }
    result
}

async fn phases(
    options: &Options,
    context: &Context,
    m: &mut Measurements,
    server: &mut Local,
    settings: &Settings,
    http: &reqwest::Client,
    people: &mut Vec<Account>,
) -> Result<(), String> {
    let Context { progress, interrupted, .. } = context;

    // The very first start tells whether there is anything to measure, and what an idle server needs.
    progress.phase("first start");
    match context.unless_interrupted(server.start(settings)).await {
        Err(_) => return Ok(()),
        Ok(started) => started.map_err(|error| error.to_string())?,
    };
    identify(&server.probe().map_err(|error| error.to_string())?, m).await;
    let mut memory = Memory::default();
    if options.wants("MEMORY") && context.pause(REST).await.is_ok() {
        memory.idle_mib = server.memory_mib();
    }
    if options.wants("START") && !interrupted.is_cancelled() {
        progress.phase("ten starts");
        m.start = part(starts::run(context, server, settings).await);
    }
    if options.wants("SC-006") && !interrupted.is_cancelled() {
        progress.phase("a changed setting");
        m.configuration = part(configuration::run(context, server, settings).await);
    }

    let needs_load =
        ["SC-003", "SC-007", "HEALTH", "DRAIN", "STREAMS", "ERRORS", "LATENCY", "CHAT", "METRICS", "LOGS", "MEMORY"];
    if interrupted.is_cancelled() || !needs_load.iter().any(|id| options.wants(id)) {
        return Ok(());
    }
    progress.phase("people sign up");
    match context.unless_interrupted(server.start(settings)).await {
        Err(_) => return Ok(()),
        Ok(started) => started.map_err(|error| error.to_string())?,
    };
    let api = server.api().map_err(|error| error.to_string())?;
    let signing_up = accounts::sign_up(&api, options.seed, accounts_needed(&options.plan));
    match context.unless_interrupted(signing_up).await {
        Err(_) => return Ok(()),
        Ok(signed_up) => *people = signed_up?,
    }
    let [.., reader, writer] = &people[..] else {
        return Err("too few accounts".to_owned());
    };
    let talks = match context.unless_interrupted(chat::by_rules(&api, reader)).await {
        Err(_) => return Ok(()),
        Ok(talks) => talks,
    };
    let (up, is_up) = watch::channel(true);
    let shared = shared(context, http, people, options.plan.total_users(), is_up, talks);
    let preparing = Probes::prepare(&api, &context.ledger, reader.clone(), writer.clone());
    let probes = match context.unless_interrupted(preparing).await {
        Err(_) => return Ok(()),
        Ok(probes) => probes?,
    };
    let mut figures = Figures::default();

    let needs_steady = ["SC-007", "HEALTH", "ERRORS", "LATENCY", "CHAT", "METRICS", "LOGS", "MEMORY"];
    if needs_steady.iter().any(|id| options.wants(id)) {
        progress.phase("steady load");
        let result = steady::run(context, &shared, &api, &probes, &options.plan, &mut figures).await;
        let agreement = keep_steady(m, result);
        // Read before anything else happens to this server.
        if options.wants("MEMORY") && context.pause(REST).await.is_ok() {
            memory.peak_mib = server.peak_memory_mib();
            memory.after_load_mib = server.memory_mib();
            m.memory = Part::Measured(memory);
        }
        if let Some(agreement) = agreement
            && options.wants("METRICS")
            && !interrupted.is_cancelled()
        {
            progress.phase("random paths");
            m.metrics = part(metrics::run(context, &api, agreement).await);
        }
    }
    if options.wants("SC-003") && !interrupted.is_cancelled() {
        progress.phase("kills under load");
        let users = options.plan.peak_users();
        let under = kills::Under { shared: &shared, probes: &probes, users, figures: &mut figures, up: &up };
        m.kills = part(kills::run(context, server, settings, under).await);
        if m.kills.measured().is_some() && !interrupted.is_cancelled() {
            progress.phase("audit");
            m.ledger = part(audit::run(context, &api, people).await);
        }
    }
    m.load = load(&figures);
    if m.load.measured().is_some() {
        m.latency = Part::Measured(probes.results());
    }
    if options.wants("HEALTH") && !interrupted.is_cancelled() {
        progress.phase("flood");
        m.flood = part(flood::run(context, server, settings, people).await);
    }
    if (options.wants("DRAIN") || options.wants("STREAMS")) && !interrupted.is_cancelled() {
        progress.phase("drain");
        let drained = drain::run(context, server, settings, people, shared.chat.is_ok()).await;
        m.streams = match (&drained, &shared.chat) {
            (_, Err(why)) => Part::NotMeasured(why.clone()),
            (Ok((_, streams)), Ok(_)) => Part::Measured(streams.iter().cloned().collect()),
            (Err(stopped), Ok(_)) => part(Err(stopped.clone())),
        };
        m.drain = part(drained.map(|(drain, _)| drain));
    }
    Ok(())
}
