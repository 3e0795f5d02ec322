//! The chatter asks the assistant instead of filling in forms: says what is to be done, asks what there is, ticks off and throws away,
//! half of it as a stream. What was done in words stands in the ledger like every other write, so that a kill loses and doubles none of
//! it. Absent on purpose: what has to be confirmed, and talking to a model, whose words cannot be foreseen.

mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use goose::GooseError;
use goose::goose::{GooseMethod, GooseUser, Scenario, Transaction, TransactionError, TransactionResult};
use goose::{scenario, transaction};
use rand::RngExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::tasks::{self, Task};
use super::{Person, Shared, Step, enter_and_leave, writer::take_task};
use crate::chat::{self, End, Heard};
use crate::ledger::{Change, Content};
use crate::watch::Outcome;
use words::{about, added, in_words, used, wording};

/// Pause between two messages. Slower than the others: a turn is several of their requests.
const PACE: (Duration, Duration) = (Duration::from_millis(150), Duration::from_millis(300));
/// Beyond this many tasks the oldest are deleted.
const TASKS: usize = 20;

type Failed = Box<TransactionError>;

/// A message, and how it is sent.
struct Said<'a> {
    text: &'a str,
    conversation: Option<&'a str>,
    key: Option<&'a str>,
    streamed: bool,
    /// It was sent before under the same key.
    again: bool,
}

/// What became of a message.
enum Turn<T> {
    /// The right answer, and what was looked for in it.
    Right(T),
    /// An answer that is not the right one.
    Wrong,
    /// No answer, or a refusal: under the same key the message may be sent again.
    Open,
}

pub(super) fn scenario(shared: &Arc<Shared>) -> Result<Scenario, GooseError> {
    let (enter, leave) = enter_and_leave(shared);
    Ok(scenario!("chatter")
        .set_wait_time(PACE.0, PACE.1)?
        .register_transaction(enter)
        .register_transaction(transaction!(add).set_name("say what to do").set_weight(4)?)
        .register_transaction(transaction!(ask).set_name("ask").set_weight(4)?)
        .register_transaction(transaction!(tick_off).set_name("say what is done").set_weight(2)?)
        .register_transaction(leave))
}

/// Words that no line of a log may repeat.
pub fn planted(seed: u64) -> String {
    format!("planted-words-{seed:016x}")
}

async fn add(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let (mark, content, text) = {
        let random = &mut person.memory().await.random;
        let (mark, content) = tasks::content(random);
        let content = in_words(content);
        let opening = tasks::pick(random, &["Remind me to", "Add a task to", "I need to"]);
        let text = wording(opening, &content);
        (mark, content, text)
    };
    if let Some(task) = create(user, &person, mark, &content, &text).await? {
        person.memory().await.tasks.push(task);
    }
    let oldest = {
        let tasks = &mut person.memory().await.tasks;
        (tasks.len() > TASKS).then(|| tasks.remove(0))
    };
    match oldest {
        Some(task) => delete(user, &person, task).await,
        None => Ok(()),
    }
}

/// The same key until there is an answer, as with every creation.
async fn create(
    user: &mut GooseUser,
    person: &Person,
    mark: Uuid,
    content: &Content,
    text: &str,
) -> Result<Option<Task>, Failed> {
    let (conversation, streamed) = manner(person).await;
    let (ledger, key) = (&person.shared.ledger, mark.to_string());
    ledger.creating(person.account.index, mark, content);
    for attempt in 0..tasks::TRIES {
        let again = attempt > 0;
        if again {
            tasks::before_another_try(person).await;
        }
        let said = Said { text, conversation: conversation.as_deref(), key: Some(&key), streamed, again };
        match say(user, person, said, |reply| added(reply, content)).await? {
            Turn::Right(id) => {
                ledger.created(mark, id);
                return Ok(Some(Task { id, mark, tag: None }));
            }
            Turn::Open => {}
            Turn::Wrong => break,
        }
    }
    ledger.creation_in_doubt();
    Ok(None)
}

