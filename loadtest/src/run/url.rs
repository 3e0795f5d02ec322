//! The run against a server that somebody else started: loaded and measured from outside, never broken. Absent on
//! purpose: everything that needs its process, which is reported as not measured with the reason.

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use tokio::sync::watch;
use url::Url;

use super::{accounts_needed, identify, keep_steady, load, shared};
use crate::accounts::{self, Account};
use crate::api::{self, Api, Call};
use crate::arguments::Options;
use crate::chat;
use crate::load::Figures;
use crate::measurements::{Measurements, Part};
use crate::phases::{Context, audit, metrics, part, steady};
use crate::probe::Probes;

/// Fills the measurements; the error means that there was nothing to measure.
pub(super) async fn measure(
    options: &Options,
    url: &Url,
    context: &Context,
    m: &mut Measurements,
) -> Result<(), String> {
    leave_alone(m);
    let http =
        api::http_client(usize::MAX).map_err(|error| format!("no HTTP client can be built: {}", api::cause(&error)))?;
    let api = Api::new(http.clone(), url);
    match api.send(&Call::get("/ready")).await {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) => return Err(format!("{url} is not ready: GET /ready answered {}", answer.status)),
        Err(error) => return Err(format!("{url} cannot be reached: {}", api::cause(&error))),
    }
    identify(&api, m).await;
    m.environment.database = "unknown: the server was already running".to_owned();
    m.environment.profile = "unknown".to_owned();

    context.progress.phase("people sign up");
    let signing_up = accounts::sign_up(&api, options.seed, accounts_needed(&options.plan));
    let people = match context.unless_interrupted(signing_up).await {
        Err(_) => return Ok(()),
        Ok(people) => people?,
    };
    let result = loaded(options, context, m, &http, &api, &people).await;
    context.progress.phase("the accounts of this run are deleted");
    delete(&api, &people).await;
    result
}

async fn loaded(
    options: &Options,
    context: &Context,
    m: &mut Measurements,
    http: &reqwest::Client,
    api: &Api,
    people: &[Account],
) -> Result<(), String> {
    let [.., reader, writer] = people else {
        return Err("too few accounts".to_owned());
    };
    let (_up, is_up) = watch::channel(true);
    let talks = chat::by_rules(api, reader).await;
    let shared = shared(context, http, people, options.plan.total_users(), is_up, talks);
    let probes = Probes::prepare(api, &context.ledger, reader.clone(), writer.clone()).await?;
    let mut figures = Figures::default();
    context.progress.phase("steady load");
    let result = steady::run(context, &shared, api, &probes, &options.plan, &mut figures).await;
    m.load = load(&figures);
    m.latency = Part::Measured(probes.results());
    let agreement = keep_steady(m, result);
    if let Some(agreement) = agreement
        && !context.interrupted.is_cancelled()
    {
        context.progress.phase("random paths");
        m.metrics = part(metrics::run(context, api, agreement).await);
        context.progress.phase("audit");
        m.ledger = part(audit::run(context, api, people).await);
    }
    Ok(())
}

/// Why parts of the verdict stay open.
fn leave_alone(m: &mut Measurements) {
    fn open<T>(part: &mut Part<T>, why: &str) {
        *part = Part::NotMeasured(why.to_owned());
    }
    open(&mut m.kills, "A server named by --url is not killed.");
    open(&mut m.configuration, "A server named by --url is not restarted.");
    open(&mut m.flood, "A server named by --url is not flooded: its limits are not known.");
    open(&mut m.drain, "A server named by --url is not stopped.");
    open(&mut m.streams, "A server named by --url is not stopped.");
    open(&mut m.logs, "The output of a server named by --url is not at hand.");
    open(&mut m.start, "A server named by --url is already running.");
    open(&mut m.memory, "The process of a server named by --url is not at hand.");
}

/// Leaves nothing of ours in somebody's database, also after Ctrl-C.
pub(super) async fn delete(api: &Api, people: &[Account]) {
    stream::iter(people)
        .for_each_concurrent(4, |account| async move {
            // An account that cannot be deleted is an empty list under an address of example.com.
            let _ = api.send(&Call::new(Method::DELETE, "/api/me").token(&account.token)).await;
        })
        .await;
}
