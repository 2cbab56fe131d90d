//! `wardline plugin inspect`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::find;
use crate::aliasing::Files;
use crate::cli::args::{CacheArgs, LimitArgs};
use crate::cli::exit::ExitStatus;
use crate::cli::loading::{cache, check_host, limits, sandbox};
use crate::cli::output::{OutputFormat, print};
use crate::cli::trusting::trusted;
use crate::cli::{Fatal, files};
use crate::sandbox::Limits;
use crate::vet::inspect::{Content, Run, Signature, inspect, text};

/// Show what a plugin is made of, and what it may ask
///
/// The file is parsed without running any of it. Then the plugin's description is requested in the sandbox, under its limits,
/// unless --static is given.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 the plugin would run, 1 usage error or plugin not found, 2 the plugin is refused; the \
                  output says why."
)]
pub struct InspectArgs {
    /// Plugin: a file, a built-in plugin's name, or at least six digits of a digest
    #[arg(value_name = "FILE|NAME|DIGEST")]
    plugin: OsString,
    /// Directory with *.wasm files to search for a digest, after the built-in plugins; may be repeated
    #[arg(long = "plugin-dir", value_name = "DIR", default_value = ".")]
    folders: Vec<PathBuf>,
    /// Trusted keys, for a signature next to the file (TOML) [default: trust.toml in the configuration directory]
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Do not run any of the plugin's code
    #[arg(long = "static")]
    run_nothing: bool,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(arguments: &InspectArgs) -> Result<ExitStatus, Fatal> {
    let found = find::plugin(&arguments.plugin, &arguments.folders)?;
    let mut files = Files::default();
    found.register(&mut files);
    files::with_trust(&mut files, arguments.trust.as_deref());
    files::with_cache(&mut files, &arguments.cache);
    files.writes_stdout();
    files.check()?;
    let trust = trusted(arguments.trust.as_deref())?;
    let find::Found { plugin: file, path } = found;
    let limits = limits(&arguments.limits);
    let signer = match (&path, &file.content, &file.signature) {
        (Some(path), Content::Bytes(bytes), Signature::NotVerified(_)) => {
            trust.as_ref().map(|trust| trust.plugin_signer(path, bytes))
        }
        _ => None,
    };
    let mut inspection = match arguments.run_nothing {
        true => inspect(file, &limits, Run::Nothing),
        false => {
            // Preparing with an empty catalog takes almost no time, so the short limits of a conversation apply.
            let limits = Limits { prepare_fuel: limits.fuel, prepare_time: limits.time, ..limits.clone() };
            let sandbox = sandbox(limits.clone(), cache(&arguments.cache), 1)?;
            let inspection = inspect(file, &limits, Run::Prepare(&sandbox));
            check_host(&sandbox)?;
            inspection
        }
    };
    if let Some(signer) = signer {
        inspection.verified_by(signer);
    }
    print(&inspection, arguments.format, text)?;
    // A refused plugin counts as a finding.
    Ok(if inspection.refused.is_some() { ExitStatus::Findings } else { ExitStatus::Success })
}