async fn ask(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let find = format!("Find {}", planted(person.shared.seed));
    let (text, tool) = match person.memory().await.random.random_range(0..4) {
        0 => ("Show my open tasks", "list_tasks"),
        1 => ("What is due this week?", "list_tasks"),
        2 => ("How many tasks are open?", "get_task_statistics"),
        _ => (find.as_str(), "search_tasks"),
    };
    once(user, &person, text, |reply| used(reply, tool).map(drop)).await?;
    Ok(())
}

async fn tick_off(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let Some(task) = take_task(&person).await else {
        return Ok(());
    };
    let completed = person.memory().await.random.random_bool(0.8);
    let text = if completed { format!("Mark task {} as done", task.id) } else { format!("Reopen task {}", task.id) };
    let change = Change { completed: Some(completed), ..Change::default() };
    let right = |reply: &Value| about(reply, "complete_task", task.id);
    match once(user, &person, &text, right).await? {
        Turn::Right(()) => person.shared.ledger.changed(task.mark, &change),
        Turn::Open => person.shared.ledger.change_in_doubt(task.mark, &change),
        Turn::Wrong => {
            // Perhaps it denies the task: the audit shows whether it is really gone.
            person.shared.ledger.change_in_doubt(task.mark, &change);
            return Ok(());
        }
    }
    person.memory().await.tasks.push(task);
    Ok(())
}

async fn delete(user: &mut GooseUser, person: &Person, task: Task) -> TransactionResult {
    let text = format!("Delete task {}", task.id);
    match once(user, person, &text, |reply| about(reply, "delete_task", task.id)).await? {
        Turn::Right(()) => person.shared.ledger.deleted(task.mark),
        Turn::Wrong | Turn::Open => person.shared.ledger.deletion_in_doubt(task.mark),
    }
    Ok(())
}

/// The conversation of the next message, and whether its answer is to be streamed, as every other one is. Now and then something new
/// begins.
async fn manner(person: &Person) -> (Option<String>, bool) {
    let memory = &mut *person.memory().await;
    let new = memory.random.random_bool(0.1);
    memory.streamed = !memory.streamed;
    (memory.conversation.take().filter(|_| !new), memory.streamed)
}

/// Says something that is not repeated.
async fn once<T>(
    user: &mut GooseUser,
    person: &Person,
    text: &str,
    right: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<Turn<T>, Failed> {
    let (conversation, streamed) = manner(person).await;
    let said = Said { text, conversation: conversation.as_deref(), key: None, streamed, again: false };
    say(user, person, said, right).await
}

/// Sends a message as goose, listens to its answer and notes what came of it.
async fn say<T>(
    user: &mut GooseUser,
    person: &Person,
    said: Said<'_>,
    right: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<Turn<T>, Failed> {
    let watch = &person.shared.watch;
    let body = json!({ "message": said.text, "conversation_id": said.conversation });
    let mut headers = vec![("accept", if said.streamed { chat::STREAM } else { "application/json" })];
    headers.extend(said.key.map(|key| ("idempotency-key", key)));
    let step = Step {
        method: GooseMethod::Post,
        template: chat::PATH,
        path: chat::PATH,
        headers: &headers,
        body: Some(&body),
        expect: 200,
    };
    let request = super::request(user, person, step)?;

    let began = Instant::now();
    let heard = {
        let _under_way = watch.under_way();
        match user.request(request).await?.response {
            Ok(response) => chat::hear(response, began).await,
            Err(error) => Heard::nothing(&error),
        }
    };
    if said.again && matches!(heard.end, End::Status { status: 409, .. }) {
        // The try before is still at work, or died at it: no turn of its own.
        watch.record(chat::ROUTE, began, &Outcome::Answered);
        return Ok(Turn::Open);
    }
    let (outcome, found) = heard.judged(said.streamed, right);
    watch.record(chat::ROUTE, began, &outcome);
    if let Ok(notes) = &person.shared.chat {
        notes.note(watch, began, heard.first_token, &outcome);
    }
    if let End::Answered { reply, .. } = &heard.end {
        person.memory().await.conversation = reply["conversation_id"].as_str().map(str::to_owned);
    }
    Ok(match (found, heard.end) {
        (Some(found), _) => Turn::Right(found),
        (None, End::Answered { .. }) => Turn::Wrong,
        (None, End::Status { status, .. }) if !matches!(status, 429 | 503) => Turn::Wrong,
        (None, _) => Turn::Open,
    })
}
