//! The constant-arrival-rate probe: requests leave on a fixed schedule whatever the server does, and are timed from the
//! moment they were due. Goose's users wait for an answer before they ask again, which hides how long a stall was; this
//! does not. Absent on purpose: limits.

mod asks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::clock::milliseconds;
use crate::measurements::RouteLatency;
use crate::watch::{Outcome, Watch};

pub use asks::{Probes, TASKS, created};

/// Upper edges of the histogram in the report, in milliseconds: six even steps per decade.
const EDGES_MS: [f64; 26] = [
    1.0, 1.5, 2.2, 3.2, 4.7, 6.8, 10.0, 15.0, 22.0, 32.0, 47.0, 68.0, 100.0, 150.0, 220.0, 320.0, 470.0, 680.0,
    1_000.0, 1_500.0, 2_200.0, 3_200.0, 4_700.0, 6_800.0, 10_000.0, 15_000.0,
];

/// What the probe asks: one request per call, which must not wait for the one before.
pub trait Ask: Send + Sync + 'static {
    /// Sends the request with this number and waits for its whole answer.
    fn ask(&self, number: u64) -> impl Future<Output = Outcome> + Send;
}

/// Latencies of one route, over all stretches in which it was probed since it began to count.
#[derive(Debug)]
pub struct Route {
    name: &'static str,
    per_second: f64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    due: u64,
    answered: u64,
    /// Microseconds.
    latencies: Histogram<u64>,
}

impl Route {
    pub fn new(name: &'static str, per_second: f64) -> Result<Self, hdrhistogram::CreationError> {
        // One microsecond to one minute, three significant digits.
        let latencies = Histogram::new_with_bounds(1, 60_000_000, 3)?;
        Ok(Self { name, per_second, inner: Mutex::new(Inner { due: 0, answered: 0, latencies }) })
    }

    /// Asks on schedule until `stop`, then waits for what is still under way.
    pub async fn run(self: Arc<Self>, ask: Arc<impl Ask>, watch: Arc<Watch>, stop: CancellationToken) {
        let period = Duration::from_secs_f64(1.0 / self.per_second);
        let mut schedule = interval_at(Instant::now() + period, period);
        // A late tick is caught up at once: the requests are due all the same.
        schedule.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut under_way = JoinSet::new();
        for number in 0.. {
            let due = tokio::select! {
                () = stop.cancelled() => break,
                due = schedule.tick() => due,
            };
            let (route, ask, watch) = (Arc::clone(&self), Arc::clone(&ask), Arc::clone(&watch));
            under_way.spawn(async move {
                let outcome = {
                    let _under_way = watch.under_way();
                    ask.ask(number).await
                };
                route.note(due, &outcome, &watch);
            });
            while under_way.try_join_next().is_some() {}
        }
        under_way.join_all().await;
    }

    fn note(&self, due: Instant, outcome: &Outcome, watch: &Watch) {
        let took = due.elapsed();
        watch.record(self.name, due.into_std(), outcome);
        if *outcome == Outcome::Answered {
            watch.record_latency(milliseconds(took));
        }
        let announced = watch.announced(watch.clock.at(due.into_std()), watch.clock.now());
        if !announced {
            self.count(took, outcome);
        }
    }

