//! The SQL of several tasks at once, for the assistant's tools. Every statement names the owner beside the ids, so a foreign
//! id meets no row. Absent on purpose: versions; who acts on many tasks has said so and been asked.

use sqlx::{Encode, FromRow, QueryBuilder, Type};
use uuid::Uuid;

use super::{TaskRow, columns, count_completed, count_deleted, touch};
use crate::{
    accounts::UserId,
    database::{Database, on_engine},
    tasks::{
        fold::fold,
        model::{ByPriority, Statistics, Task, TaskError, TaskId},
    },
    timestamp::Timestamp,
};

/// Most titles that are compared with what somebody typed, each word with each: what stands in an older one as it was typed is
/// found without that.
const MOST_TITLES: i64 = 1000;

/// A task as far as it can be recognised by what it is called.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Titled {
    pub(crate) id: Uuid,
    pub(crate) title: String,
}

/// Those of these tasks that there are, in the order of the ids.
pub(crate) async fn find_many(database: &Database, owner: UserId, ids: &[TaskId]) -> Result<Vec<Task>, TaskError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut read = database.read("select", "tasks").await?;
    let rows: Vec<TaskRow> = on_engine!(read, |c| {
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM tasks WHERE user_id = "));
        sql.push_bind(owner);
        push_ids(&mut sql, ids);
        sql.build_query_as().fetch_all(c).await?
    });
    let mut tasks: Vec<Task> = rows.into_iter().map(Task::from).collect();
    tasks.sort_by_key(|task| ids.iter().position(|id| *id == task.id));
    Ok(tasks)
}

/// Completes or reopens these tasks; those that are so already keep their moment. Returns all of them that there are.
pub(crate) async fn complete_many(
    database: &Database,
    owner: UserId,
    ids: &[TaskId],
    completed: bool,
    now: Timestamp,
) -> Result<Vec<Task>, TaskError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut write = database.write("update", "tasks").await?;
    touch(&mut write, owner, now).await?;
    let rows: Vec<TaskRow> = on_engine!(write, |c| {
        let mut sql = QueryBuilder::new("UPDATE tasks SET completed_at = CASE WHEN ");
        sql.push_bind(completed).push(" THEN COALESCE(completed_at, ").push_bind(now).push(") END, updated_at = ");
        sql.push_bind(now).push(", version = version + 1 WHERE user_id = ").push_bind(owner);
        push_ids(&mut sql, ids);
        sql.push(concat!(" RETURNING ", columns!())).build_query_as().fetch_all(c).await?
    });
    write.commit().await?;
    let tasks: Vec<Task> = rows.into_iter().map(Task::from).collect();
    count_completed(tasks.iter().filter(|task| completed && task.completed_at == Some(now)).count());
    Ok(tasks)
}

/// Removes these tasks; returns those that there were.
pub(crate) async fn delete_many(
    database: &Database,
    owner: UserId,
    ids: &[TaskId],
    now: Timestamp,
) -> Result<Vec<Task>, TaskError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut write = database.write("delete", "tasks").await?;
    touch(&mut write, owner, now).await?;
    let rows: Vec<TaskRow> = on_engine!(write, |c| {
        let mut sql = QueryBuilder::new("DELETE FROM tasks WHERE user_id = ");
        sql.push_bind(owner);
        push_ids(&mut sql, ids);
        sql.push(concat!(" RETURNING ", columns!())).build_query_as().fetch_all(c).await?
    });
    write.commit().await?;
    count_deleted(rows.len());
    Ok(rows.into_iter().map(Task::from).collect())
}

/// Those that are called exactly this, whatever the case of its letters: open ones first, then the newest.
pub(crate) async fn named(database: &Database, owner: UserId, title: &str, limit: u8) -> Result<Vec<Task>, TaskError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM tasks WHERE user_id = $1 AND title_folded = $2
          ORDER BY CASE WHEN completed_at IS NULL THEN 0 ELSE 1 END, created_at DESC, id DESC LIMIT $3"
    );
    let mut read = database.read("list", "tasks").await?;
    let rows: Vec<TaskRow> = on_engine!(read, |c| {
        sqlx::query_as(SQL).bind(owner).bind(fold(title)).bind(i64::from(limit)).fetch_all(c).await?
    });
    Ok(rows.into_iter().map(Task::from).collect())
}

/// The titles of the newest tasks, open ones first, at most [`MOST_TITLES`].
pub(crate) async fn titles(database: &Database, owner: UserId) -> Result<Vec<Titled>, TaskError> {
    const SQL: &str = "SELECT id, title FROM tasks WHERE user_id = $1
                       ORDER BY CASE WHEN completed_at IS NULL THEN 0 ELSE 1 END, created_at DESC, id DESC LIMIT $2";
    let mut read = database.read("list", "tasks").await?;
    Ok(on_engine!(read, |c| sqlx::query_as(SQL).bind(owner).bind(MOST_TITLES).fetch_all(c).await?))
}

/// Counts a user's tasks in one statement, whatever their number.
pub(crate) async fn statistics(database: &Database, owner: UserId, now: Timestamp) -> Result<Statistics, TaskError> {
    const SQL: &str = "SELECT count(*) AS total, count(completed_at) AS completed,
               count(CASE WHEN completed_at IS NULL AND due_at < $2 THEN 1 END) AS overdue,
               count(CASE WHEN completed_at IS NULL AND priority = 1 THEN 1 END) AS open_low,
               count(CASE WHEN completed_at IS NULL AND priority = 2 THEN 1 END) AS open_medium,
               count(CASE WHEN completed_at IS NULL AND priority = 3 THEN 1 END) AS open_high
        FROM tasks WHERE user_id = $1";
    let mut read = database.read("count", "tasks").await?;
    let row: StatisticsRow = on_engine!(read, |c| sqlx::query_as(SQL).bind(owner).bind(now).fetch_one(c).await?);
    Ok(Statistics {
        total: row.total,
        completed: row.completed,
        open: row.total - row.completed,
        overdue: row.overdue,
        open_by_priority: ByPriority { low: row.open_low, medium: row.open_medium, high: row.open_high },
    })
}

#[derive(FromRow)]
struct StatisticsRow {
    total: i64,
    completed: i64,
    overdue: i64,
    open_low: i64,
    open_medium: i64,
    open_high: i64,
}

fn push_ids<DB>(sql: &mut QueryBuilder<DB>, ids: &[TaskId])
where
    DB: sqlx::Database,
    for<'a> Uuid: Encode<'a, DB> + Type<DB>,
{
    sql.push(" AND id IN (");
    let mut list = sql.separated(", ");
    for id in ids {
        list.push_bind(id.0);
    }
    list.push_unseparated(")");
}
