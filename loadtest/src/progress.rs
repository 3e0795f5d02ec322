//! What a person sees while the run goes on: a moving line at a terminal, plain lines elsewhere, always on stderr, so that
//! stdout holds the verdict and nothing else. Absent on purpose: the verdict.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use crate::watch::Watch;

/// How often a plain line tells the state of a long phase.
const PLAIN_EVERY: u32 = 5;

/// The display of one run.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    watch: Arc<Watch>,
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
        Self { bar, watch }
    }

    /// Says what is being done now.
    pub fn phase(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message("");
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

    /// Clears the moving line.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
