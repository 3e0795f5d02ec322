//! Asks one path again and again at a fixed pace and keeps the times. Absent on purpose: load.

use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, Call};
use crate::clock::milliseconds;
use crate::measurements::Probed;

/// Asks until `stop`, at least once, never twice at a time.
pub async fn keep_asking(api: Api, path: &'static str, every: Duration, stop: CancellationToken) -> Probed {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut took_ms: Vec<f64> = Vec::new();
    let mut probed = Probed { path: path.to_owned(), ..Probed::default() };
    loop {
        ticks.tick().await;
        if stop.is_cancelled() && probed.sent > 0 {
            break;
        }
        let began = Instant::now();
        probed.sent += 1;
        if matches!(api.send(&Call::get(path)).await, Ok(answer) if answer.status == 200) {
            probed.answered += 1;
            took_ms.push(milliseconds(began.elapsed()));
        }
    }
    took_ms.sort_by(f64::total_cmp);
    let last = took_ms.len().saturating_sub(1);
    probed.p99_ms = took_ms.get((took_ms.len() * 99 / 100).min(last)).copied();
    probed.slowest_ms = took_ms.last().copied();
    probed
}
