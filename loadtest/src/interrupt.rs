//! Ctrl-C and SIGTERM: the first one ends the run early and cleanly, a second Ctrl-C ends it at once. Absent on purpose:
//! what ending early means, which is each phase's own business.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// Signals this close together are one wish: `timeout` and some shells send it to the process and to its group.
const SAME: Duration = Duration::from_millis(500);

/// Installs the handlers, before goose does: goose keeps a handler that is already there.
pub fn install() -> Result<CancellationToken, String> {
    let interrupted = CancellationToken::new();
    let token = interrupted.clone();
    let mut first: Option<Instant> = None;
    // Not `try_set_handler`, which refuses where SIGINT is ignored, as it is in a shell's background jobs.
    ctrlc::set_handler(move || {
        let first = *first.get_or_insert_with(Instant::now);
        if token.is_cancelled() && first.elapsed() > SAME {
            // The server child dies with us (see `target::child`) and leaves its temporary folder behind; a release in a cluster
            // stays as it stands at this moment.
            std::process::exit(130);
        }
        token.cancel();
    })
    .map_err(|error| format!("Ctrl-C cannot be handled: {error}"))?;

    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| format!("SIGTERM cannot be handled: {error}"))?;
    let token = interrupted.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        token.cancel();
    });
    Ok(interrupted)
}

/// Silences goose's own log: its warnings about every request of a kill window would bury the progress display, and
/// what fails is in our report.
pub fn silence_goose() {
    // Only fails when a logger is already there, which is as quiet or wanted.
    let _ = log::set_logger(&Silence);
}

struct Silence;

impl log::Log for Silence {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}
