//! The bounded way to Loki. tracing-loki formats, encodes and sends, but only ever one small batch per instance: its
//! queue has no limit, its back-off grows to ten minutes and its requests never time out, and a batch that ends takes
//! all three with it. The gate here decides what gets in, `push/batch.rs` is one instance with its lines, and
//! `push/sender.rs` sends batches in turn. `docs/decisions/0002-loki-push.md` tells why it is built like this.

mod batch;
mod sender;
mod verdict;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use metrics::{Counter, Gauge, counter, gauge};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};
use url::Url;

use self::{
    batch::{BATCH_LINES, Batch, Maker},
    sender::Sender,
};
use crate::{
    names::{self, drop_reason},
    settings::Settings,
};

/// Batches that exist at one time; with [`BATCH_LINES`] each, 10 000 lines may wait.
const BATCHES: usize = 20;
/// Bytes that may wait.
const MAX_BYTES: usize = 8 << 20;
/// Loki refuses lines above 256 KiB, and the whole batch with them.
const MAX_LINE_BYTES: usize = 64 << 10;
/// What tracing-loki's line has above ours: source file, line, module and span names.
const EXTRA_BYTES: usize = 256;

/// Takes events without ever waiting.
pub(crate) struct Gate {
    shared: Arc<Shared>,
    /// Only notes the fields of spans, which all instances read; it has no events.
    spans: tracing_loki::Layer,
}

/// The other end of the gate: ends the push within a bound.
#[derive(Debug)]
pub(crate) struct Pusher {
    shared: Arc<Shared>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What the gate and the sender share.
struct Shared {
    queue: Mutex<Queue>,
    /// A line came into an empty queue, or a batch became full.
    wake: Notify,
    counters: Counters,
}

#[derive(Default)]
struct Queue {
    filling: Option<Batch>,
    full: VecDeque<Batch>,
    unused: Vec<Batch>,
    /// Waiting, the batch that is being sent included.
    lines: usize,
    bytes: usize,
    closed: bool,
}

struct Counters {
    sent: Counter,
    waiting: Gauge,
    queue_full: Counter,
    too_large: Counter,
    rejected: Counter,
    unreachable: Counter,
    shutdown: Counter,
}

/// Starts the push to `loki`. Needs a runtime and the recorder.
pub(crate) fn start(settings: &Settings, loki: &Url) -> Result<(Gate, Pusher), tracing_loki::Error> {
    let maker = Maker::new(settings, loki)?;
    let spans = maker.span_layer()?;
    let unused = (0..BATCHES).map(|_| maker.make()).collect::<Result<_, _>>()?;
    let shared = Arc::new(Shared {
        queue: Mutex::new(Queue { unused, ..Queue::default() }),
        wake: Notify::new(),
        counters: Counters::new(),
    });
    let stop = CancellationToken::new();
    let sender = Sender::new(Arc::clone(&shared), maker, stop.clone());
    let pusher = Pusher { shared: Arc::clone(&shared), stop, task: tokio::spawn(sender.run()) };
    Ok((Gate { shared, spans }, pusher))
}

impl Gate {
    pub(crate) fn on_new_span<S>(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.spans.on_new_span(attributes, id, context);
    }

    pub(crate) fn on_record<S>(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.spans.on_record(id, values, context);
    }

    /// `length` is that of the line on standard output, which is close to that of the line for Loki.
    pub(crate) fn on_event<S>(&self, length: usize, event: &Event<'_>, context: Context<'_, S>)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        // Formatted outside of the lock; the batch is not sent before this handle is gone.
        if let Some(layer) = self.shared.admit(length + EXTRA_BYTES) {
            layer.on_event(event, context);
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, bytes: usize) -> Option<Arc<tracing_loki::Layer>> {
        let mut queue = self.queue();
        if bytes > MAX_LINE_BYTES {
            self.counters.too_large.increment(1);
            return None;
        }
        if queue.closed {
            self.counters.shutdown.increment(1);
            return None;
        }
        let room = queue.bytes + bytes <= MAX_BYTES && queue.make_room();
        let Some(batch) = queue.filling.as_mut().filter(|_| room) else {
            self.counters.queue_full.increment(1);
            return None;
        };
        let layer = batch.take_in(bytes);
        let (first, last) = (batch.lines == 1, batch.lines == BATCH_LINES);
        queue.lines += 1;
        queue.bytes += bytes;
        self.counters.waiting.set(gauge_value(queue.lines));
        if first || last {
            self.wake.notify_one();
        }
        Some(layer)
    }

    /// These lines no longer wait.
    fn settle(&self, lines: usize, bytes: usize, counter: &Counter) {
        let mut queue = self.queue();
        queue.lines = queue.lines.saturating_sub(lines);
        queue.bytes = queue.bytes.saturating_sub(bytes);
        self.counters.waiting.set(gauge_value(queue.lines));
        counter.increment(u64::try_from(lines).unwrap_or(u64::MAX));
    }

    /// Nothing gets in any more, and what still waits is lost.
    fn close(&self) {
        let (lines, bytes) = {
            let mut queue = self.queue();
            queue.closed = true;
            (queue.lines, queue.bytes)
        };
        self.settle(lines, bytes, &self.counters.shutdown);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Queue {
    /// False when there is no batch that could take a line.
    fn make_room(&mut self) -> bool {
        if self.filling.as_ref().is_some_and(|batch| batch.lines == BATCH_LINES) {
            self.full.extend(self.filling.take());
        }
        if self.filling.is_none() {
            self.filling = self.unused.pop();
        }
        self.filling.is_some()
    }

    fn is_waiting(&self) -> bool {
        self.is_full() || self.filling.as_ref().is_some_and(|batch| batch.lines > 0)
    }

    fn is_full(&self) -> bool {
        !self.full.is_empty() || self.filling.as_ref().is_some_and(|batch| batch.lines == BATCH_LINES)
    }

    /// A full batch, or else the one that is being filled.
    fn next(&mut self) -> Option<Batch> {
        self.full.pop_front().or_else(|| self.filling.take_if(|batch| batch.lines > 0))
    }
}

impl Counters {
    fn new() -> Self {
        let dropped = |reason| counter!(names::LOG_PUSH_DROPPED, "reason" => reason);
        Self {
            sent: counter!(names::LOG_PUSH_SENT),
            waiting: gauge!(names::LOG_PUSH_QUEUE),
            queue_full: dropped(drop_reason::QUEUE_FULL),
            too_large: dropped(drop_reason::TOO_LARGE),
            rejected: dropped(drop_reason::REJECTED),
            unreachable: dropped(drop_reason::UNREACHABLE),
            shutdown: dropped(drop_reason::SHUTDOWN),
        }
    }
}

impl Pusher {
    /// Sends what waits, for at most `bound`; the rest is counted as lost.
    pub(crate) async fn flush(mut self, bound: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(bound, &mut self.task).await.is_err() {
            self.task.abort();
        }
        self.shared.close();
    }
}

fn gauge_value(lines: usize) -> f64 {
    f64::from(u32::try_from(lines).unwrap_or(u32::MAX))
}
