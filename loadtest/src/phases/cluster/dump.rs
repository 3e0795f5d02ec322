//! The files of a backup drill, and how its data is compared. Absent on purpose: the order of the drill (`backup`).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::accounts::Account;
use crate::api::{Api, Call, cause};
use crate::ledger::Digest;
use crate::ledger::audit::Inventory;
use crate::phases::Stopped;
use crate::target::cluster::jobs::Wish;

const AGAIN: Duration = Duration::from_millis(200);

/// A way to damage a dump.
#[derive(Clone, Copy, Debug)]
pub enum Damage {
    /// Some bytes in the middle are others than its checksum knows.
    Flipped,
    /// The second half is missing, and the checksum is that of the rest.
    Truncated,
}

impl Damage {
    pub const ALL: [Self; 2] = [Self::Flipped, Self::Truncated];

    /// Sorted before every real dump, so that nobody takes it for the newest.
    pub fn name(self) -> String {
        let kind = match self {
            Self::Flipped => "flipped",
            Self::Truncated => "truncated",
        };
        format!("todo-00000000T000000Z-{kind}.dump")
    }

    /// Makes both damaged copies of a dump.
    pub fn command(dump: &str) -> Wish<'static> {
        let script = r#"set -eu
cd "$BACKUP_FOLDER"
half=$(($(wc -c <"$DUMP") / 2))
cp "$DUMP" "$FLIPPED"
printf 'damaged on purpose' | dd of="$FLIPPED" bs=1 seek="$half" conv=notrunc 2>/dev/null
cp "$DUMP.sha256" "$FLIPPED.sha256"
head -c "$half" "$DUMP" >"$TRUNCATED"
sha256sum "$TRUNCATED" >"$TRUNCATED.sha256""#;
        wish(script, dump)
    }
}

/// Removes the damaged copies, and the dump itself when asked to.
pub fn tidy(dump: &str, with_dump: bool) -> Wish<'static> {
    let copies = r#"cd "$BACKUP_FOLDER" && rm -f "$FLIPPED" "$FLIPPED.sha256" "$TRUNCATED" "$TRUNCATED.sha256""#;
    let all = format!(r#"{copies} "$DUMP" "$DUMP.sha256""#);
    wish(if with_dump { &all } else { copies }, dump)
}

fn wish(script: &str, dump: &str) -> Wish<'static> {
    let command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    let variables =
        vec![("DUMP", dump.to_owned()), ("FLIPPED", Damage::Flipped.name()), ("TRUNCATED", Damage::Truncated.name())];
    Wish { command: Some(command), variables }
}

