//! The arguments of `wardline scan`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser};

#[cfg(not(windows))]
use super::access::INSTEAD_OF_TARGETS;
use super::access::{AccessArgs, HostArgs};
use super::args::{JudgingArgs, PluginArgs, REPORTS, SESSION, TargetMemoryArgs, jobs};
use super::fleet::FleetChoice;
use super::history::HistoryChoice;
use super::machines::MachineArgs;
use super::output::{OutputArg, ReportFormat};
use super::triage::{GateArgs, TriageArgs};
use super::{Fatal, config};

/// The options that choose machines.
const CHOOSE_MACHINES: [&str; 8] = ["machine", "list", "evidence", "fleet", "group", "host", "range", "hosts-file"];

#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 success, 1 usage or fatal error, 2 a gate failed (--fail-on, --fail-coverage-below), 3 a target \
                        could not be opened or a plugin could not be loaded; with --strict, also if a target could \
                        only be scanned in part."
)]
pub struct ScanArgs {
    /// Root directories of Windows volumes, disk images, recordings, or running machines (smb://NAME; - reads names from
    /// standard input)
    #[cfg_attr(not(windows), arg(required_unless_present_any = INSTEAD_OF_TARGETS))]
    #[cfg_attr(windows, doc = "[default: this computer]")]
    #[arg(value_name = "TARGET")]
    pub targets: Vec<PathBuf>,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub fleet: FleetChoice,
    #[command(flatten)]
    pub hosts: HostArgs,
    #[command(flatten)]
    pub access: AccessArgs,
    #[command(flatten)]
    pub plugins: PluginArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Number of targets to scan in parallel [default: number of processors; 64 for running machines]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = jobs())]
    #[arg(help_heading = SESSION)]
    pub jobs: usize,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
    /// Report format (text, json, html, csv, tab, mbsa-xml, sarif, junit, openmetrics, markdown or cyclonedx), with a file
    /// unless it goes to standard output; may be repeated [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", help_heading = REPORTS)]
    pub outputs: Vec<OutputArg<ReportFormat>>,
    /// Write a recording of each target to this directory: all answers, and the questions and findings of each plugin
    #[arg(long, value_name = "DIR", help_heading = REPORTS)]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub triage: TriageArgs,
    /// Show waived findings, too, with the decisions
    #[arg(long, help_heading = REPORTS)]
    pub show_waived: bool,
    #[command(flatten)]
    pub gates: GateArgs,
    /// Exit with code 3 also if a target could only be scanned in part
    #[arg(long)]
    pub strict: bool,
    /// Show results that need no attention, too, and the evidence (in formats for people)
    #[arg(short, long, help_heading = REPORTS)]
    pub verbose: bool,
    #[command(flatten)]
    pub history: HistoryChoice,
    /// Draw no progress bar
    #[arg(long, hide = true)]
    pub no_progress: bool,
    /// Print no messages about targets that cannot be opened: for a caller that has its own
    #[arg(long, hide = true)]
    pub no_messages: bool,
    #[command(flatten)]
    pub session: SessionArgs,
}

/// How a scan runs, and what it says while it does.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = SESSION)]
pub struct SessionArgs {
    /// Keep a journal beside the report, and go on where a scan with the same report was interrupted
    #[arg(long)]
    pub resume: bool,
    /// Show no progress and no remarks, only why the scan failed
    #[arg(short, long)]
    pub quiet: bool,
    /// Append everything that is said, and each target when it is finished, to this file
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Options of this command (TOML) [default: config.toml in the configuration directories]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The arguments of a scan as a command line of their own.
#[derive(Debug, Parser)]
#[command(name = "scan")]
struct ScanLine {
    #[command(flatten)]
    arguments: ScanArgs,
}

impl ScanArgs {
    /// Parses the words after `wardline scan`, for commands that scan with arguments of their own. Options that they do not set
    /// are taken from the environment and the configuration files, except those that choose machines.
    ///
    /// # Errors
    ///
    /// As on the command line.
    pub(super) fn of_words(words: impl IntoIterator<Item = OsString>) -> Result<Self, Fatal> {
        let command = clap::Command::new("wardline").subcommand(ScanLine::command());
        let words = ["wardline", "scan"].map(OsString::from).into_iter().chain(words).collect();
        let words = config::complete(&command, words, &CHOOSE_MACHINES)?;
        ScanLine::try_parse_from(words.into_iter().skip(1)).map(|line| line.arguments).map_err(|error| {
            // The rest of the error is about `wardline scan`.
            let text = error.to_string();
            text.lines().next().unwrap_or_default().trim_start_matches("error: ").into()
        })
    }
}
