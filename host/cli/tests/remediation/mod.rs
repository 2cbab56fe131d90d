//! From reports to plans, and from plans to machines on which nothing is left to do.
//!
//! The round trip scans with the stock plugins, which `cargo xtask plugins` builds; `cargo xtask test` runs it first.

mod command;
mod plans;
mod round_trip;

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;
use wardline::cli::{ExitStatus, Product};

/// Runs a command of the real program.
fn wardline(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> ExitStatus {
    let program = std::iter::once(OsString::from("wardline"));
    wardline::cli::run(program.chain(arguments.into_iter().map(Into::into)), &Product)
}

/// An argument `json=FILE`.
fn json_to(file: &Path) -> OsString {
    let mut argument = OsString::from("json=");
    argument.push(file);
    argument
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}
