//! The reader looks far more often than anything changes: the list again and again (mostly answered 304), single tasks,
//! filtered pages. Absent on purpose: writes, but for a handful of tasks at the beginning, so that there is something to read.

use std::sync::Arc;

use goose::GooseError;
use goose::goose::{GooseMethod, GooseUser, Scenario, Transaction, TransactionResult};
use goose::{scenario, transaction};
use rand::RngExt as _;

use super::tasks::{self, Task};
use super::{Got, Person, Shared, Step, THINK, enter_and_leave, send};

/// Tasks that a reader wants to have.
const TASKS: usize = 8;

pub(super) fn scenario(shared: &Arc<Shared>) -> Result<Scenario, GooseError> {
    let (enter, leave) = enter_and_leave(shared);
    Ok(scenario!("reader")
        .set_wait_time(THINK.0, THINK.1)?
        .register_transaction(enter.set_sequence(1))
        .register_transaction(transaction!(settle_in).set_name("settle in").set_on_start().set_sequence(2))
        .register_transaction(transaction!(list).set_name("list").set_weight(5)?)
        .register_transaction(transaction!(show).set_name("show").set_weight(4)?)
        .register_transaction(transaction!(filter).set_name("filter").set_weight(2)?)
        .register_transaction(transaction!(me).set_name("me").set_weight(1)?)
        .register_transaction(leave))
}

async fn settle_in(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    for _ in 0..TASKS {
        if let Some(task) = tasks::create(user, &person).await? {
            person.memory().await.tasks.push(task);
        }
    }
    Ok(())
}

async fn list(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let known = person.memory().await.list_tag.clone();
    let headers = known.as_deref().map(|tag| [("if-none-match", tag)]);
    let step = Step {
        method: GooseMethod::Get,
        template: "/api/tasks",
        path: "/api/tasks",
        headers: headers.as_ref().map_or(&[], |headers| &headers[..]),
        body: None,
        expect: if known.is_some() { 304 } else { 200 },
    };
    // 200 instead of 304: somebody changed the list meanwhile, and this is the new one.
    if let Got::Answer { status: 200, tag, .. } = send(user, &person, step, &[200]).await? {
        person.memory().await.list_tag = tag;
    }
    Ok(())
}

async fn show(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let Some(task) = some_task(&person).await else {
        return settle_in(user).await;
    };
    if !tasks::show(user, &person, task.id).await? {
        person.memory().await.tasks.retain(|known| known.id != task.id);
    }
    Ok(())
}

async fn filter(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let query = {
        let random = &mut person.memory().await.random;
        let queries = ["?status=open&limit=20", "?priority=high&sort=due_at", "?q=the%20milk", "?limit=5&sort=-title"];
        tasks::pick(random, &queries)
    };
    let next = match tasks::list(user, &person, query).await? {
        Got::Answer { body, .. } => body["next_cursor"].as_str().map(str::to_owned),
        Got::Nothing => None,
    };
    if let Some(cursor) = next {
        tasks::list(user, &person, &format!("{query}&cursor={cursor}")).await?;
    }
    Ok(())
}

async fn me(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let step =
        Step { method: GooseMethod::Get, template: "/api/me", path: "/api/me", headers: &[], body: None, expect: 200 };
    send(user, &person, step, &[]).await?;
    Ok(())
}

async fn some_task(person: &Person) -> Option<Task> {
    let memory = &mut *person.memory().await;
    if memory.tasks.is_empty() {
        return None;
    }
    let index = memory.random.random_range(0..memory.tasks.len());
    memory.tasks.get(index).cloned()
}
