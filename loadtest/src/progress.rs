//! What a person sees while the run goes on: moving lines at a terminal, plain lines elsewhere, always on stderr, so that
//! stdout holds the verdict and nothing else. Absent on purpose: the verdict.

mod live;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use crate::measurements::Replicas;
use crate::watch::Watch;

/// Seconds that rate and latency of the live view are taken over.
const RECENT: u64 = 3;
/// Happenings that stay in sight.
const IN_SIGHT: usize = 4;
/// How often a plain line tells the state of a long phase.
const PLAIN_EVERY: u32 = 5;

/// The display of one run.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    watch: Arc<Watch>,
    /// Set while the release is followed, which tells the load as well.
    following: Arc<AtomicBool>,
}

impl Progress {
    pub fn new(watch: Arc<Watch>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {prefix}  {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, watch, following: Arc::default() }
    }

    /// Says what is being done now.
    pub fn phase(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                if !self.following.load(Relaxed) {
                    bar.set_message("");
                }
                bar.set_prefix(what.to_owned());
            }
            None => eprintln!("{:6.1} s  {what}", self.watch.clock.now()),
        }
    }

    /// Says something that stays on the screen.
    pub fn note(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.println(what),
            None => eprintln!("{:6.1} s  {what}", self.watch.clock.now()),
        }
    }

    /// Tells users, requests and failures once a second until the handle is aborted.
    pub fn follow_load(&self) -> JoinHandle<()> {
        let progress = self.clone();
        tokio::spawn(async move {
            let mut seconds = 0_u32;
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                seconds += 1;
                if progress.following.load(Relaxed) {
                    continue;
                }
                let (requests, failures, users) = progress.watch.last_second();
                let failed = if failures > 0 { format!(", {failures} failed") } else { String::new() };
                let text = format!("{users} users, {requests} requests/s{failed}");
                match &progress.bar {
                    Some(bar) => bar.set_message(text),
                    None if seconds.is_multiple_of(PLAIN_EVERY) => progress.note(&text),
                    None => {}
                }
            }
        })
    }

    /// Tells replicas, CPU, load and what happens once a second until the guard is dropped: at a terminal a few lines that
    /// move, elsewhere a line for every change and every few seconds.
    pub fn follow_release(&self) -> Following {
        self.following.store(true, Relaxed);
        let progress = self.clone();
        let telling = tokio::spawn(async move {
            let mut told = Told::default();
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                match &progress.bar {
                    Some(bar) => {
                        let (replicas, happenings) = progress.watch.last_happenings(IN_SIGHT);
                        let state = live::State { replicas, load: progress.watch.recent(RECENT), happenings };
                        bar.set_message(format!("\n{}", state.lines(width()).join("\n")));
                    }
                    None => told.news(&progress.watch).iter().for_each(|line| progress.note(line)),
                }
            }
        });
        Following { progress: self.clone(), telling }
    }

    /// Clears the moving line.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The release is followed until this is dropped.
#[derive(Debug)]
pub struct Following {
    progress: Progress,
    telling: JoinHandle<()>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.telling.abort();
        self.progress.following.store(false, Relaxed);
        if let Some(bar) = &self.progress.bar {
            bar.set_message("");
        }
    }
}

/// What a log has been told already.
#[derive(Debug, Default)]
struct Told {
    happenings: usize,
    replicas: Option<(u32, u32, u32)>,
    /// Seconds since the last line about the state.
    quiet: u32,
}

impl Told {
    /// The lines that are due a second after the last call.
    fn news(&mut self, watch: &Watch) -> Vec<String> {
        let happenings = watch.happenings_from(self.happenings);
        self.happenings += happenings.len();
        let mut lines: Vec<String> = happenings.iter().map(live::happening).collect();
        let replicas = watch.last_happenings(0).0;
        let counts = replicas.map(|Replicas { desired, running, ready, .. }| (desired, running, ready));
        self.quiet += 1;
        if counts != self.replicas || self.quiet >= PLAIN_EVERY {
            (self.replicas, self.quiet) = (counts, 0);
            lines.push(live::State { replicas, load: watch.recent(RECENT), happenings: Vec::new() }.line());
        }
        lines
    }
}

/// Columns of the terminal, one left free so that nothing wraps.
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    size.map_or(80, |size| usize::from(size.ws_col)).clamp(40, 200) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_log_is_told_every_change_at_once_and_the_state_every_few_seconds() {
        let watch = Watch::new(Clock::start());
        let mut told = Told::default();
        let row = |ready| Replicas { desired: 2, running: 2, ready, ..Replicas::default() };
        watch.record_replicas(row(1));
        watch.happened("kill", "A pod is killed.");
        let first = told.news(&watch);
        assert_eq!(first.len(), 2, "{first:?}");
        assert!(first[0] == "kill: A pod is killed." && first[1].contains("1 of 2 ready"), "{first:?}");
        watch.record_replicas(row(1));
        let quiet: Vec<usize> = (0..5).map(|_| told.news(&watch).len()).collect();
        assert_eq!(quiet, [0, 0, 0, 0, 1]);
        watch.record_replicas(row(2));
        assert!(told.news(&watch)[0].contains("2 of 2 ready"));
    }
}
