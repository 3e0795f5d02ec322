//! The circuit breaker: after some failed rounds in a row nobody waits for the model for a while; then one caller tries.
//! A pure state machine behind a lock. Absent on purpose: a clock (times are passed in) and any knowledge of HTTP.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Shared by all clones of a client.
#[derive(Clone, Debug)]
pub(super) struct Breaker(Arc<Mutex<Circuit>>);

#[derive(Debug)]
struct Circuit {
    failures_to_open: u32,
    rest: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Everybody passes.
    Closed { failures: u32 },
    /// Nobody passes before that moment, and one caller after it.
    Open { until: Instant },
    /// That caller is on the way.
    Trial,
}

/// The right to one round. Dropping it without a report, as a cancelled round does, proves nothing.
#[derive(Debug)]
pub(super) struct Permit {
    breaker: Breaker,
    /// Since when, for the one whose outcome decides about an open circuit.
    trial: Option<Instant>,
    reported: bool,
}

impl Breaker {
    pub(super) fn new(failures_to_open: u32, rest: Duration) -> Self {
        let state = State::Closed { failures: 0 };
        Self(Arc::new(Mutex::new(Circuit { failures_to_open: failures_to_open.max(1), rest, state })))
    }

    /// `None` while the circuit is open.
    pub(super) fn admit(&self, now: Instant) -> Option<Permit> {
        let mut circuit = self.lock();
        let trial = match circuit.state {
            State::Closed { .. } => None,
            State::Open { until } if now >= until => Some(now),
            State::Open { .. } | State::Trial => return None,
        };
        if trial.is_some() {
            circuit.state = State::Trial;
        }
        Some(Permit { breaker: self.clone(), trial, reported: false })
    }

    /// Every state is whole between two lines of this file, so one caller's panic does not concern the others.
    fn lock(&self) -> MutexGuard<'_, Circuit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The server is there.
    pub(super) fn succeeded(mut self) {
        self.reported = true;
        let mut circuit = self.breaker.lock();
        // Who began before the circuit opened says nothing about now.
        if self.trial.is_some() || matches!(circuit.state, State::Closed { .. }) {
            circuit.state = State::Closed { failures: 0 };
        }
    }

    /// The server is not there. Whether this opened the circuit.
    pub(super) fn failed(mut self, now: Instant) -> bool {
        self.reported = true;
        let mut circuit = self.breaker.lock();
        let failures = match circuit.state {
            State::Closed { failures } => failures.saturating_add(1),
            State::Trial if self.trial.is_some() => circuit.failures_to_open,
            State::Trial | State::Open { .. } => return false,
        };
        let opens = failures >= circuit.failures_to_open;
        circuit.state = if opens { State::Open { until: now + circuit.rest } } else { State::Closed { failures } };
        opens
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let (Some(since), false) = (self.trial, self.reported) {
            // The next caller tries instead.
            self.breaker.lock().state = State::Open { until: since };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(30);

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new(3, REST);
        for turn in 1..=3 {
            assert_eq!(breaker.admit(now).unwrap().failed(now), turn == 3, "failure {turn}");
        }
        breaker
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let (breaker, now) = (Breaker::new(3, REST), Instant::now());
        for _ in 0..5 {
            breaker.admit(now).unwrap().failed(now);
            breaker.admit(now).unwrap().failed(now);
            breaker.admit(now).unwrap().succeeded();
        }
        assert!(breaker.admit(now).is_some());
        assert!(opened(now).admit(now).is_none());
    }

    #[test]
    fn stays_open_until_its_rest_is_over_and_then_lets_one_caller_through() {
        let now = Instant::now();
        let breaker = opened(now);
        assert!(breaker.admit(now + REST - Duration::from_nanos(1)).is_none());
        let trial = breaker.admit(now + REST).unwrap();
        assert!(breaker.clone().admit(now + REST * 9).is_none());
        trial.succeeded();
        assert!(breaker.admit(now + REST).is_some());
        assert_eq!(breaker.lock().state, State::Closed { failures: 0 });
    }

    #[test]
    fn opens_again_after_one_failed_trial() {
        let now = Instant::now();
        let breaker = opened(now);
        assert!(breaker.admit(now + REST).unwrap().failed(now + REST));
        assert!(breaker.admit(now + REST * 2 - Duration::from_nanos(1)).is_none());
        assert!(breaker.admit(now + REST * 2).is_some());
    }

    #[test]
    fn a_cancelled_trial_leaves_the_trial_to_the_next_caller() {
        let now = Instant::now();
        let breaker = Breaker::new(1, Duration::ZERO);
        breaker.admit(now).unwrap().failed(now);
        drop(breaker.admit(now).unwrap());
        assert!(breaker.admit(now).is_some_and(|permit| permit.trial.is_some()));
    }

    #[test]
    fn who_began_before_the_circuit_opened_decides_nothing() {
        let now = Instant::now();
        let breaker = Breaker::new(1, REST);
        let late: Vec<_> = (0..4).map(|_| breaker.admit(now).unwrap()).collect();
        breaker.admit(now).unwrap().failed(now);
        let mut late = late.into_iter();
        assert!(!late.next().unwrap().failed(now + REST / 2));
        late.next().unwrap().succeeded();
        assert_eq!(breaker.lock().state, State::Open { until: now + REST });
        let _trial = breaker.admit(now + REST).unwrap();
        late.next().unwrap().succeeded();
        drop(late);
        assert_eq!(breaker.lock().state, State::Trial);
    }

    #[test]
    fn a_cancelled_round_is_neither_good_nor_bad() {
        let (breaker, now) = (Breaker::new(2, REST), Instant::now());
        breaker.admit(now).unwrap().failed(now);
        drop(breaker.admit(now).unwrap());
        assert!(breaker.admit(now).unwrap().failed(now));
    }
}
