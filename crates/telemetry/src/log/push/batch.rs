//! One tracing-loki instance with at most [`BATCH_LINES`] lines: less than its inner channel holds, so the channel can
//! never be full, which is where that crate loses lines without a word.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use tracing::{Dispatch, instrument::WithSubscriber};
use tracing_loki::{BackgroundTask, BackgroundTaskController, Builder, Layer};
use url::Url;

use super::verdict::{Failure, Listener};
use crate::settings::Settings;

/// Lines of one batch; the channel inside holds 512.
pub(super) const BATCH_LINES: usize = 500;
/// A Loki that has not answered by then is not waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// tracing-loki throws its lines away at the eighth failure, so that one is not tried.
const ATTEMPTS: u32 = 7;

/// Makes batches with the same address and labels.
pub(super) struct Maker {
    builder: Builder,
    loki: Url,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Loki has the lines.
    Sent,
    /// Loki will never take them.
    Rejected,
    /// It could not be reached, or did not answer, long enough.
    Unreachable,
}

/// Lines that travel together.
pub(super) struct Batch {
    pub(super) lines: usize,
    pub(super) bytes: usize,
    layer: Arc<Layer>,
    controller: BackgroundTaskController,
    task: BackgroundTask,
}

impl Maker {
    pub(super) fn new(settings: &Settings, loki: &Url) -> Result<Self, tracing_loki::Error> {
        let mut loki = loki.clone();
        // The push path is joined to the address, which would replace a last segment without a slash.
        if !loki.path().ends_with('/') {
            loki.set_path(&format!("{}/", loki.path()));
        }
        let name = settings.service.name;
        let mut builder = tracing_loki::builder()
            .label("service_name", name)?
            .label("app", "todo")?
            .label("container", name.strip_prefix("todo-").unwrap_or(name))?
            .label("namespace", &settings.namespace)?
            .label("cluster", &settings.cluster)?
            .label("source", "push")?
            .extra_field("service.name", name)?
            .extra_field("service.version", settings.service.version)?;
        if let Some(pod) = &settings.pod_name {
            builder = builder.extra_field("k8s.pod.name", pod)?;
        }
        Ok(Self { builder, loki })
    }

    pub(super) fn make(&self) -> Result<Batch, tracing_loki::Error> {
        let (layer, controller, task) = self.builder.clone().build_controller_url(self.loki.clone())?;
        Ok(Batch { lines: 0, bytes: 0, layer: Arc::new(layer), controller, task })
    }

    /// A layer whose events would go nowhere.
    pub(super) fn span_layer(&self) -> Result<Layer, tracing_loki::Error> {
        self.builder.clone().build_url(self.loki.clone()).map(|(layer, _)| layer)
    }
}

impl Batch {
    /// Reserves the place of one line, which the caller then gives to the layer.
    pub(super) fn take_in(&mut self, bytes: usize) -> Arc<Layer> {
        self.lines += 1;
        self.bytes += bytes;
        Arc::clone(&self.layer)
    }

    /// Sends the lines, trying again while there is hope; `failed` hears of every failure that is not the last.
    pub(super) async fn send(mut self, mut failed: impl FnMut(&Failure)) -> Outcome {
        // Lines whose place is reserved may still be on their way through the layer, for microseconds.
        while Arc::strong_count(&self.layer) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // The task now ends after its next request instead of waiting for more lines. The layer has to outlive it: a
        // task that finds its channel closed spins for ever.
        self.controller.shutdown().await;
        let heard = Arc::new(Mutex::new(None));
        let listener = Dispatch::new(Listener::new(Arc::clone(&heard)));
        for attempt in 1..=ATTEMPTS {
            let request = attempt_once(&mut self.task).with_subscriber(listener.clone());
            if tokio::time::timeout(ANSWER_TIMEOUT, request).await.is_err() {
                return Outcome::Unreachable;
            }
            let failure = heard.lock().map(|mut heard| heard.take()).unwrap_or_default();
            match failure {
                None => return Outcome::Sent,
                Some(Failure::Refused) => return Outcome::Rejected,
                Some(failure) => {
                    failed(&failure);
                    if attempt < ATTEMPTS {
                        tokio::time::sleep(pause_after(attempt)).await;
                    }
                }
            }
        }
        Outcome::Unreachable
    }
}

/// Drives the task through one request. It ends after a failure too, but keeps its lines, and tries again when it is
/// asked after its own pause. Unconstrained, so that it takes all its lines at the first poll and sends them together.
async fn attempt_once(task: &mut BackgroundTask) {
    tokio::task::unconstrained(std::future::poll_fn(|context| Pin::new(&mut *task).poll(context))).await;
}

/// tracing-loki pauses 0, 0.5, 1, 2, 4 … seconds after its first, second, third … failure. Asked within its pause it
/// would end without a request, which looks like success; so we come a little later, by a timer of the same runtime,
/// which cannot fire before one that is due earlier.
fn pause_after(attempt: u32) -> Duration {
    let pause = if attempt == 1 { 0 } else { 500 << (attempt - 2) };
    Duration::from_millis(pause + 50)
}
