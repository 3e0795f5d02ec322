//! The planner sorts the week: lists what is due, moves dates and priorities, and guards each change with `If-Match`, so
//! that a plan made on an old state would be noticed. Absent on purpose: deletions.

use std::sync::Arc;

use goose::GooseError;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionResult};
use goose::{scenario, transaction};

use super::{Person, Shared, THINK, enter_and_leave, tasks, writer::take_task};
use crate::ledger::Change;

/// Tasks that a planner keeps an eye on.
const TASKS: usize = 20;

pub(super) fn scenario(shared: &Arc<Shared>) -> Result<Scenario, GooseError> {
    let (enter, leave) = enter_and_leave(shared);
    Ok(scenario!("planner")
        .set_wait_time(THINK.0, THINK.1)?
        .register_transaction(enter)
        .register_transaction(transaction!(look).set_name("look").set_weight(3)?)
        .register_transaction(transaction!(reschedule).set_name("reschedule").set_weight(3)?)
        .register_transaction(transaction!(prioritise).set_name("prioritise").set_weight(2)?)
        .register_transaction(transaction!(plan).set_name("plan").set_weight(2)?)
        .register_transaction(leave))
}

async fn look(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let query = {
        let random = &mut person.memory().await.random;
        let before = tasks::due(random);
        format!("?status=open&sort=due_at&due_before={before}&limit=20")
    };
    tasks::list(user, &person, &query).await?;
    Ok(())
}

async fn reschedule(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let due_at = tasks::due(&mut person.memory().await.random);
    guarded(user, &person, Change { due_at: Some(due_at), ..Change::default() }).await
}

async fn prioritise(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    let priority = {
        let random = &mut person.memory().await.random;
        tasks::pick(random, &["low", "medium", "high"])
    };
    guarded(user, &person, Change { priority: Some(priority), ..Change::default() }).await
}

async fn plan(user: &mut GooseUser) -> TransactionResult {
    let person = Person::of(user)?;
    if person.memory().await.tasks.len() >= TASKS {
        return look(user).await;
    }
    if let Some(task) = tasks::create(user, &person).await? {
        person.memory().await.tasks.push(task);
    }
    Ok(())
}

async fn guarded(user: &mut GooseUser, person: &Person, change: Change) -> TransactionResult {
    let Some(task) = take_task(person).await else {
        return plan(user).await;
    };
    if let Some(task) = tasks::change(user, person, task, &change, true).await? {
        person.memory().await.tasks.push(task);
    }
    Ok(())
}
