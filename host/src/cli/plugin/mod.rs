//! `wardline plugin`: one file a command, with its arguments.

mod list;
mod vet;

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
    List(list::ListArgs),
    Vet(vet::VetArgs),
}

pub(super) fn run(arguments: &PluginCommandArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        PluginCommand::List(arguments) => list::run(arguments, parts),
        PluginCommand::Vet(arguments) => vet::run(arguments, parts),
    }
}
