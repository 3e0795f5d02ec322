//! `cargo run -p loadtest`: loads the to-do application, breaks it, watches it and returns a verdict.

pub mod accounts;
pub mod api;
pub mod arguments;
pub mod attack;
pub mod chat;
pub mod check;
pub mod clock;
pub mod cluster_watch;
pub mod criteria;
pub mod dashboard;
pub mod environment;
pub mod exposition;
pub mod interrupt;
pub mod ledger;
pub mod limits;
pub mod load;
pub mod measurements;
pub mod merge;
pub mod monitoring;
pub mod phases;
pub mod plan;
pub mod probe;
pub mod progress;
pub mod report;
pub mod run;
pub mod stdout;
pub mod target;
pub mod users;
pub mod verdict;
pub mod visitor;
pub mod watch;
pub mod words;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use arguments::{Format, Options, Refusal};
use limits::Limits;

/// Exit status when there is no run to judge.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // The same executable is also the server under test.
    if let Some(served) = target::child::serve(&arguments) {
        return served;
    }
    let options = match arguments::parse(arguments) {
        Ok(options) => options,
        Err(Refusal::Information(text)) => {
            if colour() {
                print!("{}", text.ansi());
            } else {
                print!("{text}");
            }
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Mistake(what)) => return refuse(&what),
    };
    let done = match &options.check {
        Some(servers) => check(servers),
        None if !options.merge.is_empty() => merge(&options),
        None => perform(&options),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(why) => refuse(&why),
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("loadtest: {why}");
    ExitCode::from(UNUSABLE)
}

/// Looks whether an installation works, with plain lines; the exit status says whether it does.
fn check(check: &arguments::Check) -> Result<u8, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("no runtime can be started: {error}"))?;
    let works = runtime.block_on(check::run(check))?;
    Ok(u8::from(!works))
}

/// Prints one verdict made of several; returns the exit status of the whole.
fn merge(options: &Options) -> Result<u8, String> {
    let verdict = merge::merge(merge::read(&options.merge)?)?;
    println!("{}", shown(&verdict, options.format)?.trim_end());
    Ok(verdict.exit_code())
}

fn shown(verdict: &verdict::Verdict, format: Format) -> Result<String, String> {
    match format {
        Format::Json => report::json(verdict).map_err(|error| format!("the verdict cannot be written: {error}")),
        Format::Table => Ok(report::table(verdict, colour(), width())),
    }
}

/// Runs, judges, prints the verdict and writes the report; returns the exit status.
fn perform(options: &Options) -> Result<u8, String> {
    let mut stdout = stdout::keep().map_err(|error| format!("stdout cannot be used: {error}"))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("no runtime can be started: {error}"))?;
    interrupt::silence_goose();
    let measurements = runtime.block_on(async {
        let interrupted = interrupt::install()?;
        run::run(options, interrupted).await
    })?;

    let limits = Limits::default();
    let verdict = criteria::judge(&measurements, &limits);
    let text = shown(&verdict, options.format)?;
    // Printed first, so that a report that cannot be written does not take the verdict with it. A closed pipe (`| head`)
    // takes the text away, not the verdict.
    let _ = writeln!(stdout, "{}", text.trim_end());
    let folder = &options.report_dir;
    report::write(folder, &measurements, &limits, &verdict)
        .map_err(|error| format!("--report-dir {}: the report cannot be written: {error}", folder.display()))?;
    eprintln!("report: {}", folder.join("report.html").display());
    if let Some(dashboard) = &verdict.dashboard {
        eprintln!("dashboard: {dashboard}");
    }
    Ok(verdict.exit_code())
}

fn colour() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a convention of terminals, not a setting of ours")]
    let no_color = std::env::var("NO_COLOR").ok();
    report::colour_wanted(std::io::stdout().is_terminal(), no_color.as_deref())
}

/// Columns of the terminal; a file is read in an editor, where a hundred fit.
fn width() -> usize {
    rustix::termios::tcgetwinsize(std::io::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|w| *w > 0)
        .unwrap_or(100)
}
