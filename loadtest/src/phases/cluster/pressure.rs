//! Open-loop pressure for the autoscaler: requests leave at a rate that does not depend on the answers, so that the same load
//! is offered to few replicas and to many. What cannot be sent because too many are waiting is left out, so that the queue
//! in front of too few replicas stays short. The requests are log-ins: a password costs the backend some 20 ms of processor
//! time on purpose, and next to nothing the database, the wire and us, who share the processors of a small node with it.
//! Absent on purpose: latencies, which the probe measures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::accounts::{self, Account};
use crate::api::{Api, Call, cause};
use crate::watch::{Outcome, Watch};

const TICK: Duration = Duration::from_millis(5);
/// Log-ins that wait for an answer at once: enough to saturate a few small pods, and far fewer than one of them lets wait.
const WAITING: usize = 16;

/// Pressure that goes on until it is stopped.
#[derive(Debug)]
pub struct Pressure {
    /// Requests per second, in thousandths, or `UNLIMITED`.
    rate: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

const UNLIMITED: u64 = u64::MAX;

impl Pressure {
    /// Gets ready; nothing is sent until a rate is offered.
    pub fn start(api: &Api, account: &Account, seed: u64, watch: &Arc<Watch>, stop: &CancellationToken) -> Self {
        let (rate, answered) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let stop = stop.child_token();
        let sender = Arc::new(Sender {
            api: api.clone(),
            credentials: json!({ "email": account.email, "password": accounts::password(seed) }),
            watch: Arc::clone(watch),
            answered: Arc::clone(&answered),
            waiting: AtomicUsize::new(0),
        });
        let running = tokio::spawn(press(sender, Arc::clone(&rate), stop.clone()));
        Self { rate, answered, stop, running }
    }

    /// From now on so many requests per second.
    pub fn offer(&self, per_second: f64) {
        self.rate.store((per_second * 1_000.0) as u64, Relaxed);
    }

    /// From now on as many as are answered.
    pub fn unlimited(&self) {
        self.rate.store(UNLIMITED, Relaxed);
    }

    /// Answers so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Relaxed)
    }

    /// Ends the pressure and waits for the last answers.
    pub async fn end(self) {
        self.stop.cancel();
        // Only fails when the runtime ends.
        let _ = self.running.await;
    }
}

struct Sender {
    api: Api,
    credentials: Value,
    watch: Arc<Watch>,
    answered: Arc<AtomicU64>,
    waiting: AtomicUsize,
}

async fn press(sender: Arc<Sender>, rate: Arc<AtomicU64>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    let (mut due, mut last) = (0.0_f64, Instant::now());
    while !stop.is_cancelled() {
        ticks.tick().await;
        let passed = last.elapsed().as_secs_f64();
        last = Instant::now();
        let free = WAITING.saturating_sub(sender.waiting.load(Relaxed));
        let count = match rate.load(Relaxed) {
            UNLIMITED => free,
            thousandths => {
                due += thousandths as f64 / 1_000.0 * passed;
                let whole = due.floor();
                due -= whole;
                // What does not fit is left out for good: the rate must not rise because of a stall before.
                (whole as usize).min(free)
            }
        };
        for _ in 0..count {
            sender.waiting.fetch_add(1, Relaxed);
            under_way.spawn(Arc::clone(&sender).ask());
        }
        while under_way.try_join_next().is_some() {}
    }
    under_way.join_all().await;
}

impl Sender {
    /// One log-in on a connection of its own: a Service balances connections, so new pods have their share at once.
    async fn ask(self: Arc<Self>) {
        let began = Instant::now();
        let call = Call::post("/api/auth/login", &self.credentials).headers(&[("connection", "close")]);
        let answer = {
            let _under_way = self.watch.under_way();
            self.api.send(&call).await
        };
        let outcome = match answer {
            Ok(answer) if answer.status == 200 => Outcome::Answered,
            Ok(answer) if answer.refused() => Outcome::Refused(answer.told()),
            Ok(answer) => Outcome::Failed(format!("pressure: {}", answer.told())),
            Err(error) => Outcome::Failed(format!("pressure: {}", cause(&error))),
        };
        self.waiting.fetch_sub(1, Relaxed);
        if outcome == Outcome::Answered {
            self.answered.fetch_add(1, Relaxed);
        }
        self.watch.record("POST /api/auth/login", began, &outcome);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::api::http_client;
    use crate::clock::Clock;

    /// A server that answers everything after this pause.
    async fn server(pause: Duration) -> Api {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let _ = connection.read(&mut [0; 4_096]).await;
                    tokio::time::sleep(pause).await;
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                    let _ = connection.write_all(answer.as_bytes()).await;
                });
            }
        });
        Api::new(http_client(0).unwrap(), &base)
    }

    #[tokio::test]
    async fn the_rate_is_kept_and_a_slow_server_has_a_bounded_queue() {
        let account = Account { index: 0, email: String::new(), token: String::new() };
        let watch = Arc::new(Watch::new(Clock::start()));
        let pressure = Pressure::start(&server(Duration::ZERO).await, &account, 1, &watch, &CancellationToken::new());
        pressure.offer(100.0);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let before = pressure.answered();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let answered = pressure.answered() - before;
        assert!((30..=130).contains(&answered), "{answered}");
        pressure.end().await;

        let slow = server(Duration::from_secs(1)).await;
        let pressure = Pressure::start(&slow, &account, 1, &watch, &CancellationToken::new());
        pressure.unlimited();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(watch.in_flight.load(Relaxed) > 0);
        assert!(watch.in_flight.load(Relaxed) <= i64::try_from(WAITING).unwrap());
        pressure.end().await;
        assert_eq!(watch.errors().failed_outside_windows, 0, "{:?}", watch.errors().examples);
    }
}
