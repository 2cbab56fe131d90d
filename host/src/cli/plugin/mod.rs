//! `wardline plugin`: one file a command, with its arguments.

mod build;
mod find;
mod inspect;
mod keygen;
mod list;
mod new;
mod sign;
mod signable;
mod test;
mod verify;
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
    Inspect(Box<inspect::InspectArgs>),
    List(list::ListArgs),
    Vet(vet::VetArgs),
    Keygen(keygen::KeygenArgs),
    Sign(sign::SignArgs),
    Verify(verify::VerifyArgs),
    New(new::NewArgs),
    Build(build::BuildArgs),
    Test(test::TestArgs),
}

pub(super) fn run(arguments: &PluginCommandArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        PluginCommand::Inspect(arguments) => inspect::run(arguments),
        PluginCommand::List(arguments) => list::run(arguments, parts),
        PluginCommand::Vet(arguments) => vet::run(arguments, parts),
        PluginCommand::Keygen(arguments) => keygen::run(arguments),
        PluginCommand::Sign(arguments) => sign::run(arguments),
        PluginCommand::Verify(arguments) => verify::run(arguments),
        PluginCommand::New(arguments) => new::run(arguments),
        PluginCommand::Build(arguments) => build::run(arguments),
        PluginCommand::Test(arguments) => test::run(arguments),
    }
}
