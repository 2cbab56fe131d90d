//! The commands of wardline.

use clap::{Parser, Subcommand};

use super::args::{CatalogArgs, CollectArgs, HotfixesArgs, PlanArgs, ScanArgs};
use super::plugin::PluginCommandArgs;
use super::replay::ReplayArgs;

/// Finds missing updates and weak settings on Windows computers.
#[derive(Clone, Debug, Parser)]
#[command(name = "wardline", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Judge computers and report what is missing or weak
    Scan(ScanArgs),
    /// Write every answer that the plugins ask for into a recording, and what they say
    Collect(CollectArgs),
    /// Hold recorded conversations again: the same findings bit for bit, or what is different
    Replay(ReplayArgs),
    /// Turn a report into what is to be done on each machine, in order, and how to undo it
    Plan(PlanArgs),
    /// List the hotfixes that the registry records, and whether their files are still in force
    Hotfixes(HotfixesArgs),
    /// Look into catalogs
    Catalog(CatalogArgs),
    /// Look into plugins, vet, sign and make them
    Plugin(PluginCommandArgs),
}
