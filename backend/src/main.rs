//! The program is all in the library, so that the load test can be it, too.

fn main() -> std::process::ExitCode {
    backend::main()
}
