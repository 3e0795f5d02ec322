//! Runs the server: schema, background work, serving, and the end of all of it in the right order.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use futures_util::FutureExt as _;
use metrics::gauge;
use telemetry::{
    names,
    probes::{Latch, Readiness},
    serve::Grace,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{self, AppState},
    assistant::model::ModelError,
    config::Config,
    database::{Database, MigrationError},
    limits, probes, sweep, tasks,
};

/// How long the end waits for connections to the database; what still hangs then ends with the process, after the logs.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the server ended without being told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// `LISTEN_ADDR`.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The schema does not fit and waiting does not help.
    #[error("the database {place} cannot be used")]
    Schema {
        /// Its file, or its server and name.
        place: String,
        /// What does not fit.
        source: MigrationError,
    },
    /// No client for the model can be made, most likely because there are no CA certificates.
    #[error("OPENAI_BASE_URL cannot be used")]
    Model(#[source] ModelError),
    /// Serving failed.
    #[error("serving failed")]
    Serve(#[source] io::Error),
    /// What keeps the schema, the database's status or the counts panicked; serving on would serve old truths.
    #[error("background work ended")]
    Background(#[source] tokio::task::JoinError),
}

/// Serves on `listener` until `stop`, then drains, closes the database and returns.
pub async fn run(config: Config, listener: TcpListener, stop: CancellationToken) -> Result<(), RunError> {
    run_wrapped(config, listener, stop, |router| router).await
}

pub(crate) async fn run_wrapped(
    config: Config,
    listener: TcpListener,
    stop: CancellationToken,
    wrap: impl FnOnce(Router) -> Router,
) -> Result<(), RunError> {
    telemetry::metrics::recorder();
    telemetry::metrics::create_counters(names::Servers::Backend);
    gauge!(names::DEPENDENCY_UP, "dependency" => "database").set(0.0);
    let readiness = Readiness::new();
    let latch = probes::schema_latch(&readiness);
    let state = AppState::new(&config, readiness.clone()).map_err(RunError::Model)?;
    let (database, assistant) = (state.database.clone(), state.assistant.clone());

    // Background work outlives the serving: what is drained may still need it, and it ends before the pool closes.
    let background_stop = CancellationToken::new();
    let mut background = JoinSet::new();
    background.spawn(limits::forget_idle(state.limits.clone(), background_stop.clone()));
    let preparing = tokio::spawn(prepare(database.clone(), latch, background_stop.clone(), stop.clone()));

    let ending = end_turns(state.assistant.stopping(), stop.clone(), config.grace);
    background.spawn(background_stop.clone().run_until_cancelled_owned(ending).map(drop));
    let router = wrap(app::router(state));
    let served = telemetry::serve::serve(listener, router, readiness, stop, config.grace).await;

    // A turn whose client has left is no connection, and has an answer to keep.
    assistant.stopping().cancel();
    assistant.ended(CLOSE_TIMEOUT).await;
    background_stop.cancel();
    background.join_all().await;
    let prepared = preparing.await;
    if tokio::time::timeout(CLOSE_TIMEOUT, database.close()).await.is_err() {
        tracing::warn!("the database's connections did not close in time");
    }
    served.map_err(RunError::Serve)?;
    prepared.map_err(RunError::Background)?.map_err(|source| RunError::Schema { place: database.place(), source })
}

/// Tells the assistant's turns that are still under way to end, in time to keep and send what was said before the drain is
/// over.
async fn end_turns(turns: CancellationToken, stop: CancellationToken, grace: Grace) {
    const TIME_TO_KEEP: Duration = Duration::from_secs(3);
    stop.cancelled().await;
    tokio::time::sleep(grace.keep_serving + grace.drain.saturating_sub(TIME_TO_KEEP)).await;
    turns.cancel();
}

/// Brings the schema up to date, waiting for the database as long as it takes, and then does what needs the schema. When
/// it ends by itself, for a schema that cannot be used or by a panic, the server stops.
async fn prepare(
    database: Database,
    latch: Latch,
    background_stop: CancellationToken,
    stop_serving: CancellationToken,
) -> Result<(), MigrationError> {
    const FIRST_PAUSE: Duration = Duration::from_millis(100);
    const LONGEST_PAUSE: Duration = Duration::from_secs(5);
    let _stops_serving = stop_serving.drop_guard();
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(outcome) = background_stop.run_until_cancelled(database.migrate()).await else {
            return Ok(());
        };
        match outcome {
            Ok(()) => break,
            Err(MigrationError::Unreachable(error)) => {
                let wait_ms = pause.as_millis() as u64;
                tracing::warn!(
                    error.message = %error,
                    wait_ms,
                    "the database {} cannot be reached yet",
                    database.place()
                );
                if background_stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return Ok(());
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(refused) => return Err(refused),
        }
    }
    latch.release();
    let mut work = JoinSet::new();
    work.spawn(database.clone().watch(background_stop.clone()));
    work.spawn(count_open_tasks(database.clone(), background_stop.clone()));
    work.spawn(sweep::sweep(database, background_stop));
    work.join_all().await;
    Ok(())
}

/// Keeps `todos_open`. One query per half minute, whatever the load.
async fn count_open_tasks(database: Database, stop: CancellationToken) {
    const PAUSE: Duration = Duration::from_secs(30);
    loop {
        match stop.run_until_cancelled(tasks::count_open(&database)).await {
            Some(Ok(open)) => gauge!(names::TODOS_OPEN).set(open as f64),
            Some(Err(error)) => tracing::warn!(error.message = %error, "open tasks could not be counted"),
            None => return,
        }
        if stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
            return;
        }
    }
}
