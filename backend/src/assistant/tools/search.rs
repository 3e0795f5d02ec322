//! Searching by words, forgiving typing errors: first what is called exactly so, then where the words stand, and only where
//! there is neither, what looks like it.

use super::{Code, Data, Outcome, ToolError, confirmation};
use crate::{
    accounts::UserId,
    assistant::rules::{Known, Pick, pick},
    database::Database,
    tasks::{
        list::{Page, Selection},
        model::{Task, TaskId},
        store as tasks,
    },
};

/// The best of what matches.
pub(super) async fn run(database: &Database, owner: UserId, query: &str, limit: u8) -> Result<Outcome, ToolError> {
    let (found, has_more) = written(database, owner, query, limit).await?;
    if !found.is_empty() {
        let message = format!("{} found.", confirmation::counted(found.len()));
        return Ok(Outcome { message, affected: 0, data: Data::Tasks { tasks: found, has_more } });
    }
    let mut ids = alike(database, owner, query).await?;
    let has_more = ids.len() > usize::from(limit);
    ids.truncate(usize::from(limit));
    let found = tasks::find_many(database, owner, &ids).await?;
    let message = match found.len() {
        0 => "0 tasks found.".to_owned(),
        some => format!("{} with similar words found.", confirmation::counted(some)),
    };
    Ok(Outcome { message, affected: 0, data: Data::Tasks { tasks: found, has_more } })
}

/// Tasks in which this stands. One that is called so comes first: it must not be lost behind newer ones that only mention it.
async fn written(database: &Database, owner: UserId, query: &str, limit: u8) -> Result<(Vec<Task>, bool), ToolError> {
    let mut found = tasks::named(database, owner, query, limit).await?;
    let selection = Selection { search: Some(query.to_owned()), ..Selection::default() };
    let Page { items, next } = tasks::list(database, owner, &selection, None, limit).await?;
    for task in items {
        if !found.iter().any(|named| named.id == task.id) {
            found.push(task);
        }
    }
    found.truncate(usize::from(limit));
    Ok((found, next.is_some()))
}

/// Tasks that are called something like it, the likest first. Comparing every word with every word takes a while, which
/// other requests must not wait for: so it has a thread of its own.
async fn alike(database: &Database, owner: UserId, query: &str) -> Result<Vec<TaskId>, ToolError> {
    let titled = tasks::titles(database, owner).await?;
    let titles: Vec<Known> = titled.into_iter().map(|task| Known { id: task.id, title: task.title }).collect();
    let query = query.to_owned();
    let picked = tokio::task::spawn_blocking(move || pick(&query, &titles)).await.map_err(|error| {
        tracing::warn!(error.message = telemetry::chain(&error), "a search broke off");
        ToolError::new(Code::ExecutionError, "The search broke off. Please try again.")
    })?;
    let alike = match picked {
        Pick::One(one) => vec![one],
        Pick::Several(several) => several,
        Pick::None => Vec::new(),
    };
    Ok(alike.into_iter().map(|known| TaskId(known.id)).collect())
}
