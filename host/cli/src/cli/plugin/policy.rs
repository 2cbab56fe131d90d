//! `wardline plugin policy`.

use std::io::{Write as _, stdout};
use std::path::PathBuf;

use super::find::{self, Runnable};
use super::fleet::FleetArgs;
use crate::aliasing::Files;
use crate::cli::args::{CacheArgs, JudgingArgs, LimitArgs};
use crate::cli::exit::{ExitStatus, after_opening};
use crate::cli::loading::{cache, limits, without_pool};
use crate::cli::parts::Parts;
use crate::cli::settings::OperatorSettings;
use crate::cli::{Fatal, files, warn};
use crate::contract::{Description, Outcome, Update};
use crate::policy::{PolicyEntry, written};
use crate::replace;
use crate::sandbox::NoPool;
use crate::vet::{self, Effort, Progress, Request, least};

/// The number of targets generated for the plugin, in addition to those of the fleet.
const GENERATED: usize = 20;

/// Write the least policy that plugins need: the questions they ask over a fleet, and limits with headroom
#[derive(Clone, Debug, clap::Args)]
pub struct PolicyArgs {
    /// Components, names of built-in plugins, or beginnings of digests
    #[arg(required = true, value_name = "FILE|NAME|DIGEST")]
    files: Vec<PathBuf>,
    /// Policy to write [default: standard output]
    #[arg(short, long = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    fleet: FleetArgs,
    /// Settings for plugins (TOML): one table per plugin
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    judging: JudgingArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(arguments: &PolicyArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let folder = [PathBuf::from(".")];
    let plugins = arguments.files.iter().map(|file| find::runnable(file.as_os_str(), &folder));
    let plugins = plugins.collect::<Result<Vec<_>, Fatal>>()?;
    check_files(arguments, &plugins)?;
    let updates = arguments.fleet.updates(&arguments.cache, parts)?;
    let settings = OperatorSettings::given(arguments.settings.as_deref())?;
    let observed = plugins.into_iter().map(|plugin| entry(arguments, plugin, updates.as_deref(), &settings));
    let (entries, unopened): (Vec<PolicyEntry>, Vec<usize>) =
        observed.collect::<Result<Vec<_>, Fatal>>()?.into_iter().unzip();
    let policy = written(&entries);
    match &arguments.output {
        None => stdout().write_all(policy.as_bytes())?,
        Some(file) => replace::replace_file(file, |out| out.write_all(policy.as_bytes()))
            .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?,
    }
    // If nothing could be opened, there is no entry.
    Ok(after_opening(1, unopened.into_iter().sum()))
}

/// Ensures that the policy does not overwrite an input.
fn check_files(arguments: &PolicyArgs, plugins: &[Runnable]) -> Result<(), Fatal> {
    let mut files = Files::default();
    plugins.iter().for_each(|plugin| plugin.register(&mut files));
    files::with_settings(&mut files, arguments.settings.as_deref());
    files::with_cache(&mut files, &arguments.cache);
    arguments.fleet.register(&mut files)?;
    match &arguments.output {
        Some(file) => files.writes("-o", file),
        None => files.writes_stdout(),
    }
    Ok(files.check()?)
}

/// Examines every target of the fleet once, without trying any law. Returns the entry, and how many targets could not be
/// opened.
fn entry(
    arguments: &PolicyArgs,
    plugin: Runnable,
    updates: Option<&[Update]>,
    settings: &OperatorSettings,
) -> Result<(PolicyEntry, usize), Fatal> {
    let file = &plugin.name;
    let request = Request {
        file: file.clone(),
        bytes: &plugin.bytes,
        signature: plugin.signature,
        limits: limits(&arguments.limits),
        cache: cache(&arguments.cache),
        options: arguments.judging.options(),
        fleet: arguments.fleet.fleet()?,
        effort: Effort { generated: GENERATED, most_tried: 0, ..Effort::QUICK },
        updates,
        seed: arguments.fleet.seed,
        jobs: 0,
        date: String::new(),
    };
    let settings = |description: &Description| settings.of_one(description).map_err(|error| error.to_string());
    let report = vet::run(&request, &[], &settings, &NoProgress)?.report;
    if let Some(refused) = report.refused {
        return Err(format!("{file}: {}: {}", refused.outcome.word(), refused.detail).into());
    }
    let (Some(described), Some(run)) = (report.plugin.described, report.run) else {
        return Err(format!("{file}: the plugin was not run").into());
    };
    for unopened in &run.fleet.unopened {
        warn(&unopened.reason);
    }
    if run.fleet.given == 0 && arguments.fleet.is_given() {
        return Err("--fleet: no target could be opened; no policy was written".into());
    }
    let seen = run.observations;
    for count in seen.outcomes.iter().filter(|count| count.outcome != Outcome::Ok) {
        warn(&format!(
            "{file}: {} of {} conversations ended {}; the questions that they did not reach are not in the policy",
            count.conversations,
            seen.conversations,
            count.outcome.word()
        ));
    }
    if seen.undeclared.questions > 0 {
        warn(&format!(
            "{file}: asks questions that it does not declare; they are not granted, and every scan denies them"
        ));
    }
    let entry = least(&described.name, &described.version, &report.plugin.digest, &seen);
    Ok((entry, run.fleet.unopened.len()))
}

/// Examining a fleet takes only a moment, so its progress is not shown.
struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: usize) {}
    fn step_done(&self) {}
    fn end(&self) {}

    fn without_pool(&self, reason: &NoPool) {
        without_pool(reason);
    }
}
