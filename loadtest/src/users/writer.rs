//! The writer adds tasks, ticks them off, corrects them and throws them away: most acknowledged writes of the ledger are
//! theirs. Absent on purpose: lists, which the reader and the planner ask for.

use std::sync::Arc;

use goose::GooseError;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionResult};
use goose::{scenario, transaction};
use rand::RngExt as _;

use super::tasks::{self, Task};
use super::{Person, Shared, THINK, enter_and_leave};
use crate::ledger::Change;

/// Beyond this many tasks the oldest are deleted.
const TASKS: usize = 30;

pub(super) fn scenario(shared: &Arc<Shared>) -> Result<Scenario, GooseError> {
    let (enter, leave) = enter_and_leave(shared);
    Ok(scenario!("writer")
        .set_wait_time(THINK.0, THINK.1)?
        .register_transaction(enter)
        .register_transaction(transaction!(add).set_name("add").set_weight(5)?)
        .register_transaction(transaction!(complete).set_name("complete").set_weight(2)?)
        .register_transaction(transaction!(correct).set_name("correct").set_weight(2)?)
        .register_transaction(transaction!(delete).set_name("delete").set_weight(1)?)
        .register_transaction(leave))
}

async fn add(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    if let Some(task) = tasks::create(user, &person).await? {
        person.memory().await.tasks.push(task);
    }
    let oldest = {
        let tasks = &mut person.memory().await.tasks;
        (tasks.len() > TASKS).then(|| tasks.remove(0))
    };
    match oldest {
        Some(task) => tasks::delete(user, &person, task).await,
        None => Ok(()),
    }
}

async fn complete(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let completed = person.memory().await.random.random_bool(0.8);
    write(user, &person, Change { completed: Some(completed), ..Change::default() }).await
}

async fn correct(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let title = {
        let random = &mut person.memory().await.random;
        format!("{} {}", tasks::pick(random, &["rather", "really", "now"]), random.random_range(0..1_000_000))
    };
    write(user, &person, Change { title: Some(title), ..Change::default() }).await
}

async fn delete(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    match take_task(&person).await {
        Some(task) => tasks::delete(user, &person, task).await,
        None => Ok(()),
    }
}

async fn write(user: &mut GooseUser, person: &Person, change: Change) -> TransactionResult {
    let Some(task) = take_task(person).await else {
        return Ok(());
    };
    if let Some(task) = tasks::change(user, person, task, &change, false).await? {
        person.memory().await.tasks.push(task);
    }
    Ok(())
}

/// Takes any task out of the memory: only one write at a time is under way for it.
pub(super) async fn take_task(person: &Person) -> Option<Task> {
    let memory = &mut *person.memory().await;
    if memory.tasks.is_empty() {
        return None;
    }
    let index = memory.random.random_range(0..memory.tasks.len());
    Some(memory.tasks.swap_remove(index))
}
