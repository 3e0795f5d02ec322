//! BACKUP: a dump by the release's own Job, then the database's volume is lost, then the restore Job brings everything back;
//! and damaged dumps are refused. Absent on purpose: the schedule, and where dumps are kept beyond the cluster.

use std::time::Duration;

use k8s_openapi::api::batch::v1::CronJob;

use super::Traffic;
use super::dump::{self, Damage};
use super::rest::{SERVES_WITHIN, STEADY, and_back, at_rest, fresh, serves_again};
use crate::ledger::audit::Inventory;
use crate::measurements::Backup;
use crate::phases::audit::inventory;
use crate::phases::{Context, Stopped};
use crate::target::cluster::jobs::{JobEnd, Wish};
use crate::target::cluster::{Cluster, Component, insist, pods, until};

const JOB_WITHIN: Duration = Duration::from_secs(180);
const READY_WITHIN: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(200);

/// The Jobs of the release, and the name of this drill in theirs.
struct Drill<'a> {
    cluster: &'a Cluster,
    backup: CronJob,
    restore: CronJob,
    id: String,
}

/// Backs up, loses the volume, restores, and tries damaged files. Once the volume is lost it does not heed Ctrl-C until the
/// data is back.
pub async fn run(context: &Context, cluster: &Cluster, traffic: &Traffic) -> Result<Backup, Stopped> {
    let _phase = context.watch.phase("backup and restore");
    let drill = prepare(context, cluster).await?;
    at_rest(cluster).await?;
    let before = inventory(context, &traffic.api, &traffic.accounts).await?;
    let backup = drill.back_up().await?;
    let Some(dump) = dump::name(&backup.log).filter(|_| backup.succeeded) else {
        return Ok(Backup { tasks_before: count(&before), ..Backup::default() });
    };
    context.unless_interrupted(std::future::ready(())).await?;

    let tried = lose_and_restore(context, &drill, traffic, &dump).await;
    let (after_wipe, restore) = match tried {
        Ok(done) => done,
        Err(stopped) => return Err(keep(stopped, &dump)),
    };
    let after = inventory(context, &traffic.api, &traffic.accounts).await?;
    let refused = refuse(context, &drill, traffic, &dump, &after).await;
    let same = dump::differing(&before, &after) == 0;
    // The dump of a drill that failed may be the only place where the data still is.
    let back = drill.tidy(&dump, same).await;
    let (damaged_refusal, untouched_by_refusal) = and_back(refused, back)?;
    Ok(Backup {
        backup_seconds: Some(backup.seconds),
        restore_seconds: restore.succeeded.then_some(restore.seconds),
        tasks_before: count(&before),
        tasks_after_wipe: after_wipe,
        tasks_after_restore: count(&after),
        wrong_writes: dump::differing(&before, &after),
        damaged_refusal,
        untouched_by_refusal,
    })
}

async fn prepare<'a>(context: &Context, cluster: &'a Cluster) -> Result<Drill<'a>, Stopped> {
    let off = || Stopped::Impossible("Backups are off in this release: --set backup.enabled=true.".to_owned());
    let (backup, restore) = (format!("{}-backup", cluster.fullname), format!("{}-restore", cluster.fullname));
    let backup = cluster.cron_job(&backup).await?.ok_or_else(off)?;
    let restore = cluster.cron_job(&restore).await?.ok_or_else(off)?;
    if !cluster.has_database().await? {
        return Err(Stopped::Impossible("The database is not the release's own: it must not be wiped.".to_owned()));
    }
    Ok(Drill { cluster, backup, restore, id: format!("{:08x}", context.seed & 0xffff_ffff) })
}

/// Returns how many tasks an empty database showed, and how the restore ended.
async fn lose_and_restore(
    context: &Context,
    drill: &Drill<'_>,
    traffic: &Traffic,
    dump: &str,
) -> Result<(u64, JobEnd), Stopped> {
    let token = traffic.accounts.first().map_or("", |account| account.token.as_str());
    // Nobody is at work, so there is nothing to fail; should there be, it was announced.
    context.watch.open_window("restore");
    context.watch.happened("outage", "The database loses its volume.");
    let lost = lose(drill.cluster).await;
    // What an empty database shows is told apart from no answer: who is asked about must be unknown to it.
    let wiped = match lost {
        Ok(()) => dump::tasks_of_strangers(&fresh(traffic)?, &traffic.accounts, SERVES_WITHIN).await,
        Err(stopped) => Err(stopped),
    };
    context.watch.happened("restore", "The restore begins.");
    let restored = drill.restore(dump).await;
    let serving = async {
        let restored = restored?;
        if !restored.succeeded {
            return Err(Stopped::Broken(format!("The restore failed: {}", dump::last_line(&restored.log))));
        }
        serves_again(drill.cluster, &fresh(traffic)?, token, STEADY).await?;
        Ok(restored)
    };
    let serving = serving.await;
    context.watch.close_windows();
    Ok((wiped?, serving?))
}

