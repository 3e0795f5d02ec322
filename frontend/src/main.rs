//! The web pages of todo. Everything is in the library, so that tests start the same program.

use std::process::ExitCode;

fn main() -> ExitCode {
    frontend::main()
}
