//! What the backend's pods say while their database is away: each is asked by its own address. Absent on purpose: taking
//! the database away (`outage`).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::accounts::Account;
use crate::api::{Answer, Call};
use crate::measurements::Outage;
use crate::phases::Context;
use crate::target::cluster::direct::Direct;
use crate::target::cluster::{Cluster, Component};

/// `/health` and `/ready` answer within this, whatever the database does.
const PROBE_WITHIN: Duration = Duration::from_secs(3);
const PROBE_EVERY: Duration = Duration::from_millis(250);
const ASK_EVERY: Duration = Duration::from_millis(500);
/// An end, should nothing happen.
const AT_MOST: Duration = Duration::from_secs(120);
const EXAMPLES: usize = 5;

#[derive(Debug, Default)]
struct Notes {
    unready: BTreeSet<String>,
    outage: Outage,
}

/// Asks until every pod has said that it is not ready, the Service has no endpoint left, and `hold` has passed; or until
/// Ctrl-C. Fills what the pods say; restarts, duration and recovery are for whoever took the database away.
pub async fn observe(
    context: &Context,
    cluster: &Cluster,
    backends: &[Direct],
    account: &Account,
    hold: Duration,
) -> Outage {
    let (notes, began, over) = (Mutex::new(Notes::default()), Instant::now(), CancellationToken::new());
    let ending = async {
        let seen = || {
            let outage = &lock(&notes).outage;
            outage.unready_seconds.is_some() && outage.endpoints_removed_seconds.is_some()
        };
        while !context.interrupted.is_cancelled() && began.elapsed() < AT_MOST && !(began.elapsed() >= hold && seen()) {
            tokio::time::sleep(PROBE_EVERY).await;
        }
        over.cancel();
    };
    let probing = join_all(backends.iter().map(|backend| probe(backend, backends.len(), &notes, began, &over)));
    let asking = join_all(backends.iter().map(|backend| ask(backend, account, &notes, &over)));
    tokio::join!(ending, probing, asking, watch_endpoints(cluster, &notes, began, &over));
    notes.into_inner().unwrap_or_else(PoisonError::into_inner).outage
}

/// Asks one pod's `/ready` and `/health`.
async fn probe(backend: &Direct, pods: usize, notes: &Mutex<Notes>, began: Instant, over: &CancellationToken) {
    while !over.is_cancelled() {
        let (ready, health) = (Call::get("/ready"), Call::get("/health"));
        let (ready, health) = tokio::join!(in_time(backend, &ready), in_time(backend, &health));
        {
            let mut notes = lock(notes);
            let new = ready.is_ok_and(|answer| says_unready(&answer)) && notes.unready.insert(backend.pod.clone());
            if new && notes.unready.len() == pods {
                notes.outage.unready_seconds = Some(began.elapsed().as_secs_f64());
            }
            notes.outage.health_asked += 1;
            match health {
                Ok(answer) if answer.status == 200 => notes.outage.health_answered += 1,
                Ok(answer) => notes.example(format!("/health of {} answered {}", backend.pod, answer.status)),
                Err(what) => notes.example(format!("/health of {}: {what}", backend.pod)),
            }
        }
        tokio::time::sleep(PROBE_EVERY).await;
    }
}

/// Asks one pod for tasks, once it knows that the database is away.
async fn ask(backend: &Direct, account: &Account, notes: &Mutex<Notes>, over: &CancellationToken) {
    while !over.is_cancelled() {
        if lock(notes).unready.contains(&backend.pod) {
            let call = Call::get("/api/tasks").token(&account.token);
            let answer = backend.ask(&call).await;
            let mut notes = lock(notes);
            notes.outage.asked += 1;
            match answer {
                Ok(answer) if explains(&answer) => notes.outage.explained += 1,
                Ok(answer) => {
                    let kind = answer.header("content-type").unwrap_or("no content type").to_owned();
                    notes.example(format!("GET /api/tasks of {} answered {} as {kind}", backend.pod, answer.status));
                }
                Err(what) => notes.example(format!("GET /api/tasks of {}: {what}", backend.pod)),
            }
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

async fn watch_endpoints(cluster: &Cluster, notes: &Mutex<Notes>, began: Instant, over: &CancellationToken) {
    while !over.is_cancelled() {
        if let Ok(endpoints) = cluster.ready_endpoints(Component::Backend).await
            && endpoints.is_empty()
        {
            lock(notes).outage.endpoints_removed_seconds = Some(began.elapsed().as_secs_f64());
            return;
        }
        tokio::time::sleep(PROBE_EVERY).await;
    }
}

async fn in_time(backend: &Direct, call: &Call<'_>) -> Result<Answer, String> {
    let answer = tokio::time::timeout(PROBE_WITHIN, backend.ask(call)).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PROBE_WITHIN.as_secs())))
}

fn says_unready(answer: &Answer) -> bool {
    answer.status == 503 && answer.json()["status"] == "unhealthy"
}

/// Whether a request without a database was answered as it should be.
fn explains(answer: &Answer) -> bool {
    let problem = answer.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"));
    answer.status == 503 && problem && answer.json()["status"] == 503
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notes {
    fn example(&mut self, what: String) {
        if self.outage.examples.len() < EXAMPLES {
            self.outage.examples.push(what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &str, body: &str) -> Answer {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn only_a_problem_with_503_explains_a_missing_database() {
        let problem = "application/problem+json";
        assert!(explains(&answer(503, problem, r#"{"status":503}"#)));
        assert!(!explains(&answer(500, problem, r#"{"status":500}"#)));
        assert!(!explains(&answer(503, "text/plain", "no")));
    }

    #[test]
    fn a_503_of_somebody_else_is_not_the_pods_word() {
        assert!(says_unready(&answer(503, "application/json", r#"{"status":"unhealthy"}"#)));
        assert!(!says_unready(&answer(503, "text/plain", "upstream")));
        assert!(!says_unready(&answer(200, "application/json", r#"{"status":"unhealthy"}"#)));
    }
}
