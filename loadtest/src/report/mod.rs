//! The verdict for its readers: files for people and machines, a table for the terminal. Absent on purpose: judging.

mod chart;
mod csv;
mod html;
mod junit;
mod terminal;

use std::io;
use std::path::{Path, PathBuf};

pub use terminal::{colour_wanted, table};

use crate::criteria::TIMELINE;
use crate::limits::Limits;
use crate::measurements::Measurements;
use crate::verdict::Verdict;

/// Writes `verdict.json`, `junit.xml`, `timeline.csv` and `report.html` into the folder, which is made if need be.
/// Each file appears whole or not at all; the paths come back in this order.
pub fn write(
    folder: &Path,
    measurements: &Measurements,
    limits: &Limits,
    verdict: &Verdict,
) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let files = [
        ("verdict.json", json(verdict)?),
        ("junit.xml", junit::text(measurements, verdict)?),
        (TIMELINE, csv::text(&measurements.timeline)),
        ("report.html", html::page(measurements, limits, verdict)),
    ];
    let mut written = Vec::with_capacity(files.len());
    for (name, text) in files {
        let path = folder.join(name);
        let unfinished = folder.join(format!(".{name}.unfinished"));
        std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, &path)).inspect_err(|_| {
            // The first error is the one to report.
            let _ = std::fs::remove_file(&unfinished);
        })?;
        written.push(path);
    }
    Ok(written)
}

/// The content of `verdict.json`.
pub fn json(verdict: &Verdict) -> io::Result<String> {
    let mut text = serde_json::to_string_pretty(verdict).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests;
