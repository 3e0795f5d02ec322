//! Panics as log lines, wherever they happen. Absent on purpose: counting those of requests, which whoever catches them
//! does with [`crate::metrics::count_panic`].

use std::{io::IsTerminal, panic};

/// From now on a panic is one line at the error level instead of text on standard error; a person at a terminal gets
/// both.
pub(crate) fn log() {
    let usual = panic::take_hook();
    let terminal = std::io::stdout().is_terminal();
    panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or("a value that is no text");
        let location = panic.location().map(tracing::field::display);
        tracing::error!(target: "panic", { panic.message = message, panic.location = location }, "panicked");
        if terminal {
            usual(panic);
        }
    }));
}
