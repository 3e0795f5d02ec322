//! SC-003, first half: `kill -9` under write load, restart, again and again, while goose goes on. Absent on purpose: the
//! audit of what was acknowledged (`audit`), and power cuts: what a process has handed to the system outlives its kill.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Context, Stopped, sentence};
use crate::attack;
use crate::clock::milliseconds;
use crate::load::Figures;
use crate::measurements::Kill;
use crate::probe::Probes;
use crate::target::local::Local;
use crate::target::settings::Settings;
use crate::users::{Mix, Shared};

/// Mostly writing: a kill proves something only about writes.
const MIX: Mix = Mix { readers: 1, writers: 6, planners: 3, chatters: 1 };
const KILLS: usize = 5;
/// More kills follow until there are enough writes, and one whose answer was lost and which was repeated, but not for ever.
const KILLS_AT_MOST: usize = 12;
/// Acknowledged writes over the whole run, a little above what the judge asks for.
const WRITES: u64 = 1_100;
/// Acknowledged writes before each kill.
const WRITES_PER_KILL: u64 = 60;
/// A server lives at least this long, and no longer than that even when it acknowledges nothing.
const LIFE: (Duration, Duration) = (Duration::from_millis(1_200), Duration::from_secs(10));
/// Load after the last restart, so that its recovery is part of the run.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// The load under which the server is killed, and where its figures go.
pub struct Under<'a> {
    pub shared: &'a Arc<Shared>,
    pub probes: &'a Probes,
    pub users: usize,
    pub figures: &'a mut Figures,
    /// Tells the users whether the server is up.
    pub up: &'a watch::Sender<bool>,
}

/// Kills and restarts until there are enough kills and enough writes, or until Ctrl-C.
pub async fn run(
    context: &Context,
    server: &mut Local,
    settings: &Settings,
    under: Under<'_>,
) -> Result<Vec<Kill>, Stopped> {
    let _phase = context.watch.phase("kills");
    let stop = context.interrupted.child_token();
    let base = server.base()?;
    let base = base.as_str().trim_end_matches('/');
    // Longer than it can take: the last kill ends it.
    let plan = format!("{},1s;{},10m;0,1s", under.users, under.users);
    let following = context.progress.follow_load();
    let probing = under.probes.start(&context.watch, &stop);
    let began = Instant::now();
    let (attack, kills) = tokio::join!(
        attack::run(under.shared, base, MIX, &plan, &stop),
        kill_again_and_again(context, server, settings, under.up, &stop)
    );
    following.abort();
    probing.join_all().await;
    let attack = attack.map_err(|error| Stopped::Broken(sentence(&format!("goose gave up: {error}"))))?;
    under.figures.add(&attack, began.elapsed().as_secs_f64());
    kills
}

/// Ends the load by `stop` when it is done, whatever came of it.
async fn kill_again_and_again(
    context: &Context,
    server: &mut Local,
    settings: &Settings,
    up: &watch::Sender<bool>,
    stop: &CancellationToken,
) -> Result<Vec<Kill>, Stopped> {
    let _stop = stop.clone().drop_guard();
    let mut kills = Vec::new();
    let mut acknowledged = context.ledger.acknowledged();
    let enough = || context.ledger.acknowledged() >= WRITES && context.ledger.repeated() > 0;
    while kills.len() < KILLS || (!enough() && kills.len() < KILLS_AT_MOST) {
        wait_for_writes(context, acknowledged + WRITES_PER_KILL).await?;
        let number = kills.len() + 1;
        context.progress.note(&format!("kill -9, number {number}"));
        // Announced before the signal is sent: what fails from here on is expected, and nothing before.
        context.watch.open_window(&format!("kill {number}"));
        up.send_replace(false);
        let in_flight = u64::try_from(context.watch.in_flight.load(Relaxed)).unwrap_or(0);
        let before = context.ledger.acknowledged() - acknowledged;
        let (at, signal) = (context.watch.clock.now(), Instant::now());
        server.kill().await;
        let restarted = context.unless_interrupted(server.start(settings)).await;
        // Also when there is no server: who waits for it must find out and leave.
        up.send_replace(true);
        restarted??;
        context.watch.close_windows();
        let ready_again_ms = Some(milliseconds(signal.elapsed()));
        kills.push(Kill { at, acknowledged_before: before, in_flight, ready_again_ms });
        acknowledged = context.ledger.acknowledged();
    }
    context.pause(AFTERWARDS).await?;
    Ok(kills)
}

/// Lets the server live until it has acknowledged enough, within the bounds of its life.
async fn wait_for_writes(context: &Context, enough: u64) -> Result<(), Stopped> {
    let born = Instant::now();
    context.pause(LIFE.0).await?;
    while context.ledger.acknowledged() < enough && born.elapsed() < LIFE.1 {
        context.pause(Duration::from_millis(20)).await?;
    }
    Ok(())
}
