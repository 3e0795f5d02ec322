//! Sends one batch after the other, and says once when Loki stops or begins again to take them.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Queue, Shared,
    batch::{Batch, Maker, Outcome},
    verdict::Failure,
};

/// How long a first line waits for others to travel with it.
const LINGER: Duration = Duration::from_millis(500);

pub(super) struct Sender {
    shared: Arc<Shared>,
    maker: Maker,
    stop: CancellationToken,
    /// What became of the last batch, so that only a change is reported: a line per batch would fill the next one.
    last: Outcome,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>, maker: Maker, stop: CancellationToken) -> Self {
        Self { shared, maker, stop, last: Outcome::Sent }
    }

    /// Until stopped; then until the queue is empty.
    pub(super) async fn run(mut self) {
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.until(Queue::is_waiting) => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.until(Queue::is_full) => {}
                () = tokio::time::sleep(LINGER) => {}
            }
            self.send_next().await;
        }
        while self.send_next().await {}
    }

    async fn until(&self, state: impl Fn(&Queue) -> bool) {
        while !state(&self.shared.queue()) {
            self.shared.wake.notified().await;
        }
    }

    async fn send_next(&mut self) -> bool {
        let batch = self.shared.queue().next();
        match batch {
            Some(batch) => {
                self.send(batch).await;
                true
            }
            None => false,
        }
    }

    async fn send(&mut self, batch: Batch) {
        let (lines, bytes) = (batch.lines, batch.bytes);
        let last = &mut self.last;
        let outcome = batch.send(|failure| report_failure(last, failure)).await;
        // The dispatcher that listened to this batch widened what every log callsite in the process has to check.
        tracing::callsite::rebuild_interest_cache();
        let counters = &self.shared.counters;
        let counter = match outcome {
            Outcome::Sent => &counters.sent,
            Outcome::Rejected => &counters.rejected,
            Outcome::Unreachable => &counters.unreachable,
        };
        self.shared.settle(lines, bytes, counter);
        match self.maker.make() {
            Ok(batch) => self.shared.queue().unused.push(batch),
            Err(error) => tracing::error!(error.message = %error, "the push of log lines lost one of its batches"),
        }
        match outcome {
            Outcome::Sent if self.last != Outcome::Sent => tracing::info!("Loki takes log lines again"),
            Outcome::Rejected if self.last != Outcome::Rejected => {
                tracing::warn!(lines, "Loki refused log lines; standard output has them")
            }
            Outcome::Sent | Outcome::Rejected => {}
            Outcome::Unreachable => report_failure(&mut self.last, &Failure::Passing("no answer in time".to_owned())),
        }
        self.last = outcome;
    }
}

fn report_failure(last: &mut Outcome, failure: &Failure) {
    if let Failure::Passing(error) = failure
        && *last != Outcome::Unreachable
    {
        *last = Outcome::Unreachable;
        tracing::warn!(error.message = %error, "Loki takes no log lines; they wait, and standard output has them");
    }
}
