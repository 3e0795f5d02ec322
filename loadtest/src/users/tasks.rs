//! What every kind of user does with a task, and how the ledger learns of it: create with retries, change, complete,
//! delete, show. Absent on purpose: which of these a user does, and when.

use std::time::Duration;

use goose::goose::{GooseMethod, GooseUser, TransactionError};
use rand::RngExt as _;
use serde_json::json;
use uuid::Uuid;

use super::{Got, Person, Step, send};
use crate::ledger::{Change, Content};

/// How often a creation is sent before it stays in doubt. A kill window takes one or two tries.
pub(super) const TRIES: usize = 6;
/// How long a user waits for a server that is being restarted.
const UP_WITHIN: Duration = Duration::from_secs(15);
/// Pause before a creation is repeated while the server is up.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

const ONE: &str = "/api/tasks/{id}";

/// A task that a user remembers.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: Uuid,
    /// Under which the ledger knows it.
    pub mark: Uuid,
    /// Its version, unless an unanswered write left it in doubt.
    pub tag: Option<String>,
}

type Failed = Box<TransactionError>;

/// A new task with a mark of its own.
pub fn content(random: &mut impl rand::Rng) -> (Uuid, Content) {
    // Not from the seed: two loads of one run make the same choices, but never the same task.
    let mark = Uuid::new_v4();
    let verb = pick(random, &["buy", "call", "clean", "fix", "plan", "read", "return", "write"]);
    let thing = pick(random, &["the bicycle", "the dentist", "the garden", "the letter", "the milk", "the roof"]);
    let due_at = random.random_bool(0.5).then(|| due(random));
    let content = Content {
        title: format!("{verb} {thing}"),
        description: mark.to_string(),
        priority: pick(random, &["low", "medium", "high"]).to_owned(),
        due_at,
        completed: false,
    };
    (mark, content)
}

/// Some minute of the next decade.
pub fn due(random: &mut impl rand::Rng) -> String {
    let (year, month, day) = (random.random_range(2027..2037), random.random_range(1..13), random.random_range(1..29));
    let (hour, minute) = (random.random_range(0..24), random.random_range(0..60));
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
}

/// One of these.
pub fn pick<'a>(random: &mut impl rand::Rng, choices: &[&'a str]) -> &'a str {
    choices.get(random.random_range(0..choices.len().max(1))).copied().unwrap_or_default()
}

/// The body that creates this content.
pub fn creation(content: &Content) -> serde_json::Value {
    json!({
        "title": content.title,
        "description": content.description,
        "priority": content.priority,
        "due_at": content.due_at,
    })
}

/// Creates a task: the same key until there is an answer, so that a server which died in between makes it only once.
pub async fn create(user: &mut GooseUser, person: &Person) -> Result<Option<Task>, Failed> {
    let (mark, content) = content(&mut person.memory().await.random);
    let ledger = &person.shared.ledger;
    let (key, body) = (mark.to_string(), creation(&content));
    ledger.creating(person.account.index, mark, &content);
    for attempt in 0..TRIES {
        if attempt > 0 {
            before_another_try(person).await;
        }
        let step = Step {
            method: GooseMethod::Post,
            template: "/api/tasks",
            path: "/api/tasks",
            headers: &[("idempotency-key", &key)],
            body: Some(&body),
            expect: 201,
        };
        // 409: the try before is still at work although its connection is gone.
        match send(user, person, step, if attempt > 0 { &[409] } else { &[] }).await? {
            Got::Answer { status: 201, tag, body } => {
                let Some(id) = body["id"].as_str().and_then(|id| Uuid::parse_str(id).ok()) else {
                    break;
                };
                ledger.created(mark, id);
                return Ok(Some(Task { id, mark, tag }));
            }
            Got::Answer { status: 409 | 429 | 503, .. } | Got::Nothing => {}
            Got::Answer { .. } => break,
        }
    }
    ledger.creation_in_doubt();
    Ok(None)
}

/// Counts a creation as repeated, and waits for a server that is up.
pub(super) async fn before_another_try(person: &Person) {
    person.shared.ledger.retried();
    tokio::time::sleep(RETRY_PAUSE).await;
    let mut up = person.shared.up.clone();
    // Only fails when the run is over; the last tries then end the same way.
    let _ = tokio::time::timeout(UP_WITHIN, up.wait_for(|up| *up)).await;
}

/// Changes a task; with its tag as `If-Match` when `guarded`. `None` when the task should be forgotten.
pub async fn change(
    user: &mut GooseUser,
    person: &Person,
    task: Task,
    change: &Change,
    guarded: bool,
) -> Result<Option<Task>, Failed> {
    let ledger = &person.shared.ledger;
    let (path, body) = (format!("/api/tasks/{}", task.id), json!(change));
    let guard = task.tag.as_deref().filter(|_| guarded).map(|tag| [("if-match", tag)]);
    let step = Step {
        method: GooseMethod::Patch,
        template: ONE,
        path: &path,
        headers: guard.as_ref().map_or(&[], |guard| &guard[..]),
        body: Some(&body),
        expect: 200,
    };
    match send(user, person, step, &[]).await? {
        Got::Answer { status: 200, tag, .. } => {
            ledger.changed(task.mark, change);
            Ok(Some(Task { tag, ..task }))
        }
        // It denies an acknowledged write, which is a failed request; the audit shows whether the task is really gone.
        Got::Answer { status: 404 | 412, .. } => Ok(None),
        // A refusal changes nothing.
        Got::Answer { status: 429, .. } => Ok(Some(task)),
        Got::Answer { .. } | Got::Nothing => {
            ledger.change_in_doubt(task.mark, change);
            Ok(Some(Task { tag: None, ..task }))
        }
    }
}

/// Deletes a task; either way the user forgets it.
pub async fn delete(user: &mut GooseUser, person: &Person, task: Task) -> Result<(), Failed> {
    let ledger = &person.shared.ledger;
    let path = format!("/api/tasks/{}", task.id);
    let step = Step { method: GooseMethod::Delete, template: ONE, path: &path, headers: &[], body: None, expect: 204 };
    match send(user, person, step, &[]).await? {
        Got::Answer { status: 204, .. } => ledger.deleted(task.mark),
        Got::Answer { status: 404 | 429, .. } => {}
        Got::Answer { .. } | Got::Nothing => ledger.deletion_in_doubt(task.mark),
    }
    Ok(())
}

/// Reads one task; false when the server denies it.
pub async fn show(user: &mut GooseUser, person: &Person, id: Uuid) -> Result<bool, Failed> {
    let path = format!("/api/tasks/{id}");
    let step = Step { method: GooseMethod::Get, template: ONE, path: &path, headers: &[], body: None, expect: 200 };
    Ok(send(user, person, step, &[]).await?.status() != Some(404))
}

/// Reads a list with this query.
pub async fn list(user: &mut GooseUser, person: &Person, query: &str) -> Result<Got, Failed> {
    let path = format!("/api/tasks{query}");
    let step =
        Step { method: GooseMethod::Get, template: "/api/tasks", path: &path, headers: &[], body: None, expect: 200 };
    send(user, person, step, &[]).await
}
