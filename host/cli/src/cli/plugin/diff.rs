//! `wardline plugin diff`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::find;
use super::fleet::FleetArgs;
use crate::aliasing::Files;
use crate::cli::args::{CacheArgs, JudgingArgs, LimitArgs};
use crate::cli::exit::ExitStatus;
use crate::cli::loading::{cache, check_host, limits, sandbox};
use crate::cli::output::{OutputFormat, print};
use crate::cli::parts::Parts;
use crate::cli::{Fatal, files, warn};
use crate::contract::about;
use crate::vet::diff::{Request, diff, text};

/// Compare two builds of a plugin: what they may do, cost and find
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 the builds do not differ, 1 usage or fatal error, 2 they differ, 3 a target of \
                        the fleet could not be opened.")]
pub struct DiffArgs {
    /// Old build: a file, a built-in plugin's name, or at least six digits of a digest
    #[arg(value_name = "OLD")]
    old: OsString,
    /// New build, named in the same way
    #[arg(value_name = "NEW")]
    new: OsString,
    /// Directory with *.wasm files to search for a digest, after the built-in plugins; may be repeated
    #[arg(long = "plugin-dir", value_name = "DIR", default_value = ".")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    fleet: FleetArgs,
    /// Number of targets to generate for the plugins, in addition to the fleet
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u16).range(..=1_000))]
    generated: u16,
    /// Number of conversations to hold in parallel [default: number of processors]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::cli::args::jobs())]
    jobs: usize,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
    #[command(flatten)]
    judging: JudgingArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(arguments: &DiffArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let old = find::plugin(&arguments.old, &arguments.folders)?;
    let new = find::plugin(&arguments.new, &arguments.folders)?;
    let mut files = Files::default();
    old.register(&mut files);
    new.register(&mut files);
    files::with_cache(&mut files, &arguments.cache);
    arguments.fleet.register(&mut files)?;
    files.writes_stdout();
    files.check()?;
    let updates = arguments.fleet.updates(&arguments.cache, parts)?;
    let limits = limits(&arguments.limits);
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = if arguments.jobs == 0 { processors } else { arguments.jobs };
    let conversations = u32::try_from(workers.saturating_mul(2)).unwrap_or(u32::MAX);
    let sandbox = sandbox(limits.clone(), cache(&arguments.cache), conversations)?;
    let request = Request {
        old: old.plugin,
        new: new.plugin,
        fleet: arguments.fleet.fleet()?,
        generated: usize::from(arguments.generated),
        updates: updates.as_deref(),
        options: arguments.judging.options(),
        limits,
        seed: arguments.fleet.seed,
        jobs: arguments.jobs,
    };
    let found = diff(request, &sandbox, &mut |place, reason| warn(&about(place, reason)))?;
    check_host(&sandbox)?;
    print(&found, arguments.format, text)?;
    Ok(match (found.differs, &found.fleet) {
        (true, _) => ExitStatus::Findings,
        (false, Some(fleet)) if fleet.unopened > 0 => ExitStatus::Incomplete,
        (false, Some(_)) => ExitStatus::Success,
        // Neither of them runs.
        (false, None) => ExitStatus::Fatal,
    })
}
