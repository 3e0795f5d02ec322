//! Keeps stdout for the verdict. Goose prints lines of its own there (`20 users launched.`) whatever it is told, and
//! `--format json` must be JSON and nothing else. Absent on purpose: what is printed.

use std::fs::File;
use std::io;

/// Returns the real stdout; whatever this process prints from now on goes nowhere.
pub fn keep() -> io::Result<File> {
    let stdout = File::from(rustix::io::dup(rustix::stdio::stdout())?);
    let nowhere = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(nowhere)?;
    Ok(stdout)
}
