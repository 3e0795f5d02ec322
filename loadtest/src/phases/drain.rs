//! DRAIN: SIGTERM under load. Every request on an accepted connection must be answered, and the process must end by itself
//! with code 0 within its grace period. STREAMS: so must every stream that somebody listens to. Absent on purpose: goose, which cannot
//! tell a refused connection from a lost answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::streams::{Listeners, Manner};
use super::{Context, Stopped};
use crate::accounts::{Account, password};
use crate::api::{Answer, Api, Call, cause};
use crate::measurements::{Drain, Streams};
use crate::target::local::Local;
use crate::target::settings::{GRACE_SECONDS, Settings};

/// Clients that ask without a pause, so that as many requests are always under way.
const CLIENTS: usize = 12;
/// People who listen to one stream after the other.
const LISTENERS: usize = 6;
/// Streams before the signal, a little above what the judge asks for, and how long a slow machine is given for them.
const STREAMS: u64 = 40;
const STREAMS_WITHIN: Duration = Duration::from_secs(10);
/// Load before the signal.
const BEFORE: Duration = Duration::from_millis(1_500);
/// How long the server goes on serving after the signal, as it does in a cluster while endpoints are updated.
const KEEP_SERVING: u32 = 1;
/// Clients that are still asking this long after the signal are stopped: the server should have ended long before.
const PATIENCE: Duration = Duration::from_secs(GRACE_SECONDS as u64 + KEEP_SERVING as u64 + 5);
const EXAMPLES: usize = 10;

#[derive(Debug, Default)]
struct Counts {
    in_flight: AtomicU64,
    accepted: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    examples: Mutex<Vec<String>>,
}

/// Restarts the server, loads it, sends SIGTERM and waits for its end. Without `listening` nobody talks to it.
pub async fn run(
    context: &Context,
    server: &mut Local,
    settings: &Settings,
    accounts: &[Account],
    listening: bool,
) -> Result<(Drain, Option<Streams>), Stopped> {
    let _phase = context.watch.phase("drain");
    let settings = settings.with("SHUTDOWN_DELAY_SECONDS", KEEP_SERVING.to_string());
    context.unless_interrupted(server.start(&settings)).await??;
    let api = server.api()?;
    let (counts, stop) = (Arc::new(Counts::default()), CancellationToken::new());
    let mut clients = JoinSet::new();
    for (number, account) in accounts.iter().cycle().take(CLIENTS).enumerate() {
        // The password is right, and costs the server some 20 ms: something is always half done when the signal comes.
        let credentials = json!({ "email": account.email, "password": password(context.seed) });
        let client = Client { api: api.clone(), account: account.clone(), credentials, number };
        clients.spawn(client.ask(Arc::clone(&counts), stop.clone()));
    }
    let manner = Manner { listeners: LISTENERS, pause: Duration::ZERO, one_server: true, watch: None };
    let listeners = listening.then(|| Listeners::start(&api, accounts, &manner));
    context.pause(BEFORE).await?;
    if let Some(listeners) = &listeners {
        context.unless_interrupted(listeners.at_least(STREAMS, STREAMS_WITHIN)).await?;
    }

    context.watch.open_window("drain");
    let (in_flight, open) = (counts.in_flight.load(Relaxed), listeners.as_ref().map(Listeners::open));
    let signal = Instant::now();
    server.terminate()?;
    let ended = context.unless_interrupted(server.ended(PATIENCE)).await;
    let ended_after = signal.elapsed();
    stop.cancel();
    clients.join_all().await;
    let streams = match listeners {
        Some(listeners) => Some(listeners.end("SIGTERM", open).await),
        None => None,
    };
    context.watch.close_windows();
    let ended = ended??;
    let drain = Drain {
        in_flight,
        accepted: counts.accepted.load(Relaxed),
        answered: counts.answered.load(Relaxed),
        refused_connections: counts.refused.load(Relaxed),
        exit_code: ended.and_then(|ended| ended.code),
        ended_after_seconds: ended.map(|_| ended_after.as_secs_f64()),
        grace_seconds: f64::from(GRACE_SECONDS + KEEP_SERVING),
        examples: counts.examples.lock().await.clone(),
    };
    Ok((drain, streams))
}

/// One client with its own mixture of quick and slow requests.
struct Client {
    api: Api,
    account: Account,
    credentials: serde_json::Value,
    number: usize,
}

impl Client {
    /// Asks until the server refuses connections.
    async fn ask(self, counts: Arc<Counts>, stop: CancellationToken) {
        for turn in self.number.. {
            if stop.is_cancelled() {
                break;
            }
            counts.in_flight.fetch_add(1, Relaxed);
            let result = self.request(turn).await;
            counts.in_flight.fetch_sub(1, Relaxed);
            match result {
                // The listener is closed: nothing was accepted, and a client would try another replica.
                Err(error) if error.is_connect() => {
                    counts.refused.fetch_add(1, Relaxed);
                    break;
                }
                Ok(answer) if answer.status < 500 => {
                    counts.accepted.fetch_add(1, Relaxed);
                    counts.answered.fetch_add(1, Relaxed);
                }
                other => {
                    counts.accepted.fetch_add(1, Relaxed);
                    let what = other.map_or_else(|error| cause(&error), |answer| format!("status {}", answer.status));
                    let mut examples = counts.examples.lock().await;
                    if examples.len() < EXAMPLES {
                        examples.push(format!("request {turn} of client {}: {what}", self.number));
                    }
                }
            }
        }
    }

    async fn request(&self, turn: usize) -> Result<Answer, reqwest::Error> {
        let token = &self.account.token;
        match turn % 3 {
            0 => self.api.send(&Call::post("/api/auth/login", &self.credentials)).await,
            1 => self.api.send(&Call::post("/api/tasks", &json!({ "title": "drain" })).token(token)).await,
            _ => self.api.send(&Call::get("/api/tasks?limit=20").template("/api/tasks").token(token)).await,
        }
    }
}
