//! The run's own clock: every measurement is placed by seconds since the run started. Absent on purpose: dates.

use std::time::Instant;

/// Counts from the start of the run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts counting now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Seconds since the start.
    pub fn now(&self) -> f64 {
        self.at(Instant::now())
    }

    /// Seconds from the start to `instant`.
    pub fn at(&self, instant: Instant) -> f64 {
        instant.saturating_duration_since(self.started).as_secs_f64()
    }
}

/// Milliseconds of a duration, with fractions.
pub fn milliseconds(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
