//! The program `wardline`; the library does all the work.

use std::process::ExitCode;

fn main() -> ExitCode {
    wardline::interruption::end_cleanly();
    wardline::cli::run(std::env::args_os(), &wardline::cli::Product).into()
}
