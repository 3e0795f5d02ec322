//! STREAMS: listeners, who always have the assistant tell them something as a stream while a server ends under them. A message of
//! theirs asks for several things at once, so that its stream takes a while, and changes nothing. Whatever does not end in `done` was
//! cut: also an `error` at the end is none, because the message must be sent again. Absent on purpose: ending the server (`drain`,
//! `cluster::upgrade`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::accounts::Account;
use crate::api::{Api, Call};
use crate::chat::{self, End, Heard};
use crate::measurements::Streams;
use crate::watch::{Outcome, Watch};

/// As many as the rules take in one message.
const MESSAGE: &str = "Show my open tasks; how many tasks are open?; show all completed tasks; find the milk; what is due this week?; \
                       find the garden; show my high priority tasks; what is overdue?; find the letter; show all tasks";
const EXAMPLES: usize = 10;
const POLL: Duration = Duration::from_millis(50);

/// How the listeners go about it.
#[derive(Clone, Debug)]
pub struct Manner {
    pub listeners: usize,
    /// Between two streams of a listener.
    pub pause: Duration,
    /// For them a refused connection is the end: there is no other server to turn to.
    pub one_server: bool,
    /// Where their requests count like all others of the load.
    pub watch: Option<Arc<Watch>>,
}

#[derive(Debug, Default)]
struct Counts {
    open: AtomicU64,
    begun: AtomicU64,
    done: AtomicU64,
    examples: Mutex<Vec<String>>,
}

/// Listeners at work.
#[derive(Debug)]
pub struct Listeners {
    counts: Arc<Counts>,
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Listeners {
    /// Begins to listen, each with the account of somebody else.
    pub fn start(api: &Api, accounts: &[Account], manner: &Manner) -> Self {
        let (counts, stop) = (Arc::<Counts>::default(), CancellationToken::new());
        let mut running = JoinSet::new();
        for account in accounts.iter().cycle().take(manner.listeners) {
            let listener = Listener { api: api.clone(), account: account.clone(), manner: manner.clone() };
            running.spawn(listener.listen(Arc::clone(&counts), stop.clone()));
        }
        Self { counts, stop, running }
    }

    /// Streams that were asked for and have not ended.
    pub fn open(&self) -> u64 {
        self.counts.open.load(Relaxed)
    }

    /// Waits until so many have ended, for at most so long: too few are for the judge to see.
    pub async fn at_least(&self, count: u64, patience: Duration) {
        let enough = async {
            while self.counts.begun.load(Relaxed) < count {
                tokio::time::sleep(POLL).await;
            }
        };
        // Both ends of the wait are as good.
        let _ = tokio::time::timeout(patience, enough).await;
    }

    /// Lets everybody hear the last stream to its end, and returns what became of them all.
    pub async fn end(mut self, during: &str, open_at_signal: Option<u64>) -> Streams {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
        Streams {
            during: during.to_owned(),
            open_at_signal,
            begun: self.counts.begun.load(Relaxed),
            done: self.counts.done.load(Relaxed),
            examples: self.counts.examples.lock().await.clone(),
        }
    }
}

struct Listener {
    api: Api,
    account: Account,
    manner: Manner,
}

impl Listener {
    async fn listen(self, counts: Arc<Counts>, stop: CancellationToken) {
        let mut conversation = Value::Null;
        while !stop.is_cancelled() {
            let began = Instant::now();
            let body = json!({ "message": MESSAGE, "conversation_id": conversation });
            let call = Call { body: Some(&body), ..Call::new(Method::POST, chat::PATH) };
            let headers = [("accept", chat::STREAM)];
            counts.open.fetch_add(1, Relaxed);
            let heard = match self.api.open(&call.token(&self.account.token).headers(&headers)).await {
                Err(error) if error.is_connect() && self.manner.one_server => None,
                Err(error) => Some(Heard::nothing(&error)),
                Ok(response) => Some(chat::hear(response, began).await),
            };
            counts.open.fetch_sub(1, Relaxed);
            let Some(heard) = heard else { return };
            counts.begun.fetch_add(1, Relaxed);
            let (outcome, _) = heard.judged(true, |reply| chat::tools(reply).map(drop));
            if let Some(watch) = &self.manner.watch {
                watch.record(chat::ROUTE, began, &outcome);
            }
            counts.note(&heard, &outcome, &mut conversation).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.manner.pause) => {}
            }
        }
    }
}

impl Counts {
    async fn note(&self, heard: &Heard, outcome: &Outcome, conversation: &mut Value) {
        *conversation = match &heard.end {
            End::Answered { reply, .. } => reply["conversation_id"].clone(),
            _ => Value::Null,
        };
        let what = match outcome {
            Outcome::Answered => {
                self.done.fetch_add(1, Relaxed);
                return;
            }
            Outcome::Refused(what) | Outcome::Failed(what) => what,
        };
        let mut examples = self.examples.lock().await;
        if examples.len() < EXAMPLES {
            examples.push(what.to_owned());
        }
    }
}
