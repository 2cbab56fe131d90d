//! `wardline plugin diff`.

use std::ffi::OsString;
use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;

use super::find;
use super::fleet::FleetArgs;
use crate::aliasing::Files;
use crate::cli::args::{CacheArgs, JudgingArgs, LimitArgs, OutputFormat};
use crate::cli::exit::ExitStatus;
use crate::cli::loading::{cache, limits, not_failed, sandbox};
use crate::cli::parts::Parts;
use crate::cli::{Fatal, files, warn};
use crate::contract::about;
use crate::vet::diff::{Request, diff, text};

/// Show what a new build of a plugin may do, costs and finds that the old one did not
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 they may do and find the same, 1 usage or fatal error, 2 they differ, \
                        3 a target of the fleet could not be opened.")]
pub struct DiffArgs {
    /// A file, a built-in plugin's name, or at least six digits of a digest
    #[arg(value_name = "OLD")]
    old: OsString,
    /// Likewise
    #[arg(value_name = "NEW")]
    new: OsString,
    /// Where digests are looked for in *.wasm, besides the built-in plugins; may be repeated
    #[arg(long = "plugin-dir", value_name = "DIR", default_value = ".")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    fleet: FleetArgs,
    /// Targets that are made up for the plugins, beside the built-in fleet
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u16).range(..=1_000))]
    generated: u16,
    /// Conversations held at the same time [default: one for each processor]
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
    old.named(&mut files);
    new.named(&mut files);
    files::with_cache(&mut files, &arguments.cache);
    arguments.fleet.named(&mut files)?;
    files.writes_stdout();
    files.check()?;
    let updates = arguments.fleet.updates(parts)?;
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
    not_failed(&sandbox)?;
    let mut out = stdout().lock();
    match arguments.format {
        OutputFormat::Text => {
            let colour = out.is_terminal() && anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never;
            out.write_all(&text(&found, colour))?;
        }
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &found)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(match (found.differs, &found.fleet) {
        (true, _) => ExitStatus::Findings,
        (false, Some(fleet)) if fleet.unopened > 0 => ExitStatus::Incomplete,
        (false, Some(_)) => ExitStatus::Success,
        // Neither of them runs.
        (false, None) => ExitStatus::Fatal,
    })
}
