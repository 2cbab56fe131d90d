//! The program `wardline`; the library does all the work.

use std::process::ExitCode;

fn main() -> ExitCode {
    wardline::interruption::end_cleanly();
    // Windows' shells leave patterns such as `*.vhdx` to the program.
    wardline::cli::run(wild::args_os(), &wardline::cli::Product).into()
}
