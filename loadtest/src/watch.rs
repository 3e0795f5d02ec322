//! What happened when: requests by second, announced windows, phases and samples of both processes. The users, the probe
//! and the sampler write here; the end of the run reads it. Absent on purpose: sending anything, and judging anything.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::clock::Clock;
use crate::measurements::{Errors, Happening, Phase, Replicas, Second, Served, Timeline, Window, WindowKind};

/// How many kinds of failure are told apart in words.
const EXAMPLES: usize = 10;

/// A request that had waited for so many seconds when a window opened was in trouble without it.
const STUCK: f64 = 5.0;

/// What came of one request of the load.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The expected answer.
    Answered,
    /// 429 or 503 with `Retry-After`: the server said no in the documented way. In words, like the next.
    Refused(String),
    /// Anything else, in words.
    Failed(String),
}

/// A reading of both processes; `None` where the system does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub server_memory_mib: Option<f64>,
    pub server_cores: Option<f64>,
    pub generator_cores: Option<f64>,
}

/// The load of the last seconds, for the live view.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Recent {
    pub users: u32,
    pub requests_per_second: f64,
    pub failures: u64,
    /// Of the constant-arrival probe; absent when it asked nothing.
    pub p95_ms: Option<f64>,
}

/// The notebook of a run, shared by everything that sends requests.
#[derive(Debug)]
pub struct Watch {
    pub clock: Clock,
    /// Goose users at work.
    pub users: AtomicU32,
    /// Requests of the load that wait for an answer.
    pub in_flight: AtomicI64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seconds: BTreeMap<u64, Busy>,
    windows: Vec<Open>,
    phases: Vec<Phase>,
    errors: Errors,
    /// By route and words, in the order in which they came.
    troubles: Vec<Trouble>,
    replicas: Vec<Replicas>,
    happenings: Vec<Happening>,
}

/// What went wrong outside the windows in the same way, and when: a moment's trouble looks unlike one that lasts.
#[derive(Debug)]
struct Trouble {
    what: String,
    count: u64,
    first: f64,
    last: f64,
}

/// A window that may still be open.
#[derive(Debug)]
struct Open {
    name: String,
    kind: WindowKind,
    from: f64,
    to: Option<f64>,
}

/// One second while it is being filled.
#[derive(Debug, Default)]
struct Busy {
    users: Option<u32>,
    requests: u64,
    failures: u64,
    latencies_ms: Vec<f64>,
    sample: Sample,
}

impl Watch {
    pub fn new(clock: Clock) -> Self {
        Self { clock, users: AtomicU32::new(0), in_flight: AtomicI64::new(0), inner: Mutex::default() }
    }

