//! Readiness as a set of latches that each part of a program releases when it can serve. Absent on purpose: the probe
//! routes themselves, because their bodies differ between the servers.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Whether this process should get traffic. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Mutex<Vec<&'static str>>,
    closing: AtomicBool,
}

/// One reason to be unready. Dropping it does not make anything ready: a part that failed never called `release`.
#[derive(Debug)]
#[must_use = "a latch that is dropped keeps the process unready for ever"]
pub struct Latch {
    name: &'static str,
    state: Arc<State>,
}

impl Readiness {
    /// Nothing to wait for: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Unready until the latch is released.
    pub fn latch(&self, name: &'static str) -> Latch {
        self.state.waiting().push(name);
        Latch { name, state: Arc::clone(&self.state) }
    }

    /// True when every latch was released and the process is not shutting down.
    pub fn is_ready(&self) -> bool {
        !self.closing() && self.state.waiting().is_empty()
    }

    /// What still has to happen, in words for the probe's body; `shutdown` once it is closing.
    pub fn waiting_for(&self) -> Vec<&'static str> {
        let mut names = self.state.waiting().clone();
        if self.closing() {
            names.push("shutdown");
        }
        names
    }

    /// From now on unready for ever: the process is shutting down.
    pub fn close(&self) {
        self.state.closing.store(true, Ordering::Release);
    }

    /// True once [`Readiness::close`] was called.
    pub fn closing(&self) -> bool {
        self.state.closing.load(Ordering::Acquire)
    }
}

impl Latch {
    /// This part can serve.
    pub fn release(self) {
        let mut waiting = self.state.waiting();
        if let Some(position) = waiting.iter().position(|name| *name == self.name) {
            waiting.swap_remove(position);
        }
    }
}

impl State {
    fn waiting(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_only_when_every_latch_was_released() {
        let readiness = Readiness::new();
        assert!(readiness.is_ready());
        let (database, cache) = (readiness.latch("database"), readiness.latch("cache"));
        database.release();
        assert_eq!((readiness.is_ready(), readiness.waiting_for()), (false, vec!["cache"]));
        cache.release();
        assert!(readiness.is_ready());
    }

    #[test]
    fn a_dropped_latch_stays_closed() {
        let readiness = Readiness::new();
        drop(readiness.latch("database"));
        assert!(!readiness.is_ready());
    }

    #[test]
    fn closing_is_for_ever() {
        let readiness = Readiness::new();
        readiness.clone().close();
        let late = readiness.latch("late");
        late.release();
        assert_eq!(
            (readiness.is_ready(), readiness.closing(), readiness.waiting_for()),
            (false, true, vec!["shutdown"])
        );
    }
}
