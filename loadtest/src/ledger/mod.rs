//! Every write that the server acknowledged, with the digest of what it acknowledged, and every write whose answer was
//! cut off. Absent on purpose: sending requests (`users`, `phases::audit`) and judging what the audit finds.
//!
//! A task is found again by its mark: the `Idempotency-Key` of its creation, which stands in its description and is
//! never changed. An unanswered write leaves its task in doubt: before and after are then both right, until a later
//! acknowledged write settles it.

pub mod audit;
mod content;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

pub use content::{Change, Content, Digest};

/// The ledger of a run.
#[derive(Debug, Default)]
pub struct Ledger {
    acknowledged: AtomicU64,
    tasks: Mutex<HashMap<Uuid, Entry>>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    retried: u64,
    unanswered: u64,
}

/// One task, under its mark.
#[derive(Debug)]
struct Entry {
    /// Index of the account that owns it.
    account: usize,
    /// Absent while the creation has not been acknowledged.
    id: Option<Uuid>,
    /// What the server may hold now. One element unless a write is in doubt; `None` means deleted or never created.
    possible: Vec<Option<Content>>,
    /// Digests of all states that were acknowledged, in order.
    acknowledged: Vec<Digest>,
    /// Acknowledged writes, deletion included.
    writes: u64,
}

impl Ledger {
    /// Acknowledged writes so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Relaxed)
    }

    /// Creations repeated so far.
    pub fn repeated(&self) -> u64 {
        self.counts().retried
    }

    /// Notes that a creation is about to be sent: from now on the task may exist.
    pub fn creating(&self, account: usize, mark: Uuid, content: &Content) {
        let entry = Entry {
            account,
            id: None,
            possible: vec![None, Some(content.clone())],
            acknowledged: Vec::new(),
            writes: 0,
        };
        self.tasks().insert(mark, entry);
    }

    /// Notes the acknowledged creation.
    pub fn created(&self, mark: Uuid, id: Uuid) {
        self.settle(mark, |entry| {
            entry.id = Some(id);
            entry.possible.retain(Option::is_some);
        });
    }

    /// Notes an acknowledged update.
    pub fn changed(&self, mark: Uuid, change: &Change) {
        self.settle(mark, |entry| {
            // The server found the task, so it had not been deleted.
            entry.possible.retain(Option::is_some);
            for content in entry.possible.iter_mut().flatten() {
                *content = content.changed(change);
            }
        });
    }

    /// Notes an acknowledged deletion.
    pub fn deleted(&self, mark: Uuid) {
        self.settle(mark, |entry| entry.possible = vec![None]);
    }

    /// Notes an update whose answer never came: it may or may not have happened.
    pub fn change_in_doubt(&self, mark: Uuid, change: &Change) {
        self.doubt(mark, |before| before.as_ref().map(|content| content.changed(change)));
    }

    /// Notes a deletion whose answer never came.
    pub fn deletion_in_doubt(&self, mark: Uuid) {
        self.doubt(mark, |_| None);
    }

    /// Counts a creation that stays unanswered after its last try.
    pub fn creation_in_doubt(&self) {
        self.counts().unanswered += 1;
    }

    /// Counts a repeated creation.
    pub fn retried(&self) {
        self.counts().retried += 1;
    }

    fn settle(&self, mark: Uuid, write: impl FnOnce(&mut Entry)) {
        let mut tasks = self.tasks();
        let Some(entry) = tasks.get_mut(&mark) else { return };
        write(entry);
        entry.possible.dedup();
        entry.acknowledged.extend(entry.possible.iter().flatten().map(Content::digest));
        entry.writes += 1;
        self.acknowledged.fetch_add(1, Relaxed);
    }

    fn doubt(&self, mark: Uuid, after: impl Fn(&Option<Content>) -> Option<Content>) {
        self.counts().unanswered += 1;
        let mut tasks = self.tasks();
        let Some(entry) = tasks.get_mut(&mark) else { return };
        let changed: Vec<_> = entry.possible.iter().map(after).collect();
        for state in changed {
            if !entry.possible.contains(&state) {
                entry.possible.push(state);
            }
        }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        // A panic elsewhere must not hide what was acknowledged.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
