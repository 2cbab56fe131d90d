//! `wardline plugin`: one file per command, with its arguments.

mod build;
mod diff;
mod find;
mod fleet;
mod inspect;
mod keygen;
mod list;
mod new;
mod policy;
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
    Diff(Box<diff::DiffArgs>),
    Inspect(Box<inspect::InspectArgs>),
    List(list::ListArgs),
    Vet(vet::VetArgs),
    Policy(policy::PolicyArgs),
    Keygen(keygen::KeygenArgs),
    Sign(sign::SignArgs),
    Verify(verify::VerifyArgs),
    New(new::NewArgs),
    Build(build::BuildArgs),
    Test(test::TestArgs),
}

pub(super) fn run(arguments: &PluginCommandArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    match &arguments.command {
        PluginCommand::Diff(arguments) => diff::run(arguments, parts),
        PluginCommand::Inspect(arguments) => inspect::run(arguments),
        PluginCommand::List(arguments) => list::run(arguments, parts),
        PluginCommand::Vet(arguments) => vet::run(arguments, parts),
        PluginCommand::Policy(arguments) => policy::run(arguments, parts),
        PluginCommand::Keygen(arguments) => keygen::run(arguments),
        PluginCommand::Sign(arguments) => sign::run(arguments),
        PluginCommand::Verify(arguments) => verify::run(arguments),
        PluginCommand::New(arguments) => new::run(arguments),
        PluginCommand::Build(arguments) => build::run(arguments),
        PluginCommand::Test(arguments) => test::run(arguments),
    }
}
