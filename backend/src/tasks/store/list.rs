//! The SQL of a list: filters, order and place are put together from fixed pieces; values only ever travel as arguments.

use sqlx::{Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::{TaskRow, columns, to_number};
use crate::{
    accounts::UserId,
    database::{Database, on_engine},
    tasks::{
        cursor::{Cursor, SortKey},
        fold::fold,
        list::{Page, Selection, SortBy, Status},
        model::TaskError,
    },
    timestamp::Timestamp,
};

/// The moment that stands for "no due date": later than every date. Written the same way in the index.
const NEVER: i64 = i64::MAX;

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    task: TaskRow,
    title_folded: String,
}

/// The first tasks behind the cursor, at most `limit` of them, and where to go on.
pub(crate) async fn list(
    database: &Database,
    owner: UserId,
    selection: &Selection,
    after: Option<&Cursor>,
    limit: u8,
) -> Result<Page, TaskError> {
    // One more than asked for tells whether there is a next page.
    let wanted = i64::from(limit) + 1;
    let mut read = database.read("list", "tasks").await?;
    let mut rows: Vec<ListedRow> =
        on_engine!(read, |c| { statement(owner, selection, after, wanted).build_query_as().fetch_all(c).await? });
    drop(read);
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = rows.last().filter(|_| more).map(|last| place(last, selection.sort.by));
    Ok(Page { items: rows.into_iter().map(|row| row.task.into()).collect(), next })
}

fn place(row: &ListedRow, by: SortBy) -> Cursor {
    let key = match by {
        SortBy::CreatedAt => SortKey::Number(row.task.created_at.microseconds()),
        SortBy::DueAt => SortKey::Number(row.task.due_at.map_or(NEVER, Timestamp::microseconds)),
        SortBy::Priority => SortKey::Number(row.task.priority.into()),
        SortBy::Title => SortKey::Text(row.title_folded.clone()),
    };
    Cursor { key, id: row.task.id }
}

fn statement<DB>(owner: UserId, selection: &Selection, after: Option<&Cursor>, limit: i64) -> QueryBuilder<DB>
where
    DB: sqlx::Database,
    DB::Arguments: Default,
    for<'a> Uuid: Encode<'a, DB> + Type<DB>,
    for<'a> UserId: Encode<'a, DB> + Type<DB>,
    for<'a> Timestamp: Encode<'a, DB> + Type<DB>,
    for<'a> String: Encode<'a, DB> + Type<DB>,
    for<'a> i64: Encode<'a, DB> + Type<DB>,
    for<'a> i16: Encode<'a, DB> + Type<DB>,
{
    let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), ", title_folded FROM tasks WHERE user_id = "));
    sql.push_bind(owner);
    match selection.status {
        Status::Open => _ = sql.push(" AND completed_at IS NULL"),
        Status::Completed => _ = sql.push(" AND completed_at IS NOT NULL"),
        Status::All => {}
    }
    if let Some(priority) = selection.priority {
        sql.push(" AND priority = ").push_bind(to_number(priority));
    }
    if let Some(moment) = selection.due_before {
        sql.push(" AND due_at < ").push_bind(moment);
    }
    if let Some(moment) = selection.due_after {
        sql.push(" AND due_at >= ").push_bind(moment);
    }
    if let Some(text) = &selection.search {
        let pattern = pattern(text);
        sql.push(" AND (title_folded LIKE ").push_bind(pattern.clone());
        sql.push(r" ESCAPE '\' OR description_folded LIKE ").push_bind(pattern).push(r" ESCAPE '\')");
    }
    let key = match selection.sort.by {
        SortBy::CreatedAt => "created_at",
        SortBy::DueAt => "COALESCE(due_at, 9223372036854775807)",
        SortBy::Priority => "priority",
        SortBy::Title => "title_folded",
    };
    let (direction, behind) = if selection.sort.descending { ("DESC", "<") } else { ("ASC", ">") };
    if let Some(Cursor { key: value, id }) = after {
        // The first comparison says less than the second, but it is the one by which SQLite finds its place in an index
        // over an expression: without it every later page would be read from the list's beginning.
        sql.push(format_args!(" AND {key} {behind}= "));
        push_key(&mut sql, value);
        sql.push(format_args!(" AND ({key}, id) {behind} ("));
        push_key(&mut sql, value);
        sql.push(", ").push_bind(*id).push(")");
    }
    sql.push(format_args!(" ORDER BY {key} {direction}, id {direction} LIMIT ")).push_bind(limit);
    sql
}

fn push_key<DB>(sql: &mut QueryBuilder<DB>, key: &SortKey)
where
    DB: sqlx::Database,
    for<'a> String: Encode<'a, DB> + Type<DB>,
    for<'a> i64: Encode<'a, DB> + Type<DB>,
{
    match key {
        SortKey::Number(number) => sql.push_bind(*number),
        SortKey::Text(text) => sql.push_bind(text.clone()),
    };
}

/// A pattern that matches the text anywhere; the letters that mean something in a pattern lose their meaning.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in fold(text).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, Row as _, Sqlite, SqliteConnection};

    use super::{Cursor, Selection, SortBy, SortKey, Status, UserId, Uuid, pattern, statement};
    use crate::{
        database::{Database, DatabaseSettings},
        tasks::list::Sort,
    };

    #[test]
    fn wildcards_in_a_search_are_letters() {
        assert_eq!(pattern(r"100%_\ Ä"), r"%100\%\_\\ ä%");
    }

    #[tokio::test]
    async fn every_order_is_read_from_an_index_without_sorting() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("todo.db").display());
        let database = Database::new(&DatabaseSettings::parse(&url, 1).unwrap());
        database.migrate().await.unwrap();
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        for (by, index) in [
            (SortBy::CreatedAt, "tasks_by_creation"),
            (SortBy::DueAt, "tasks_by_due_date"),
            (SortBy::Priority, "tasks_by_priority"),
            (SortBy::Title, "tasks_by_title"),
        ] {
            let key = if by == SortBy::Title { SortKey::Text("milk".into()) } else { SortKey::Number(2) };
            let cursor = Cursor { key, id: Uuid::now_v7() };
            for (descending, after) in [(false, None), (true, None), (false, Some(&cursor)), (true, Some(&cursor))] {
                for status in [Status::All, Status::Open] {
                    let sort = Sort { by, descending };
                    let selection = Selection { status, sort, search: Some("x".into()), ..Selection::default() };
                    let plan = plan(&mut connection, &selection, after).await;
                    let open = by == SortBy::CreatedAt && status == Status::Open;
                    let index = if open { "tasks_open_by_creation" } else { index };
                    assert!(plan.contains(&format!("USING INDEX {index} (user_id=?")), "{selection:?}: {plan}");
                    assert!(!plan.contains("TEMP B-TREE"), "{selection:?}: {plan}");
                    assert_eq!(plan.contains("(user_id=? AND "), after.is_some(), "{selection:?}: {plan}");
                }
            }
        }
    }

    async fn plan(connection: &mut SqliteConnection, selection: &Selection, after: Option<&Cursor>) -> String {
        let sql = statement::<Sqlite>(UserId::generate(), selection, after, 51).sql().as_str().to_owned();
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explain).fetch_all(connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("; ")
    }
}