/// Takes the database's pod and volume away, lets an empty one come up, and lets the backend set up its schema.
async fn lose(cluster: &Cluster) -> Result<(), Stopped> {
    let late = |what: &str| Stopped::Broken(format!("{what} within {} s.", READY_WITHIN.as_secs()));
    let replicas = cluster.wanted_pods(Component::Database).await?;
    let claim = format!("data-{}-0", cluster.name(Component::Database));
    cluster.scale_database(0).await?;
    let lost = async {
        cluster.wait_pods_ready(Component::Database, 0, READY_WITHIN).await?;
        let gone = cluster.wait_departed(Component::Database, READY_WITHIN).await?;
        gone.ok_or_else(|| late("The database's pod did not end"))?;
        // Without a claim the pod's end was the end of the data.
        if cluster.claim(&claim).await?.is_some() {
            cluster.delete_claim(&claim).await?;
            let gone = until(READY_WITHIN, POLL, || async { Ok(cluster.claim(&claim).await?.is_none()) }).await?;
            gone.ok_or_else(|| late("The database's claim did not go"))?;
        }
        Ok(())
    };
    let lost = lost.await;
    insist(|| cluster.scale_database(replicas)).await?;
    let ready = cluster.wait_pods_ready(Component::Database, replicas as usize, READY_WITHIN).await?;
    ready.ok_or_else(|| late("An empty database was not Ready"))?;
    // New pods find an empty database and set it up, as after an installation.
    let backends = cluster.pods(Component::Backend).await?;
    for pod in &backends {
        cluster.delete_pod(&pods::name(pod), false).await?;
    }
    let ready = until(READY_WITHIN, POLL, || async {
        let wanted = cluster.wanted_pods(Component::Backend).await? as usize;
        let ready = cluster.ready_endpoints(Component::Backend).await?;
        Ok(ready.len() >= wanted && !backends.iter().any(|pod| ready.contains(&pods::name(pod))))
    });
    ready.await?.ok_or_else(|| late("The backend was not Ready on an empty database"))?;
    lost
}

/// What the restore said about each damaged file, when it refused them all, and whether the data stayed the same.
async fn refuse(
    context: &Context,
    drill: &Drill<'_>,
    traffic: &Traffic,
    dump: &str,
    before: &Inventory,
) -> Result<(Option<String>, bool), Stopped> {
    let damaged = drill.job(&drill.restore, "damage", &Damage::command(dump)).await?;
    if !damaged.succeeded {
        return Err(Stopped::Broken(format!("No dump could be damaged: {}", dump::last_line(&damaged.log))));
    }
    let mut said = Vec::new();
    for damage in Damage::ALL {
        let file = damage.name();
        let end = drill.restore(&file).await?;
        match dump::refusal(&end.log, &file).filter(|_| !end.succeeded) {
            Some(words) => said.push(words),
            None => context.progress.note(&format!("{file} was not refused: {}", dump::last_line(&end.log))),
        }
    }
    let untouched = dump::differing(before, &inventory(context, &traffic.api, &traffic.accounts).await?) == 0;
    let all = said.len() == Damage::ALL.len();
    Ok((all.then(|| said.join(" / ")), untouched))
}

fn count(inventory: &Inventory) -> u64 {
    inventory.values().map(|tasks| tasks.len() as u64).sum()
}

/// A failed restore must not be the end of the data.
fn keep(stopped: Stopped, dump: &str) -> Stopped {
    Stopped::Broken(format!("{stopped} The dump {dump} has been kept: scripts/restore {dump}."))
}

impl Drill<'_> {
    async fn back_up(&self) -> Result<JobEnd, Stopped> {
        // No older dump goes for the sake of this one.
        let wish = Wish { variables: vec![("BACKUP_RETENTION", "1000000".to_owned())], ..Wish::default() };
        self.job(&self.backup, "backup", &wish).await
    }

    async fn restore(&self, file: &str) -> Result<JobEnd, Stopped> {
        let wish = Wish { variables: vec![("RESTORE_FILE", file.to_owned())], ..Wish::default() };
        self.job(&self.restore, "restore", &wish).await
    }

    /// Removes the damaged files, and the dump of this drill when its data is back.
    async fn tidy(&self, dump: &str, with_dump: bool) -> Result<(), Stopped> {
        let end = self.job(&self.restore, "tidy", &dump::tidy(dump, with_dump)).await?;
        let failed = || Stopped::Broken(format!("The drill's files were not removed: {}", dump::last_line(&end.log)));
        if end.succeeded { Ok(()) } else { Err(failed()) }
    }

    async fn job(&self, from: &CronJob, what: &str, wish: &Wish<'_>) -> Result<JobEnd, Stopped> {
        let number = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("loadtest-{what}-{}-{}", self.id, number.get(..4).unwrap_or_default());
        Ok(self.cluster.run_job(from, &name, wish, JOB_WITHIN).await?)
    }
}
