//! Either server as it ships, chosen by the first argument: the tests start it as a process of its own, which the binaries of
//! other packages cannot be asked for.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("backend") => backend::main(),
        Some("frontend") => frontend::main(),
        other => {
            eprintln!("neither backend nor frontend: {other:?}");
            ExitCode::from(2)
        }
    }
}
