//! The ledger against what the API returns after the last restart. Absent on purpose: fetching (`phases::audit`).

use std::collections::HashMap;

use uuid::Uuid;

use super::{Content, Entry, Ledger};
use crate::measurements;

/// How many findings are kept in words.
const EXAMPLES: usize = 10;

/// A task as the API returned it.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: Uuid,
    pub content: Content,
}

/// Everything the API returned, by account; an account that could not be read is missing here.
pub type Inventory = HashMap<usize, Vec<Found>>;

/// What became of one task.
#[derive(Debug, PartialEq)]
enum Finding {
    Right,
    Lost(String),
    Altered(String),
}

impl Ledger {
    /// Compares every acknowledged write with the inventory.
    pub fn audit(&self, inventory: &Inventory) -> measurements::Ledger {
        let tasks = self.tasks();
        let mut result = measurements::Ledger { acknowledged: self.acknowledged(), ..Default::default() };

        let mut found: HashMap<Uuid, Vec<&Found>> = HashMap::new();
        for (account, task) in
            inventory.iter().flat_map(|(account, tasks)| tasks.iter().map(move |task| (account, task)))
        {
            let mark = Uuid::parse_str(&task.content.description).ok().filter(|mark| tasks.contains_key(mark));
            match mark {
                Some(mark) => {
                    if tasks.get(&mark).is_some_and(|entry| entry.account != *account) {
                        result.altered += 1;
                        note(&mut result.examples, format!("task {} is in somebody else's list", task.id));
                    }
                    found.entry(mark).or_default().push(task);
                }
                None => {
                    result.altered += 1;
                    note(&mut result.examples, format!("task {} carries no mark that was ever sent", task.id));
                }
            }
        }

        for (mark, entry) in tasks.iter() {
            if !inventory.contains_key(&entry.account) {
                continue;
            }
            result.audited += entry.writes;
            let copies = found.get(mark).map_or(&[][..], Vec::as_slice);
            if copies.len() > 1 {
                result.duplicated += copies.len() as u64 - 1;
                let ids: Vec<_> = copies.iter().map(|copy| copy.id.to_string()).collect();
                note(&mut result.examples, format!("one creation made {} tasks: {}", copies.len(), ids.join(", ")));
            }
            let expected = copies.iter().find(|copy| entry.id.is_none_or(|id| id == copy.id)).or(copies.first());
            match entry.compare(expected.copied()) {
                Finding::Right => {}
                Finding::Lost(what) => {
                    result.lost += 1;
                    note(&mut result.examples, what);
                }
                Finding::Altered(what) => {
                    result.altered += 1;
                    note(&mut result.examples, what);
                }
            }
        }

        let counts = self.counts();
        result.retried = counts.retried;
        result.unanswered = counts.unanswered;
        result
    }
}

impl Entry {
    fn compare(&self, found: Option<&Found>) -> Finding {
        let named = self.id.map_or_else(|| "a task".to_owned(), |id| format!("task {id}"));
        let Some(found) = found else {
            return if self.possible.contains(&None) {
                Finding::Right
            } else {
                Finding::Lost(format!("{named} is gone after {} acknowledged writes", self.writes))
            };
        };
        let digest = found.content.digest();
        if self.possible.iter().flatten().any(|content| content.digest() == digest) {
            return match self.id {
                Some(id) if id != found.id => Finding::Altered(format!("{named} now has the id {}", found.id)),
                _ => Finding::Right,
            };
        }
        if self.possible == [None] {
            return Finding::Lost(format!("{named} is back although its deletion was acknowledged"));
        }
        if self.acknowledged.contains(&digest) {
            return Finding::Lost(format!("{named} is in an earlier state: a later acknowledged update is gone"));
        }
        let expected: Vec<_> = self.possible.iter().flatten().map(Content::digest).map(short).collect();
        Finding::Altered(format!("{named} has digest {}, acknowledged was {}", short(digest), expected.join(" or ")))
    }
}

fn note(examples: &mut Vec<String>, what: String) {
    if examples.len() < EXAMPLES {
        examples.push(what);
    }
}