/// The file that a backup says it has written.
pub fn name(log: &str) -> Option<String> {
    let line = log.lines().find_map(|line| line.strip_prefix("backup written: "))?;
    let name = line.split(',').next()?.trim();
    (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
}

/// What a Job said last.
pub fn last_line(log: &str) -> String {
    log.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// The restore's own words that it refuses this file; absent when it ended for another reason.
pub fn refusal(log: &str, file: &str) -> Option<String> {
    let refused = |line: &&str| line.starts_with("restore refused: ") && line.contains(file);
    log.lines().map(str::trim).find(refused).map(str::to_owned)
}

/// Tasks and accounts that are not the same in both.
pub fn differing(before: &Inventory, after: &Inventory) -> u64 {
    let rows = |inventory: &Inventory| -> BTreeSet<(usize, Option<(Uuid, Digest)>)> {
        // An account without tasks is a row as well: one that could not be read is missing.
        let accounts = inventory.keys().map(|account| (*account, None));
        let tasks = inventory
            .iter()
            .flat_map(|(account, tasks)| tasks.iter().map(|task| (*account, Some((task.id, task.content.digest())))));
        accounts.chain(tasks).collect()
    };
    rows(before).symmetric_difference(&rows(after)).count() as u64
}

/// How many tasks of these people an emptied database shows. It must know none of them: no answer at all is no proof, so it is asked
/// again while the Service still learns of the pods that have just become Ready.
pub async fn tasks_of_strangers(api: &Api, accounts: &[Account], patience: Duration) -> Result<u64, Stopped> {
    let (mut tasks, began) = (0, Instant::now());
    for account in accounts {
        let call = Call::get("/api/tasks?status=all&limit=100").template("/api/tasks").token(&account.token);
        loop {
            let said = match api.send(&call).await {
                Ok(answer) if answer.status == 401 => break,
                Ok(answer) if answer.status == 200 => {
                    tasks += answer.json()["items"].as_array().map_or(0, |items| items.len() as u64).max(1);
                    break;
                }
                Ok(answer) => format!("GET /api/tasks was answered {}", answer.status),
                Err(error) => cause(&error),
            };
            if began.elapsed() > patience {
                let within = patience.as_secs();
                return Err(Stopped::Broken(format!(
                    "The backend did not serve from an empty database within {within} s: {said}."
                )));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
    Ok(tasks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Content;
    use crate::ledger::audit::Found;

    fn inventory(titles: &[(usize, u128, &str)]) -> Inventory {
        let mut inventory = Inventory::new();
        for (account, id, title) in titles {
            let content = Content {
                title: (*title).to_owned(),
                description: String::new(),
                priority: "low".to_owned(),
                due_at: None,
                completed: false,
            };
            inventory.entry(*account).or_default().push(Found { id: Uuid::from_u128(*id), content });
        }
        inventory
    }

    #[test]
    fn restored_data_is_compared_row_by_row() {
        let before = inventory(&[(0, 1, "milk"), (0, 2, "roof"), (1, 3, "letter")]);
        assert_eq!(differing(&before, &before.clone()), 0);
        assert_eq!(differing(&before, &inventory(&[(0, 1, "milk"), (0, 2, "ROOF"), (1, 3, "letter")])), 2);
        assert_eq!(differing(&before, &inventory(&[(0, 1, "milk"), (0, 2, "roof")])), 2, "a task and its account");
        assert!(differing(&before, &Inventory::new()) > 0);
    }

    #[test]
    fn the_file_of_a_backup_is_read_from_its_log() {
        let log = "pg_dump: hm\nbackup written: todo-20261120T031500Z.dump, 4711 bytes, 5 tables\n";
        assert_eq!(name(log).as_deref(), Some("todo-20261120T031500Z.dump"));
        assert_eq!(name("backup failed: no"), None);
        assert_eq!(last_line(log), "backup written: todo-20261120T031500Z.dump, 4711 bytes, 5 tables");
    }

    #[test]
    fn a_restore_that_failed_for_another_reason_has_refused_nothing() {
        let file = Damage::Flipped.name();
        let refused =
            format!("restore refused: {file} is damaged: its checksum is 1; the database has not been changed");
        assert_eq!(refusal(&format!("pg_restore: hm\n{refused}\n"), &file), Some(refused.clone()));
        assert_eq!(refusal(&refused, "todo-1.dump"), None, "it is about another file");
        assert_eq!(refusal("psql: error: connection refused\nrestore failed: all of it was rolled back", &file), None);
    }

    #[test]
    fn a_damaged_copy_is_never_the_newest_dump() {
        assert!(Damage::ALL.iter().all(|damage| *damage.name() < *"todo-20261120T031500Z.dump"));
    }

    #[test]
    fn the_damage_is_done_to_copies_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.dump"), [7; 1000]).unwrap();
        std::fs::write(folder.path().join("a.dump.sha256"), "sum  a.dump\n").unwrap();
        let run = |wish: Wish<'_>| {
            let command = wish.command.unwrap();
            let mut child = std::process::Command::new(&command[0]);
            child.args(&command[1..]).env("BACKUP_FOLDER", folder.path()).envs(wish.variables);
            assert!(child.status().unwrap().success());
        };
        run(Damage::command("a.dump"));
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("a.dump"), [7; 1000]);
        let flipped = read(&Damage::Flipped.name());
        assert!(flipped.len() == 1000 && flipped != [7; 1000]);
        assert_eq!(read(&Damage::Truncated.name()).len(), 500);
        run(tidy("a.dump", false));
        let left = || std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left(), 2, "the dump and its checksum stay");
        run(tidy("a.dump", true));
        assert_eq!(left(), 0);
    }
}
