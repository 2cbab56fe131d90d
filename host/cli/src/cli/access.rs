//! The arguments for running machines.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::durations::seconds;

/// Who signs in on running machines, and how long they may take.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Running machines (smb://NAME)")]
pub struct AccessArgs {
    /// File with the lines username=, password= and, if wanted, domain=; only you may read it [default: $WARDLINE_USER and
    /// $WARDLINE_PASSWORD, or a prompt]
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// Time for a machine to answer the first time, in seconds [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub connect_timeout: Option<Duration>,
    /// Time for all that is read of a machine, in seconds [default: 600]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub machine_timeout: Option<Duration>,
}

/// Running machines to scan, beside those that are targets.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Running machines (smb://NAME)")]
pub struct HostArgs {
    /// Running machine to read over SMB, by name or address; may be repeated
    #[arg(long = "host", value_name = "NAME[:PORT]")]
    pub hosts: Vec<String>,
    /// Range of addresses, 10.0.0.1-10.0.0.50 or 10.0.0.0/24; may be repeated
    #[arg(long = "range", value_name = "A-B|NET/BITS")]
    pub ranges: Vec<String>,
    /// File with a machine's name or address on each line; may be repeated (names on standard input: the target -)
    #[arg(long = "hosts-file", value_name = "FILE")]
    pub hosts_files: Vec<PathBuf>,
}

/// The names of the arguments of a scan that stand in for a target.
pub(super) const INSTEAD_OF_TARGETS: [&str; 6] = ["machines", "lists", "fleet", "hosts", "ranges", "hosts_files"];
