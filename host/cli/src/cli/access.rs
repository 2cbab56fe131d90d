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
    /// $WARDLINE_PASSWORD, or the ticket of `kinit`, or a prompt]
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// Sign in by Kerberos alone: with the ticket of `kinit`, or with credentials if they are given
    #[arg(long)]
    pub kerberos: bool,
    /// Time for a machine to answer the first time, in seconds [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub connect_timeout: Option<Duration>,
    /// Time for all that is read of a machine, in seconds [default: 600]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub machine_timeout: Option<Duration>,
    /// Start the remote registry service of machines where it does not run, and stop it again afterwards
    #[arg(long)]
    pub start_remote_registry: bool,
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
    /// Domain whose computers are read, by its name in DNS; a domain controller is asked for them by LDAP
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// Domain controller to ask: HOST, ldaps://HOST[:PORT], or ldap://HOST[:PORT] for StartTLS or a ticket [default: the domain's name]
    #[arg(long, value_name = "SERVER", requires = "domain")]
    pub ldap_server: Option<String>,
    /// Certificates (PEM) to trust beside the system's, for a domain with an authority of its own
    #[arg(long, value_name = "FILE", requires = "domain")]
    pub ldap_ca: Option<PathBuf>,
}

impl HostArgs {
    /// Whether any machines are selected.
    pub(super) fn is_given(&self) -> bool {
        let HostArgs { hosts, ranges, hosts_files, domain, .. } = self;
        !(hosts.is_empty() && ranges.is_empty() && hosts_files.is_empty() && domain.is_none())
    }
}

/// The names of the arguments with which a scan needs no target.
#[cfg(not(windows))]
pub(super) const INSTEAD_OF_TARGETS: [&str; 7] =
    ["machines", "lists", "fleet", "hosts", "ranges", "hosts_files", "domain"];
