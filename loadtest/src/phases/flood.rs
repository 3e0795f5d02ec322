//! HEALTH, second half: far more requests at once than the server admits. Those beyond the limit must be refused at once
//! with `Retry-After`, and the probes must answer all the while. Absent on purpose: goose; nobody waits politely here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::asking::keep_asking;
use super::{Context, Stopped};
use crate::accounts::{Account, password};
use crate::api::{Answer, Api, Call};
use crate::measurements::Flood;
use crate::target::local::Local;
use crate::target::settings::Settings;

/// `MAX_CONCURRENT_REQUESTS` of the flooded server. Small, because the flood comes from the same two cores.
const LIMIT: usize = 8;
const CLIENTS: usize = 16 * LIMIT;
const LASTS: Duration = Duration::from_secs(4);
/// A refused client comes back after this time. `Retry-After` asks for more, but a flood does not listen.
const BACK_AFTER: Duration = Duration::from_millis(100);
const PROBE_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    served: AtomicU64,
    refused: AtomicU64,
    without_retry_after: AtomicU64,
    other: AtomicU64,
}

/// Restarts the server with its real limits and floods it.
pub async fn run(
    context: &Context,
    server: &mut Local,
    settings: &Settings,
    accounts: &[Account],
) -> Result<Flood, Stopped> {
    let _phase = context.watch.phase("flood");
    let settings = settings
        .without("REQUESTS_PER_MINUTE")
        .without("LOGINS_PER_MINUTE")
        .with("MAX_CONCURRENT_REQUESTS", LIMIT.to_string());
    context.unless_interrupted(server.start(&settings)).await??;
    let api = server.api()?;
    let (counts, stop) = (Arc::new(Counts::default()), CancellationToken::new());
    let mut flood = JoinSet::new();
    for (number, account) in accounts.iter().cycle().take(CLIENTS).enumerate() {
        flood.spawn(ask(api.clone(), account.clone(), context.seed, number, Arc::clone(&counts), stop.clone()));
    }
    let probes = tokio::spawn({
        let (api, stop) = (api.clone(), stop.clone());
        async move {
            let ask = |path| keep_asking(api.clone(), path, PROBE_EVERY, stop.clone());
            let (health, ready, metrics) = tokio::join!(ask("/health"), ask("/ready"), ask("/metrics"));
            vec![health, ready, metrics]
        }
    });
    let lasted = context.pause(LASTS).await;
    stop.cancel();
    flood.join_all().await;
    let probes = probes.await.map_err(|error| Stopped::Broken(error.to_string()))?;
    lasted?;
    Ok(Flood {
        limit: LIMIT as u64,
        offered: CLIENTS as u64,
        sent: counts.sent.load(Relaxed),
        served: counts.served.load(Relaxed),
        refused: counts.refused.load(Relaxed),
        without_retry_after: counts.without_retry_after.load(Relaxed),
        other: counts.other.load(Relaxed),
        probes,
    })
}

async fn ask(api: Api, account: Account, seed: u64, number: usize, counts: Arc<Counts>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        counts.sent.fetch_add(1, Relaxed);
        match request(&api, &account, seed, number).await {
            Ok(answer) if matches!(answer.status, 503 | 429) => {
                counts.refused.fetch_add(1, Relaxed);
                if answer.header("retry-after").is_none() {
                    counts.without_retry_after.fetch_add(1, Relaxed);
                }
                tokio::time::sleep(BACK_AFTER).await;
            }
            Ok(answer) if answer.status < 400 => {
                counts.served.fetch_add(1, Relaxed);
            }
            _ => {
                counts.other.fetch_add(1, Relaxed);
                tokio::time::sleep(BACK_AFTER).await;
            }
        }
    }
}

async fn request(api: &Api, account: &Account, seed: u64, number: usize) -> Result<Answer, reqwest::Error> {
    match number % 4 {
        0 => {
            let body = json!({ "email": account.email, "password": password(seed) });
            api.send(&Call::post("/api/auth/login", &body)).await
        }
        1 => api.send(&Call::post("/api/tasks", &json!({ "title": "flood" })).token(&account.token)).await,
        _ => api.send(&Call::get("/api/tasks").token(&account.token)).await,
    }
}
