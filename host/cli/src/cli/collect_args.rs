//! The arguments of `wardline collect`.

use std::path::PathBuf;

use clap::Args;

use super::access::AccessArgs;
use super::args::{JudgingArgs, PluginArgs, TargetMemoryArgs};
use super::trusting::PasswordArgs;

#[derive(Clone, Debug, Args)]
pub struct CollectArgs {
    /// Root directory of a Windows volume, a disk image, or a running machine (smb://NAME)
    #[cfg_attr(not(windows), arg(required_unless_present = "script"))]
    #[cfg_attr(windows, doc = "[default: this computer]")]
    pub target: Option<PathBuf>,
    #[command(flatten)]
    pub access: AccessArgs,
    /// Recording to write, or with --script the script [default for the script: standard output]
    #[arg(short, long = "output", value_name = "FILE", required_unless_present = "script")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub script: ScriptArgs,
    #[command(flatten)]
    pub plugins: PluginArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
}

/// A script instead of a recording.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Script (for a machine that nothing may reach)")]
pub struct ScriptArgs {
    /// Write a PowerShell script that makes the recording; the machine's owner reads it and runs it there
    #[arg(long, conflicts_with_all = ["target", "credentials", "kerberos", "connect_timeout", "machine_timeout", "start_remote_registry"])]
    pub script: bool,
    /// Secret key that signs the script: writes FILE.minisig next to it
    #[arg(long, value_name = "FILE", requires = "script", requires = "output")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub password: PasswordArgs,
}