/// The first eight digits tell two digests apart for a reader.
fn short(digest: super::Digest) -> String {
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Change;

    fn content(mark: Uuid) -> Content {
        Content {
            title: "water the plants".to_owned(),
            description: mark.to_string(),
            priority: "medium".to_owned(),
            due_at: None,
            completed: false,
        }
    }

    fn completed() -> Change {
        Change { completed: Some(true), ..Change::default() }
    }

    /// A ledger with one acknowledged task of account 0, its mark, its id and its content.
    fn one_task() -> (Ledger, Uuid, Uuid, Content) {
        let (ledger, mark, id) = (Ledger::default(), Uuid::new_v4(), Uuid::new_v4());
        let content = content(mark);
        ledger.creating(0, mark, &content);
        ledger.created(mark, id);
        (ledger, mark, id, content)
    }

    fn inventory(tasks: Vec<Found>) -> Inventory {
        HashMap::from([(0, tasks)])
    }

    fn counts(result: &measurements::Ledger) -> (u64, u64, u64) {
        (result.lost, result.duplicated, result.altered)
    }

    #[test]
    fn what_was_acknowledged_and_is_there_is_right() {
        let (ledger, mark, id, content) = one_task();
        ledger.changed(mark, &completed());
        let found = Found { id, content: content.changed(&completed()) };
        let result = ledger.audit(&inventory(vec![found]));
        assert_eq!(counts(&result), (0, 0, 0), "{:?}", result.examples);
        assert_eq!((result.acknowledged, result.audited), (2, 2));
    }

    #[test]
    fn an_acknowledged_task_that_is_gone_is_lost() {
        let (ledger, ..) = one_task();
        assert_eq!(counts(&ledger.audit(&inventory(vec![]))), (1, 0, 0));
    }

    #[test]
    fn an_acknowledged_update_that_is_gone_is_lost() {
        let (ledger, mark, id, content) = one_task();
        ledger.changed(mark, &completed());
        assert_eq!(counts(&ledger.audit(&inventory(vec![Found { id, content }]))), (1, 0, 0));
    }

    #[test]
    fn an_acknowledged_deletion_that_is_undone_is_lost() {
        let (ledger, mark, id, content) = one_task();
        ledger.deleted(mark);
        assert_eq!(counts(&ledger.audit(&inventory(vec![Found { id, content }]))), (1, 0, 0));
        assert_eq!(counts(&ledger.audit(&inventory(vec![]))), (0, 0, 0));
    }

    #[test]
    fn a_changed_word_is_altered() {
        let (ledger, _, id, mut content) = one_task();
        content.title.push('!');
        let result = ledger.audit(&inventory(vec![Found { id, content }]));
        assert_eq!(counts(&result), (0, 0, 1));
        assert!(result.examples[0].contains("digest"), "{:?}", result.examples);
    }

    #[test]
    fn a_creation_that_happened_twice_is_duplicated() {
        let (ledger, _, id, content) = one_task();
        let twin = Found { id: Uuid::new_v4(), content: content.clone() };
        assert_eq!(counts(&ledger.audit(&inventory(vec![twin, Found { id, content }]))), (0, 1, 0));
    }

    #[test]
    fn a_task_that_nobody_sent_is_altered() {
        let (ledger, _, id, content) = one_task();
        let stranger = Found { id: Uuid::new_v4(), content: Content { description: String::new(), ..content.clone() } };
        assert_eq!(counts(&ledger.audit(&inventory(vec![stranger, Found { id, content }]))), (0, 0, 1));
    }

    #[test]
    fn a_task_in_somebody_elses_list_is_altered() {
        let (ledger, _, id, content) = one_task();
        let moved = HashMap::from([(0, vec![]), (1, vec![Found { id, content }])]);
        assert_eq!(counts(&ledger.audit(&moved)), (0, 0, 1));
    }

    #[test]
    fn an_unanswered_update_may_have_happened_or_not() {
        let (ledger, mark, id, content) = one_task();
        ledger.change_in_doubt(mark, &completed());
        for state in [content.clone(), content.changed(&completed())] {
            let result = ledger.audit(&inventory(vec![Found { id, content: state }]));
            assert_eq!(counts(&result), (0, 0, 0), "{:?}", result.examples);
        }
        assert_eq!(counts(&ledger.audit(&inventory(vec![]))), (1, 0, 0), "an update deletes nothing");
    }

    #[test]
    fn a_later_acknowledged_update_keeps_the_doubt_about_other_fields_only() {
        let (ledger, mark, id, content) = one_task();
        ledger.change_in_doubt(mark, &completed());
        let renamed = Change { title: Some("water".to_owned()), ..Change::default() };
        ledger.changed(mark, &renamed);
        let right = [content.changed(&renamed), content.changed(&renamed).changed(&completed())];
        for state in right {
            assert_eq!(counts(&ledger.audit(&inventory(vec![Found { id, content: state }]))), (0, 0, 0));
        }
        assert_eq!(counts(&ledger.audit(&inventory(vec![Found { id, content }]))), (1, 0, 0));
    }

    #[test]
    fn an_unanswered_deletion_may_have_happened_or_not_and_an_update_settles_it() {
        let (ledger, mark, id, content) = one_task();
        ledger.deletion_in_doubt(mark);
        assert_eq!(counts(&ledger.audit(&inventory(vec![]))), (0, 0, 0));
        assert_eq!(counts(&ledger.audit(&inventory(vec![Found { id, content }]))), (0, 0, 0));
        ledger.changed(mark, &completed());
        assert_eq!(counts(&ledger.audit(&inventory(vec![]))), (1, 0, 0));
    }

    #[test]
    fn an_unanswered_creation_may_exist_or_not_and_counts_as_unanswered() {
        let (ledger, mark) = (Ledger::default(), Uuid::new_v4());
        ledger.creating(0, mark, &content(mark));
        ledger.creation_in_doubt();
        let found = Found { id: Uuid::new_v4(), content: content(mark) };
        for tasks in [vec![], vec![found]] {
            let result = ledger.audit(&inventory(tasks));
            assert_eq!((counts(&result), result.unanswered, result.acknowledged), ((0, 0, 0), 1, 0));
        }
    }

    #[test]
    fn an_account_that_could_not_be_read_is_not_audited() {
        let (ledger, ..) = one_task();
        let result = ledger.audit(&Inventory::new());
        assert_eq!((result.acknowledged, result.audited, result.lost), (1, 0, 0));
    }
}
