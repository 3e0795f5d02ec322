//! START: ten starts of the process, from the moment of the start to the first 200 of `/ready`. Absent on purpose: load.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::{Context, Stopped};
use crate::clock::milliseconds;
use crate::measurements::Starts;
use crate::target::local::Local;
use crate::target::settings::Settings;

const STARTS: usize = 10;
const END_WITHIN: Duration = Duration::from_secs(10);

/// Starts the server ten times; the first start also makes the database.
pub async fn run(context: &Context, server: &mut Local, settings: &Settings) -> Result<Starts, Stopped> {
    let _phase = context.watch.phase("starts");
    let settings = settings.with("DATABASE_URL", server.database_url("starts.db"));
    let mut starts = Starts { reference_ms: reference().await, ..Starts::default() };
    for _ in 0..STARTS {
        match context.unless_interrupted(server.start(&settings)).await? {
            Ok(took) => starts.ready_ms.push(milliseconds(took)),
            Err(error) => {
                context.progress.note(&error.to_string());
                starts.failed += 1;
                continue;
            }
        }
        server.stop(END_WITHIN).await?;
    }
    Ok(starts)
}

/// How long this machine takes to start our executable for nothing: the best of three, because the first reads the file.
async fn reference() -> Option<f64> {
    let mut best: Option<f64> = None;
    for _ in 0..3 {
        let began = Instant::now();
        let status = Command::new(crate::target::local::own_executable().ok()?)
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .await
            .ok()?;
        let took = milliseconds(began.elapsed());
        if status.success() {
            best = Some(best.map_or(took, |best| best.min(took)));
        }
    }
    best
}
