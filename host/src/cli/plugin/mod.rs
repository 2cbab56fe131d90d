//! `wardline plugin`: one file a command, with its arguments.

mod find;
mod inspect;
mod list;

use super::Fatal;
use super::exit::ExitStatus;
use super::parts::Parts;

#[derive(Clone, Debug, clap::Args)]
pub struct PluginCommandArgs {
    #[command(subcommand)]
    pub command: PluginCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum PluginCommand {
    Inspect(Box<inspect::InspectArgs>),
    List(list::ListArgs),
}

pub(super) fn run(arguments: &PluginCommandArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        PluginCommand::Inspect(arguments) => inspect::run(arguments),
        PluginCommand::List(arguments) => list::run(arguments, parts),
    }
}
