//! The commands of wardline.

use clap::{Parser, Subcommand};

use super::args::{HotfixesArgs, PlanArgs};
use super::catalog::CatalogArgs;
use super::collect_args::CollectArgs;
use super::convert::ReportArgs;
use super::explain::ExplainArgs;
use super::fleet::InventoryArgs;
use super::help::{CompletionsArgs, ManArgs};
use super::history::HistoryArgs;
use super::mbsacli::MbsacliArgs;
use super::patrol::PatrolArgs;
use super::plugin::PluginCommandArgs;
use super::replay::ReplayArgs;
use super::scan_args::ScanArgs;
use super::serve::ServeArgs;

/// Finds missing updates and weak settings on Windows computers.
#[derive(Clone, Debug, Parser)]
#[command(name = "wardline", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Scan computers for missing updates and weak settings
    Scan(Box<ScanArgs>),
    /// Scan server lists, and file the reports of each under the date
    Patrol(PatrolArgs),
    /// Scan in the style of mbsacli (MBSA 1.2) or HFNetChk
    Mbsacli(MbsacliArgs),
    /// Explain why an update, vulnerability or check is judged as it is on a target
    Explain(ExplainArgs),
    /// Record a target: every answer that the plugins ask for, and their findings
    Collect(CollectArgs),
    /// Replay recorded conversations, and show whether the findings are the same bit for bit
    Replay(ReplayArgs),
    /// List, show, compare and remove earlier scans
    History(HistoryArgs),
    /// Show earlier scans in a browser
    Serve(ServeArgs),
    /// Show what the machines of a fleet are, and which of them were not scanned
    Inventory(InventoryArgs),
    /// Write saved reports in other formats
    Report(ReportArgs),
    /// Turn a report into the steps for each machine, in order, and how to undo them
    Plan(PlanArgs),
    /// List the hotfixes recorded in the registry, and whether their files are still in place
    Hotfixes(HotfixesArgs),
    /// Fetch, show, verify and compare catalogs of updates
    Catalog(CatalogArgs),
    /// Inspect, vet, sign and create plugins
    Plugin(PluginCommandArgs),
    /// Write completions for a shell to standard output
    Completions(CompletionsArgs),
    /// Write manual pages
    Man(ManArgs),
}
