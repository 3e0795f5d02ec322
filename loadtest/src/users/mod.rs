//! The goose users: what they share, how a request of theirs is sent, named, noted and judged. One file per kind.
//! Absent on purpose: when they start and stop (`attack`). A user never dies of a failed request: it notes it and goes on.

pub mod chatter;
pub mod planner;
pub mod reader;
pub mod tasks;
pub mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use goose::GooseError;
use goose::goose::{GooseMethod, GooseRequest, GooseUser, Scenario, Transaction, TransactionError, TransactionResult};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::header::ETAG;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::accounts::Account;
use crate::api::{cause, refusal, told};
use crate::chat;
use crate::ledger::Ledger;
use crate::watch::{Outcome, Watch};
pub use tasks::Task;

/// Pause between two requests of a user. The load generator shares the machine with the server: a user that never
/// pauses would measure the queue in front of the processor.
pub const THINK: (Duration, Duration) = (Duration::from_millis(60), Duration::from_millis(180));

/// What all users of a run share.
#[derive(Debug)]
pub struct Shared {
    pub http: reqwest::Client,
    pub accounts: Vec<Account>,
    pub ledger: Arc<Ledger>,
    pub watch: Arc<Watch>,
    pub seed: u64,
    /// False from the announcement of a kill until the server is ready again.
    pub up: watch::Receiver<bool>,
    /// The chatters' turns; or why nobody talks to the assistant.
    pub chat: Result<chat::Notes, String>,
}

/// How many users of each kind, in proportion.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    pub readers: usize,
    pub writers: usize,
    pub planners: usize,
    /// None where there is nobody to talk to.
    pub chatters: usize,
}

/// The scenarios of a load.
pub fn scenarios(shared: &Arc<Shared>, mix: Mix) -> Result<Vec<Scenario>, GooseError> {
    let mut scenarios = vec![
        reader::scenario(shared)?.set_weight(mix.readers)?,
        writer::scenario(shared)?.set_weight(mix.writers)?,
        planner::scenario(shared)?.set_weight(mix.planners)?,
    ];
    if mix.chatters > 0 && shared.chat.is_ok() {
        scenarios.push(chatter::scenario(shared)?.set_weight(mix.chatters)?);
    }
    Ok(scenarios)
}

/// One person at work: an account and what they remember of their tasks.
#[derive(Clone, Debug)]
pub struct Person {
    pub shared: Arc<Shared>,
    pub account: Account,
    memory: Arc<Mutex<Memory>>,
}

/// What a person remembers between two requests.
#[derive(Debug)]
pub struct Memory {
    pub random: StdRng,
    pub tasks: Vec<Task>,
    /// `ETag` of the person's list.
    pub list_tag: Option<String>,
    /// The conversation that goes on.
    pub conversation: Option<String>,
    /// Whether its last answer was to be a stream.
    pub streamed: bool,
}

impl Person {
    /// The person whom this goose user plays.
    pub fn of(user: &GooseUser) -> Result<Self, Box<TransactionError>> {
        user.get_session_data::<Self>().cloned().ok_or_else(|| Box::new("the user has not entered".into()))
    }

    pub async fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().await
    }
}

/// The first and last transaction of every kind: a person takes their account, and goes.
fn enter_and_leave(shared: &Arc<Shared>) -> (Transaction, Transaction) {
    let entering = Arc::clone(shared);
    let enter = Transaction::new(Arc::new(move |user: &mut GooseUser| {
        let shared = Arc::clone(&entering);
        Box::pin(async move { enter(user, shared) })
    }));
    let leaving = Arc::clone(shared);
    let leave = Transaction::new(Arc::new(move |_: &mut GooseUser| {
        let shared = Arc::clone(&leaving);
        Box::pin(async move {
            shared.watch.users.fetch_sub(1, Relaxed);
            Ok(())
        })
    }));
    (enter.set_name("enter").set_on_start(), leave.set_name("leave").set_on_stop())
}

