//! The program `wardline`; everything that it does is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    wardline::interruption::end_cleanly();
    wardline::cli::run(std::env::args_os(), &wardline::cli::Product).into()
}
