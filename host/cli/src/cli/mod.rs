//! The command line: arguments in, exit code out. The library does the rest.

mod access;
mod args;
mod catalog;
mod catalogs;
mod collect;
mod command;
mod convert;
mod durations;
mod exit;
mod explain;
mod files;
mod fleet;
mod history;
mod hotfixes;
mod live;
mod loading;
mod machines;
mod mbsacli;
mod output;
mod parts;
mod patrol;
mod plan;
mod plugin;
mod product;
mod progress;
mod replay;
mod scan;
mod settings;
mod trusting;

pub use args::{CacheArgs, LimitArgs, PlanArgs, PluginArgs, ScanArgs, TrustArgs};
pub use command::{Cli, Command};
pub use exit::{ExitStatus, after_scan};
pub use fleet::FleetChoice;
pub use history::HistoryChoice;
pub use output::{OutputArg, OutputFormat, ReportFormat};
pub use parts::{Catalogs, LoadedPlugins, Parts, PluginRequest};
pub use product::Product;
pub use settings::{OperatorSettings, SettingsError};

use std::ffi::OsString;
use std::io::{ErrorKind, Write};

use clap::Parser;

/// The error that ends a command before its work is done. Printed on one line.
pub type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Runs a command line whose first argument is the program's name. Reports go to standard output, errors and progress to
/// standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>, parts: &dyn Parts) -> ExitStatus {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(switches) = mbsacli::called_as(&arguments) {
        return ended(mbsacli::run(switches, parts));
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are not errors; clap writes them to standard output.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Fatal } else { ExitStatus::Success };
        }
    };
    let done = match &cli.command {
        Command::Scan(arguments) => scan::run(arguments, parts),
        Command::Patrol(arguments) => patrol::run(arguments, parts),
        Command::Mbsacli(arguments) => mbsacli::run(&arguments.switches, parts),
        Command::Explain(arguments) => explain::run(arguments, parts),
        Command::Collect(arguments) => collect::run(arguments, parts),
        Command::Replay(arguments) => replay::run(arguments, parts),
        Command::History(arguments) => history::run(arguments, parts),
        Command::Inventory(arguments) => fleet::run(arguments, parts),
        Command::Report(arguments) => convert::run(arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Hotfixes(arguments) => hotfixes::run(arguments, parts),
        Command::Catalog(arguments) => catalog::run(arguments, parts),
        Command::Plugin(arguments) => plugin::run(arguments, parts),
    };
    ended(done)
}

/// Reports the error of a command.
fn ended(done: Result<ExitStatus, Fatal>) -> ExitStatus {
    done.unwrap_or_else(|error| {
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
            // The reader of standard output has seen enough.
            return ExitStatus::Success;
        }
        warn(&crate::scan::one_line(error.as_ref()));
        ExitStatus::Fatal
    })
}

/// Writes one line to standard error, escaped.
fn warn(message: &str) {
    // If standard error is closed, there is no one to notify.
    let _ = writeln!(anstream::stderr(), "wardline: {}", crate::contract::Escaped(message));
}
