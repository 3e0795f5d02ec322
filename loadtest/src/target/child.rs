//! What happens on the other side of a start: our own executable, started again with a hidden first argument, becomes
//! the backend. Absent on purpose: anything the load test does; this side runs before arguments are read.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

/// The hidden first argument. Then come the id of the parent and, when it is not the built-in one, the executable.
pub const SERVE: &str = "__serve";

/// Becomes the backend when the arguments say so, and returns `None` when they do not.
pub fn serve(arguments: &[OsString]) -> Option<ExitCode> {
    let [_, first, parent, executable @ ..] = arguments else {
        return None;
    };
    if first != SERVE {
        return None;
    }
    if !stay_with(parent.to_str()?.parse().ok()?) {
        return Some(ExitCode::FAILURE);
    }
    match executable.first() {
        None => Some(built_in()),
        Some(path) => {
            // Same process, so the parent's signals and its death still reach the server. Only returns on failure.
            let error = std::process::Command::new(path).exec();
            eprintln!("{} cannot be started: {error}", path.display());
            Some(ExitCode::FAILURE)
        }
    }
}

#[cfg(feature = "local")]
fn built_in() -> ExitCode {
    backend::main()
}

/// The image's load test: half the size, and in a cluster the backend is somewhere else.
#[cfg(not(feature = "local"))]
fn built_in() -> ExitCode {
    eprintln!("this load test was built without a backend of its own: name a running one with --url");
    ExitCode::FAILURE
}

/// Ties this process to its parent, so that no server outlives a load test that was killed itself. Elsewhere than on
/// Linux a `kill -9` of the load test leaves the server behind.
fn stay_with(parent: i32) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        // The parent may have died before the wish was known.
        set_parent_process_death_signal(Some(Signal::KILL)).is_ok()
            && getppid().is_some_and(|id| id.as_raw_nonzero().get() == parent)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = parent;
        true
    }
}
