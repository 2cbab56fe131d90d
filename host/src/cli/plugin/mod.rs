//! `wardline plugin`: one file a command, with its arguments.

mod build;
mod list;
mod new;
mod test;

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
    New(new::NewArgs),
    Build(build::BuildArgs),
    Test(test::TestArgs),
}

pub(super) fn run(arguments: &PluginCommandArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        PluginCommand::List(arguments) => list::run(arguments, parts),
        PluginCommand::New(arguments) => new::run(arguments),
        PluginCommand::Build(arguments) => build::run(arguments),
        PluginCommand::Test(arguments) => test::run(arguments),
    }
}