    /// Counts a request as under way until the guard is dropped.
    pub fn under_way(&self) -> UnderWay<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        UnderWay(self)
    }

    /// Notes a request of the load that began at `began` and ends now.
    pub fn record(&self, route: &str, began: Instant, outcome: &Outcome) {
        let (from, to) = (self.clock.at(began), self.clock.now());
        let mut inner = self.inner();
        let announced = inner.announced(from, to);
        let second = inner.second(to);
        second.requests += 1;
        if *outcome != Outcome::Answered {
            second.failures += 1;
        }
        let errors = &mut inner.errors;
        match (outcome, announced) {
            (Outcome::Answered, Some(WindowKind::Outage)) => {}
            (_, Some(WindowKind::Outage)) => errors.failed_inside_windows += 1,
            (Outcome::Answered, _) => errors.requests_outside_windows += 1,
            (Outcome::Refused(_), Some(WindowKind::Overload)) => errors.refused_in_overload += 1,
            (Outcome::Refused(what), None) => {
                errors.requests_outside_windows += 1;
                errors.refused_outside_windows += 1;
                inner.trouble(format!("{route}: {what}"), to);
            }
            (Outcome::Failed(what), _) => {
                errors.requests_outside_windows += 1;
                errors.failed_outside_windows += 1;
                inner.trouble(format!("{route}: {what}"), to);
            }
        }
    }

    /// Adds a latency of the constant-arrival probe to the current second.
    pub fn record_latency(&self, milliseconds: f64) {
        let now = self.clock.now();
        self.inner().second(now).latencies_ms.push(milliseconds);
    }

    /// Adds a reading of both processes to the current second.
    pub fn record_sample(&self, sample: Sample) {
        let now = self.clock.now();
        let users = self.users.load(Relaxed);
        let mut inner = self.inner();
        let second = inner.second(now);
        second.users = Some(users);
        second.sample = sample;
    }

    /// Adds a reading of the backend's replicas, and notes the users of that second.
    pub fn record_replicas(&self, replicas: Replicas) {
        let users = self.users.load(Relaxed);
        let mut inner = self.inner();
        inner.second(replicas.at).users = Some(users);
        inner.replicas.push(replicas);
    }

    /// Notes that something happens in the cluster just now.
    pub fn happened(&self, kind: &str, what: &str) {
        let happening = Happening { at: self.clock.now(), kind: kind.to_owned(), what: what.to_owned() };
        self.inner().happenings.push(happening);
    }

    /// Requests so far, outside the announced windows.
    pub fn served(&self) -> Served {
        let inner = self.inner();
        let errors = &inner.errors;
        Served {
            requests: errors.requests_outside_windows,
            failed: errors.failed_outside_windows + errors.refused_outside_windows,
            refused_in_overload: errors.refused_in_overload,
        }
    }

    /// The last reading of the replicas, and the last things that happened, latest last: for the live view.
    pub fn last_happenings(&self, count: usize) -> (Option<Replicas>, Vec<Happening>) {
        let inner = self.inner();
        let from = inner.happenings.len().saturating_sub(count);
        (inner.replicas.last().copied(), inner.happenings.get(from..).unwrap_or_default().to_vec())
    }

    /// Everything that happened from the `index`th happening on.
    pub fn happenings_from(&self, index: usize) -> Vec<Happening> {
        self.inner().happenings.get(index..).unwrap_or_default().to_vec()
    }

    /// The load over the last full seconds.
    pub fn recent(&self, seconds: u64) -> Recent {
        let now = self.clock.now() as u64;
        let inner = self.inner();
        let mut all = Busy::default();
        for (_, second) in inner.seconds.range(now.saturating_sub(seconds)..now) {
            all.requests += second.requests;
            all.failures += second.failures;
            all.latencies_ms.extend(&second.latencies_ms);
        }
        let over = seconds.min(now).max(1);
        Recent {
            users: self.users.load(Relaxed),
            requests_per_second: all.requests as f64 / over as f64,
            failures: all.failures,
            p95_ms: all.finished(0.0).p95_ms,
        }
    }

    /// Announces a window: from now on failures are expected. Call this before the signal is sent.
    pub fn open_window(&self, name: &str) {
        self.open(name, WindowKind::Outage);
    }

    /// Announces an overload: from now on polite refusals are expected, and no failures.
    pub fn open_overload(&self) {
        self.open("overload", WindowKind::Overload);
    }

    fn open(&self, name: &str, kind: WindowKind) {
        let from = self.clock.now();
        self.inner().windows.push(Open { name: name.to_owned(), kind, from, to: None });
    }

    /// Ends every open window.
    pub fn close_windows(&self) {
        let now = self.clock.now();
        for window in self.inner().windows.iter_mut().filter(|window| window.to.is_none()) {
            window.to = Some(now);
        }
    }

    /// Whether the stretch touches a window in which something is down on purpose.
    pub fn announced(&self, from: f64, to: f64) -> bool {
        self.inner().announced(from, to) == Some(WindowKind::Outage)
    }

    /// Names the stretch from now until the guard is dropped.
    pub fn phase(&self, name: &str) -> PhaseGuard<'_> {
        PhaseGuard { watch: self, name: name.to_owned(), from: self.clock.now() }
    }

    /// Requests and failures of the last full second, and the users: for the progress display.
    pub fn last_second(&self) -> (u64, u64, u32) {
        let last = (self.clock.now() as u64).saturating_sub(1);
        let inner = self.inner();
        let (requests, failures) = inner.seconds.get(&last).map_or((0, 0), |second| (second.requests, second.failures));
        (requests, failures, self.users.load(Relaxed))
    }

    /// Mean cores that server and generator used in the seconds that had users.
    pub fn mean_cores(&self) -> (Option<f64>, Option<f64>) {
        let inner = self.inner();
        let busy: Vec<&Busy> = inner.seconds.values().filter(|second| second.users.unwrap_or(0) > 0).collect();
        let mean = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        (
            mean(busy.iter().filter_map(|second| second.sample.server_cores).collect()),
            mean(busy.iter().filter_map(|second| second.sample.generator_cores).collect()),
        )
    }

    /// Outcomes of all requests so far.
    pub fn errors(&self) -> Errors {
        let inner = self.inner();
        Errors { examples: inner.troubles.iter().map(Trouble::told).collect(), ..inner.errors.clone() }
    }

    /// The run second by second; a window still open ends now.
    pub fn timeline(&self) -> Timeline {
        let now = self.clock.now();
        let inner = self.inner();
        Timeline {
            seconds: inner.every_second(),
            phases: inner.phases.clone(),
            windows: inner
                .windows
                .iter()
                .map(|open| Window {
                    name: open.name.clone(),
                    kind: open.kind,
                    from: open.from,
                    to: open.to.unwrap_or(now),
                })
                .collect(),
            replicas: inner.replicas.clone(),
            happenings: inner.happenings.clone(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic of one writer leaves counts that are still true.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn second(&mut self, at: f64) -> &mut Busy {
        self.seconds.entry(at as u64).or_default()
    }

    /// Adds one to its kind. Beyond so many kinds only the numbers count.
    fn trouble(&mut self, what: String, at: f64) {
        if let Some(trouble) = self.troubles.iter_mut().find(|trouble| trouble.what == what) {
            trouble.count += 1;
            trouble.last = at;
        } else if self.troubles.len() < EXAMPLES {
            self.troubles.push(Trouble { what, count: 1, first: at, last: at });
        }
    }

    /// From the first to the last that anything was noted in; nothing was noted in some between.
    fn every_second(&self) -> Vec<Second> {
        let (first, last) = (self.seconds.keys().next(), self.seconds.keys().next_back());
        let Some((first, last)) = first.zip(last) else {
            return Vec::new();
        };
        let nothing = Busy::default();
        (*first..=*last).map(|at| self.seconds.get(&at).unwrap_or(&nothing).finished(at as f64)).collect()
    }

    /// What the windows forgive that the stretch touches; the more forgiving kind where they overlap.
    fn announced(&self, from: f64, to: f64) -> Option<WindowKind> {
        let touches = |window: &&Open| window.from <= to && window.to.is_none_or(|end| end >= from);
        let touched = self.windows.iter().filter(touches).filter(|window| from >= window.from - STUCK);
        let kinds: Vec<WindowKind> = touched.map(|window| window.kind).collect();
        [WindowKind::Outage, WindowKind::Overload].into_iter().find(|kind| kinds.contains(kind))
    }
}

impl Trouble {
    fn told(&self) -> String {
        let Self { what, count, first, last } = self;
        if *count == 1 {
            format!("{what}, once, at {first:.1} s")
        } else {
            format!("{what}, {count} times from {first:.1} to {last:.1} s")
        }
    }
}

impl Busy {
    fn finished(&self, at: f64) -> Second {
        let mut sorted = self.latencies_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = |quantile: f64| {
            let index = (quantile * sorted.len() as f64).ceil() as usize;
            sorted.get(index.saturating_sub(1)).copied()
        };
        Second {
            at,
            users: self.users,
            requests: self.requests,
            failures: self.failures,
            p50_ms: rank(0.50),
            p95_ms: rank(0.95),
            p99_ms: rank(0.99),
            server_memory_mib: self.sample.server_memory_mib,
            server_cores: self.sample.server_cores,
            generator_cores: self.sample.generator_cores,
        }
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
pub struct UnderWay<'a>(&'a Watch);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

/// A phase that runs until this is dropped.
#[derive(Debug)]
pub struct PhaseGuard<'a> {
    watch: &'a Watch,
    name: String,
    from: f64,
}

impl Drop for PhaseGuard<'_> {
    fn drop(&mut self) {
        let to = self.watch.clock.now();
        let phase = Phase { name: std::mem::take(&mut self.name), from: self.from, to };
        self.watch.inner().phases.push(phase);
    }
}

#[cfg(test)]
mod tests;
