//! All SQL of tasks but for lists (list.rs). Every function takes the owner, so that no statement can reach a foreign row.
//! Every write moves the owner's revision before it touches a task: that makes the list's ETag right in the same
//! transaction, notices that the account is gone, and lets all writers (also the deletion of an account) lock in the same
//! order, so that none waits for another in a circle. Only an idempotency key is claimed before that, so that its twins
//! meet there and not in the queue of the account's other writes. What has been committed is counted here, whoever asked for
//! it. Absent on purpose: HTTP types, clocks, rules.

mod list;
mod many;

pub(crate) use list::list;
pub(crate) use many::{complete_many, delete_many, find_many, named, statistics, titles};

use metrics::counter;
use telemetry::names;

use super::{
    fold::fold,
    model::{Expected, Task, TaskChange, TaskError, TaskId},
    values::{Priority, Title},
};
use crate::{
    accounts::UserId,
    database::{Database, Write, on_engine},
    idempotency::{self, Answer, Claim},
    timestamp::Timestamp,
};

/// What `TaskRow` reads; a macro, because `concat!` wants literals.
macro_rules! columns {
    () => {
        "id, title, description, priority, due_at, completed_at, created_at, updated_at, version"
    };
}
use columns;

#[derive(sqlx::FromRow)]
struct TaskRow {
    id: uuid::Uuid,
    title: String,
    description: String,
    priority: i16,
    due_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

impl From<TaskRow> for Task {
    fn from(row: TaskRow) -> Self {
        Self {
            id: TaskId(row.id),
            title: row.title,
            description: row.description,
            priority: from_number(row.priority),
            due_at: row.due_at,
            completed: row.completed_at.is_some(),
            completed_at: row.completed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// Numbers sort as the words mean.
fn to_number(priority: Priority) -> i16 {
    match priority {
        Priority::Low => 1,
        Priority::Medium => 2,
        Priority::High => 3,
    }
}

/// The table's CHECK allows no other numbers.
fn from_number(number: i16) -> Priority {
    match number {
        ..=1 => Priority::Low,
        2 => Priority::Medium,
        3.. => Priority::High,
    }
}

/// Moves the owner's revision on. It is the time of the change, or one more where the clock stands still or went back: so a
/// database restored from a backup never gives out a number again that stood for something else.
async fn touch(write: &mut Write, owner: UserId, now: Timestamp) -> Result<(), TaskError> {
    const SQL: &str = "UPDATE users SET revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END WHERE id = $1";
    let touched = on_engine!(write, |c| sqlx::query(SQL).bind(owner).bind(now).execute(c).await?.rows_affected());
    if touched == 1 { Ok(()) } else { Err(TaskError::NoAccount) }
}

/// Adds a task. With a claim, the key, the answer and the task become durable together; `Some` is the answer that an
/// earlier request with the same key was given, and nothing is added.
pub(crate) async fn insert(
    database: &Database,
    owner: UserId,
    task: &Task,
    claim: Option<Claim<'_>>,
) -> Result<Option<Answer>, TaskError> {
    const SQL: &str = "INSERT INTO tasks (id, user_id, title, title_folded, description, description_folded, priority,
                                          due_at, completed_at, created_at, updated_at, version)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let mut write = database.write("insert", "tasks").await?;
    if let Some(claim) = claim
        && let Some(earlier) = idempotency::claim(&mut write, claim).await?
    {
        return Ok(Some(earlier));
    }
    touch(&mut write, owner, task.created_at).await?;
    on_engine!(write, |c| {
        let query = sqlx::query(SQL).bind(task.id.0).bind(owner);
        let query =
            query.bind(&task.title).bind(fold(&task.title)).bind(&task.description).bind(fold(&task.description));
        let query = query.bind(to_number(task.priority)).bind(task.due_at).bind(task.completed_at);
        query.bind(task.created_at).bind(task.updated_at).bind(task.version).execute(c).await?;
    });
    write.commit().await?;
    counter!(names::TODOS_CREATED).increment(1);
    Ok(None)
}

/// One task.
pub(crate) async fn find(database: &Database, owner: UserId, id: TaskId) -> Result<Task, TaskError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM tasks WHERE id = $1 AND user_id = $2");
    let mut read = database.read("select", "tasks").await?;
    let found: Option<TaskRow> =
        on_engine!(read, |c| sqlx::query_as(SQL).bind(id.0).bind(owner).fetch_optional(c).await?);
    found.map(Task::from).ok_or(TaskError::NotFound)
}

/// Changes a task in one statement that reads nothing beforehand, so that of two changes at once none is lost.
pub(crate) async fn update(
    database: &Database,
    owner: UserId,
    id: TaskId,
    expected: Expected,
    change: &TaskChange,
    now: Timestamp,
) -> Result<Task, TaskError> {
    const SQL: &str = concat!(
        "UPDATE tasks SET
             title = COALESCE($4, title), title_folded = COALESCE($5, title_folded),
             description = COALESCE($6, description), description_folded = COALESCE($7, description_folded),
             priority = COALESCE($8, priority),
             due_at = CASE WHEN $9 THEN $10 ELSE due_at END,
             completed_at = CASE WHEN $11 IS NULL THEN completed_at WHEN $11 THEN COALESCE(completed_at, $12) END,
             updated_at = $12, version = version + 1
         WHERE id = $1 AND user_id = $2 AND ($3 IS NULL OR version = $3)
         RETURNING ",
        columns!()
    );
    let (title, title_folded) = change.title.as_ref().map(Title::as_str).map(|text| (text, fold(text))).unzip();
    let description = change.description.as_ref().map(|description| description.as_str());
    let (description, description_folded) = description.map(|text| (text, fold(text))).unzip();

    let mut write = database.write("update", "tasks").await?;
    touch(&mut write, owner, now).await?;
    let changed: Option<TaskRow> = on_engine!(write, |c| {
        let query = sqlx::query_as(SQL).bind(id.0).bind(owner).bind(version(expected));
        let query = query.bind(title).bind(title_folded).bind(description).bind(description_folded);
        let query = query.bind(change.priority.map(to_number));
        let query = query.bind(change.due_at.is_some()).bind(change.due_at.flatten()).bind(change.completed).bind(now);
        query.fetch_optional(c).await?
    });
    match changed {
        Some(row) => {
            write.commit().await?;
            // A task that was done before keeps its earlier moment, so that a repeated request does not count again.
            count_completed(usize::from(change.completed == Some(true) && row.completed_at == Some(now)));
            Ok(row.into())
        }
        None => Err(missing(write, owner, id).await?),
    }
}

/// Removes a task.
pub(crate) async fn delete(
    database: &Database,
    owner: UserId,
    id: TaskId,
    expected: Expected,
    now: Timestamp,
) -> Result<(), TaskError> {
    const SQL: &str = "DELETE FROM tasks WHERE id = $1 AND user_id = $2 AND ($3 IS NULL OR version = $3)";
    let mut write = database.write("delete", "tasks").await?;
    touch(&mut write, owner, now).await?;
    let removed = on_engine!(write, |c| {
        sqlx::query(SQL).bind(id.0).bind(owner).bind(version(expected)).execute(c).await?.rows_affected()
    });
    if removed == 0 {
        return Err(missing(write, owner, id).await?);
    }
    write.commit().await?;
    count_deleted(1);
    Ok(())
}

fn count_completed(tasks: usize) {
    counter!(names::TODOS_COMPLETED).increment(tasks as u64);
}

fn count_deleted(tasks: usize) {
    counter!(names::TODOS_DELETED).increment(tasks as u64);
}

/// How many tasks of all users are open, for the gauge.
pub(crate) async fn count_open(database: &Database) -> Result<i64, sqlx::Error> {
    const SQL: &str = "SELECT count(*) FROM tasks WHERE completed_at IS NULL";
    let mut read = database.read("count", "tasks").await?;
    on_engine!(read, |c| sqlx::query_scalar(SQL).fetch_one(c).await)
}

fn version(expected: Expected) -> Option<i64> {
    match expected {
        Expected::Any => None,
        Expected::Version(version) => Some(version),
    }
}

/// Why a statement met no row: the task has another version, or it does not exist for this owner. Takes the transaction
/// and rolls it back, because nothing has changed.
async fn missing(mut write: Write, owner: UserId, id: TaskId) -> Result<TaskError, sqlx::Error> {
    const SQL: &str = "SELECT version FROM tasks WHERE id = $1 AND user_id = $2";
    let version: Option<i64> =
        on_engine!(write, |c| sqlx::query_scalar(SQL).bind(id.0).bind(owner).fetch_optional(c).await?);
    Ok(if version.is_some() { TaskError::VersionMismatch } else { TaskError::NotFound })
}
