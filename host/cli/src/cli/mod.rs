//! The command line: arguments in, exit code out. The library does the rest.

mod access;
mod args;
mod catalog;
mod catalogs;
mod collect;
mod collect_args;
mod collect_script;
mod command;
mod config;
mod convert;
mod delivery;
mod directory;
mod durations;
mod exit;
mod explain;
mod files;
mod fleet;
mod held;
mod help;
mod history;
mod hotfixes;
mod live;
mod loading;
mod machines;
mod mbsacli;
mod messages;
mod output;
mod parts;
mod passwords;
mod patrol;
mod plan;
mod plugin;
mod product;
mod progress;
mod replay;
mod resume;
mod rewriting;
mod scan;
mod scan_args;
mod serve;
mod settings;
mod this_computer;
mod triage;
mod trusting;

pub use args::{CacheArgs, LimitArgs, PlanArgs, PluginArgs, TrustArgs};
pub use command::{Cli, Command};
pub use exit::{ExitStatus, after_scan};
pub use fleet::FleetChoice;
pub use help::{CompletionsArgs, ManArgs};
pub use history::HistoryChoice;
pub use output::{OutputArg, OutputFormat, ReportFormat};
pub use parts::{Catalogs, LoadedPlugins, Parts, PluginRequest};
pub use product::Product;
pub use scan_args::ScanArgs;
pub use settings::{OperatorSettings, SettingsError};
pub use triage::{GateArgs, TriageArgs};

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};

use clap::{CommandFactory, FromArgMatches};

use messages::warn;

/// The error that ends a command before its work is done. Printed on one line.
pub type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Runs a command line whose first argument is the program's name. Reports go to standard output, errors and progress to
/// standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>, parts: &dyn Parts) -> ExitStatus {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(switches) = mbsacli::called_as(&arguments) {
        return ended(mbsacli::run(switches, parts));
    }
    let mut command = help::with_examples(Cli::command());
    command.build();
    let arguments = match config::complete(&command, arguments, &[]) {
        Ok(arguments) => arguments,
        Err(error) => {
            messages::error(&crate::scan::one_line(error.as_ref()));
            return ExitStatus::Fatal;
        }
    };
    let parsed = command.clone().try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are not errors; clap writes them to standard output.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitStatus::Success;
            }
            let _ = write!(anstream::stderr(), "{}", passwords::masked(&error.render().ansi().to_string()));
            return ExitStatus::Fatal;
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
        Command::Serve(arguments) => serve::run(arguments, parts),
        Command::Inventory(arguments) => fleet::run(arguments, parts),
        Command::Report(arguments) => convert::run(arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Hotfixes(arguments) => hotfixes::run(arguments, parts),
        Command::Catalog(arguments) => catalog::run(arguments, parts),
        Command::Plugin(arguments) => plugin::run(arguments, parts),
        Command::Completions(arguments) => help::completions(arguments, command),
        Command::Man(arguments) => help::man(arguments, command),
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
        messages::error(&crate::scan::one_line(error.as_ref()));
        ExitStatus::Fatal
    })
}
