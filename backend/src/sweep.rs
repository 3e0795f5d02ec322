//! Removes from time to time what has expired, so that no table only grows. Absent on purpose: what expires when, which each
//! feature knows, and relying on it: whoever reads asks for the time of expiry as well.

use std::time::Duration;

use rand::RngExt as _;
use tokio_util::sync::CancellationToken;

use crate::{
    assistant,
    database::{Database, on_engine},
    idempotency,
    timestamp::Timestamp,
};

/// Sweeps until told to stop. The pause differs from process to process, so that replicas do not all delete the same rows at
/// the same moment.
pub(crate) async fn sweep(database: Database, stop: CancellationToken) {
    const PAUSE: std::ops::Range<u64> = 8 * 60..12 * 60;
    loop {
        let pause = Duration::from_secs(rand::rng().random_range(PAUSE));
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
        match stop.run_until_cancelled(once(&database, Timestamp::now())).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(error.message = %error, "what has expired could not be removed; the next round tries again");
            }
            None => return,
        }
    }
}

async fn once(database: &Database, now: Timestamp) -> Result<(), sqlx::Error> {
    idempotency::purge(database, now).await?;
    assistant::purge(database, now).await?;
    Ok(())
}

/// Removes everything from before `end` in small portions, so that no write waits long; tells how much. `sql` takes the end
/// and the size of a portion. The work ends, because whatever comes meanwhile comes after `end`.
pub(crate) async fn in_portions(
    database: &Database,
    collection: &'static str,
    sql: &'static str,
    end: Timestamp,
) -> Result<u64, sqlx::Error> {
    const PORTION: i64 = 500;
    let mut purged = 0;
    loop {
        let mut write = database.write("purge", collection).await?;
        let removed = on_engine!(write, |c| sqlx::query(sql).bind(end).bind(PORTION).execute(c).await?.rows_affected());
        write.commit().await?;
        purged += removed;
        if removed < PORTION.unsigned_abs() {
            return Ok(purged);
        }
    }
}