    fn count(&self, took: Duration, outcome: &Outcome) {
        let mut inner = self.inner();
        inner.due += 1;
        if *outcome == Outcome::Answered {
            inner.answered += 1;
            inner.latencies.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Begins to count anew.
    fn forget(&self) {
        let mut inner = self.inner();
        (inner.due, inner.answered) = (0, 0);
        inner.latencies.reset();
    }

    /// The figures so far.
    pub fn result(&self) -> RouteLatency {
        let inner = self.inner();
        let quantile = |quantile: f64| {
            (!inner.latencies.is_empty()).then(|| inner.latencies.value_at_quantile(quantile) as f64 / 1_000.0)
        };
        RouteLatency {
            route: self.name.to_owned(),
            rate: self.per_second,
            due: inner.due,
            answered: inner.answered,
            p50_ms: quantile(0.50),
            p90_ms: quantile(0.90),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            max_ms: quantile(1.0),
            histogram: histogram(&inner.latencies),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic of one request leaves counts that are still true.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts between the edges of the report; what is slower than the last edge belongs to the last bar.
fn histogram(latencies: &Histogram<u64>) -> Vec<(f64, u64)> {
    let mut bars: Vec<(f64, u64)> = EDGES_MS.iter().map(|edge| (*edge, 0)).collect();
    for value in latencies.iter_recorded() {
        let took = value.value_iterated_to() as f64 / 1_000.0;
        let bar = EDGES_MS.iter().position(|edge| took <= *edge).unwrap_or(EDGES_MS.len() - 1);
        if let Some((_, count)) = bars.get_mut(bar) {
            *count += value.count_at_value();
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    /// Answers at once, but the request with number 5 stops everything for a while, as a full disk queue would.
    struct Stalling {
        busy: tokio::sync::Mutex<()>,
        stop: CancellationToken,
    }

    impl Ask for Stalling {
        async fn ask(&self, number: u64) -> Outcome {
            let _alone = self.busy.lock().await;
            match number {
                5 => tokio::time::sleep(Duration::from_millis(300)).await,
                60 => self.stop.cancel(),
                _ => {}
            }
            Outcome::Answered
        }
    }

    #[tokio::test]
    async fn a_stall_is_felt_by_every_request_that_was_due_meanwhile() {
        let watch = Arc::new(Watch::new(Clock::start()));
        let route = Arc::new(Route::new("GET /api/tasks", 100.0).unwrap());
        let stop = CancellationToken::new();
        let ask = Arc::new(Stalling { busy: tokio::sync::Mutex::default(), stop: stop.clone() });
        Arc::clone(&route).run(ask, watch, stop).await;

        let result = route.result();
        assert_eq!(result.due, result.answered);
        // Thirty requests were due while the server stood still, and twenty of them more than 100 ms before its end.
        // A closed loop would have sent one, and would call the other requests fast.
        let slow: u64 = result.histogram.iter().filter(|(edge, _)| *edge > 100.0).map(|(_, count)| count).sum();
        assert!(slow >= 15, "{result:?}");
        assert!(result.max_ms.unwrap() >= 299.0, "{result:?}");
        assert_eq!(result.histogram.iter().map(|(_, count)| count).sum::<u64>(), result.answered);
    }

    #[tokio::test]
    async fn what_was_forgotten_is_in_no_figure() {
        let watch = Watch::new(Clock::start());
        let route = Route::new("GET /api/tasks", 100.0).unwrap();
        for _ in 0..3 {
            route.note(Instant::now(), &Outcome::Answered, &watch);
        }
        route.forget();
        route.note(Instant::now(), &Outcome::Answered, &watch);
        let result = route.result();
        assert_eq!((result.due, result.answered), (1, 1));
        assert_eq!(result.histogram.iter().map(|(_, count)| count).sum::<u64>(), 1);
    }

    #[tokio::test]
    async fn an_overload_leaves_no_arrival_out() {
        let watch = Watch::new(Clock::start());
        let route = Route::new("GET /api/tasks", 100.0).unwrap();
        watch.open_overload();
        route.note(Instant::now(), &Outcome::Refused("503".to_owned()), &watch);
        assert_eq!((route.result().due, route.result().answered), (1, 0));
    }

    #[tokio::test]
    async fn arrivals_inside_an_announced_window_are_left_out() {
        let watch = Watch::new(Clock::start());
        let route = Route::new("GET /api/tasks", 100.0).unwrap();
        watch.open_window("kill 1");
        route.note(Instant::now(), &Outcome::Failed("connection refused".to_owned()), &watch);
        watch.close_windows();
        assert_eq!((route.result().due, route.result().answered), (0, 0));
    }
}
