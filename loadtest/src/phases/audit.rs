//! SC-003, second half: reads every task of every account through the API after the last restart. Absent on purpose: the
//! comparison itself (`ledger::audit`).

use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use uuid::Uuid;

use super::{Context, Stopped};
use crate::accounts::Account;
use crate::api::{Api, Call};
use crate::ledger::Content;
use crate::ledger::audit::{Found, Inventory};
use crate::measurements::Ledger;

const AT_ONCE: usize = 4;

/// The part of a page that the audit reads.
#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    id: Uuid,
    #[serde(flatten)]
    content: Content,
}

/// Reads all accounts and compares. An account that cannot be read counts as not audited, which is no proof.
pub async fn run(context: &Context, api: &Api, accounts: &[Account]) -> Result<Ledger, Stopped> {
    let _phase = context.watch.phase("audit");
    Ok(context.ledger.audit(&inventory(context, api, accounts).await?))
}

/// Every task of every account that can be read.
pub async fn inventory(context: &Context, api: &Api, accounts: &[Account]) -> Result<Inventory, Stopped> {
    let reading = stream::iter(accounts).map(|account| async move { (account.index, read(api, account).await) });
    let read: Vec<_> = context.unless_interrupted(reading.buffer_unordered(AT_ONCE).collect()).await?;
    let mut inventory = Inventory::new();
    for (index, tasks) in read {
        match tasks {
            Ok(tasks) => {
                inventory.insert(index, tasks);
            }
            Err(what) => context.progress.note(&format!("account {index} cannot be audited: {what}")),
        }
    }
    Ok(inventory)
}

async fn read(api: &Api, account: &Account) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    let mut path = "/api/tasks?status=all&limit=100".to_owned();
    loop {
        let call = Call::get(&path).template("/api/tasks").token(&account.token);
        let answer = api.send(&call).await.map_err(|error| crate::api::cause(&error))?;
        if answer.status != 200 {
            return Err(format!("GET /api/tasks answered {}", answer.status));
        }
        let page: Page = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        found.extend(page.items.into_iter().map(|item| Found { id: item.id, content: item.content }));
        match page.next_cursor {
            Some(cursor) => path = format!("/api/tasks?status=all&limit=100&cursor={cursor}"),
            None => return Ok(found),
        }
    }
}