fn enter(user: &mut GooseUser, shared: Arc<Shared>) -> TransactionResult {
    shared.watch.users.fetch_add(1, Relaxed);
    // One client for all: goose's own would heed a proxy from the environment.
    user.client = shared.http.clone();
    let index = user.weighted_users_index % shared.accounts.len().max(1);
    let Some(account) = shared.accounts.get(index).cloned() else {
        return Err(Box::new("there are no accounts".into()));
    };
    let random = StdRng::seed_from_u64(shared.seed.wrapping_add(index as u64));
    let memory = Memory { random, tasks: Vec::new(), list_tag: None, conversation: None, streamed: false };
    user.set_session_data(Person { shared, account, memory: Arc::new(Mutex::new(memory)) });
    Ok(())
}

/// One request of a user.
pub struct Step<'a> {
    pub method: GooseMethod,
    /// The template, the name in every table.
    pub template: &'static str,
    pub path: &'a str,
    pub headers: &'a [(&'static str, &'a str)],
    pub body: Option<&'a Value>,
    /// Status of a right answer.
    pub expect: u16,
}

/// What a user got.
pub enum Got {
    /// An answer, expected or not.
    Answer { status: u16, tag: Option<String>, body: Value },
    /// No whole answer: the request may or may not have happened.
    Nothing,
}

impl Got {
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answer { status, .. } => Some(*status),
            Self::Nothing => None,
        }
    }
}

/// Sends a request as goose, names it by its route and notes what came of it. `also` are statuses that are as right as
/// the expected one.
pub async fn send(
    user: &mut GooseUser,
    person: &Person,
    step: Step<'_>,
    also: &[u16],
) -> Result<Got, Box<TransactionError>> {
    let watch = &person.shared.watch;
    let (expect, route) = (step.expect, format!("{} {}", method(&step.method), step.template));
    let request = request(user, person, step)?;
    let began = Instant::now();
    let (got, outcome) = {
        let _under_way = watch.under_way();
        let answer = user.request(request).await?;
        match answer.response {
            Err(error) => (Got::Nothing, Outcome::Failed(cause(&error))),
            Ok(response) => {
                let status = response.status().as_u16();
                let tag = response.headers().get(ETAG).and_then(|tag| Some(tag.to_str().ok()?.to_owned()));
                let refused = refusal(status, response.headers());
                match response.bytes().await {
                    Err(error) => (Got::Nothing, Outcome::Failed(format!("the answer was cut: {}", cause(&error)))),
                    Ok(bytes) => {
                        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                        let outcome = if status == expect || also.contains(&status) {
                            Outcome::Answered
                        } else if refused {
                            Outcome::Refused(told(status, &body["title"]))
                        } else {
                            Outcome::Failed(format!("{} instead of {expect}", told(status, &body["title"])))
                        };
                        (Got::Answer { status, tag, body }, outcome)
                    }
                }
            }
        }
    };
    watch.record(&route, began, &outcome);
    Ok(got)
}

/// A request as goose sends it, under the name of its route.
fn request<'a>(user: &GooseUser, person: &Person, step: Step<'a>) -> Result<GooseRequest<'a>, Box<TransactionError>> {
    let mut builder = user.get_request_builder(&step.method, step.path)?.bearer_auth(&person.account.token);
    for (name, value) in step.headers {
        builder = builder.header(*name, *value);
    }
    if let Some(body) = step.body {
        builder = builder.json(body);
    }
    let request = GooseRequest::builder()
        .method(step.method)
        .path(step.path)
        .name(step.template)
        .expect_status_code(step.expect)
        .set_request_builder(builder);
    Ok(request.build())
}

fn method(method: &GooseMethod) -> &'static str {
    match method {
        GooseMethod::Get => "GET",
        GooseMethod::Post => "POST",
        GooseMethod::Patch => "PATCH",
        GooseMethod::Delete => "DELETE",
        GooseMethod::Head => "HEAD",
        GooseMethod::Put => "PUT",
        _ => "OTHER",
    }
}
