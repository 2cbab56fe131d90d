//! `wardline plugin vet`.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};

use super::find;
use super::fleet::FleetArgs;
use crate::aliasing::Files;
use crate::cli::args::{CacheArgs, JudgingArgs, LimitArgs};
use crate::cli::exit::{ExitStatus, after_opening};
use crate::cli::loading::{cache, limits, without_pool};
use crate::cli::output::{OutputArg, check_single_stdout};
use crate::cli::parts::Parts;
use crate::cli::progress::Patience;
use crate::cli::settings::OperatorSettings;
use crate::cli::{Fatal, files, warn};
use crate::contract::Description;
use crate::replace;
use crate::report::Writer;
use crate::sandbox::NoPool;
use crate::unfinished::Access;
use crate::vet::report::{self, Overall, Report};
use crate::vet::{self, CounterExampleFile, Effort, Progress, Request};

/// Run a plugin over a fleet, and report what it asks, what it costs and which laws it keeps
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all laws kept, 1 usage or fatal error, 2 a law is broken or the plugin is refused, \
                  3 a target of the fleet could not be opened."
)]
pub struct VetArgs {
    /// Plugin: a file, a built-in plugin's name, or at least six digits of a digest
    #[arg(value_name = "FILE|NAME|DIGEST")]
    plugin: PathBuf,
    /// Directory with *.wasm files to search for a digest, after the built-in plugins
    #[arg(long, value_name = "DIR", default_value = ".")]
    plugin_dir: PathBuf,
    #[command(flatten)]
    fleet: FleetArgs,
    /// Settings for plugins (TOML): one table per plugin
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Report format (text, json or html), with a file unless it goes to standard output; may be repeated [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    outputs: Vec<VetOutput>,
    /// Directory for recordings that show how laws are broken [default: next to the first report file]
    #[arg(long, value_name = "DIR")]
    counter_examples: Option<PathBuf>,
    /// Number of targets to generate for the plugin [default: 20]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(..=1_000))]
    generated: Option<u16>,
    /// Maximum number of targets to try the laws on [default: 40]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    tried: Option<u32>,
    /// Try fewer targets: for a quick check between builds, not for a report to rely on
    #[arg(long)]
    quick: bool,
    /// Date of the report (2026-11-22T20:15:00Z) [default: SOURCE_DATE_EPOCH if set, else the current time]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_rfc3339)]
    date: Option<SystemTime>,
    /// Number of conversations to hold in parallel [default: number of processors]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = crate::cli::args::jobs())]
    jobs: usize,
    #[command(flatten)]
    judging: JudgingArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum VetFormat {
    Text,
    Json,
    Html,
}

type VetOutput = OutputArg<VetFormat>;

pub(super) fn run(arguments: &VetArgs, parts: &dyn Parts) -> Result<ExitStatus, Fatal> {
    let default = [VetOutput { format: VetFormat::Text, file: None }];
    let outputs = if arguments.outputs.is_empty() { &default[..] } else { &arguments.outputs };
    check_single_stdout(outputs, "report")?;
    let plugin = find::runnable(arguments.plugin.as_os_str(), std::slice::from_ref(&arguments.plugin_dir))?;
    let mut files = Files::default();
    plugin.register(&mut files);
    files::with_settings(&mut files, arguments.settings.as_deref());
    files::with_cache(&mut files, &arguments.cache);
    arguments.fleet.register(&mut files)?;
    outputs.iter().for_each(|output| output.register(&mut files));
    files.check()?;
    let updates = arguments.fleet.updates(&arguments.cache, parts)?;
    let settings = OperatorSettings::given(arguments.settings.as_deref())?;
    let asked = if arguments.quick { Effort::QUICK } else { Effort::USUAL };
    let request = Request {
        file: plugin.name,
        bytes: &plugin.bytes,
        signature: plugin.signature,
        limits: limits(&arguments.limits),
        cache: cache(&arguments.cache),
        options: arguments.judging.options(),
        fleet: arguments.fleet.fleet()?,
        effort: Effort {
            generated: arguments.generated.map_or(asked.generated, usize::from),
            most_tried: arguments.tried.map_or(asked.most_tried, |tried| tried as usize),
            ..asked
        },
        updates: updates.as_deref(),
        seed: arguments.fleet.seed,
        jobs: arguments.jobs,
        date: humantime::format_rfc3339_seconds(date(arguments.date)?).to_string(),
    };
    let settings = |description: &Description| settings.of_one(description).map_err(|error| error.to_string());
    let bar = Bar { bar: ProgressBar::new(0), patience: Mutex::new(Some(Patience::compiling())) };
    let vetting = vet::run(&request, vet::laws::ALL, &settings, &bar)?;
    let mut report = vetting.report;
    let folder = arguments.counter_examples.clone().or_else(|| beside(outputs));
    if let Some(folder) = &folder {
        // Their names are known only now.
        for example in &vetting.counter_examples {
            files.writes("the counter-example", &folder.join(&example.name));
        }
        files.check()?;
    }
    keep(&vetting.counter_examples, folder.as_deref(), &mut report)?;
    let (mut opened, mut unopened) = (1, 0);
    if let Some(run) = report.run.as_ref().filter(|_| arguments.fleet.is_given()) {
        (opened, unopened) = (run.fleet.given, run.fleet.unopened.len());
        run.fleet.unopened.iter().for_each(|unopened| warn(&unopened.reason));
    }
    for output in outputs {
        write(output, &report)?;
    }
    Ok(match report.verdict {
        Overall::Kept => after_opening(opened, unopened),
        Overall::Broken | Overall::Refused => ExitStatus::Findings,
    })
}

/// By convention, `SOURCE_DATE_EPOCH` gives reproducible builds their time, in seconds since 1970.
fn date(given: Option<SystemTime>) -> Result<SystemTime, Fatal> {
    match (given, std::env::var("SOURCE_DATE_EPOCH")) {
        (Some(date), _) => Ok(date),
        (None, Err(_)) => Ok(SystemTime::now()),
        (None, Ok(seconds)) => seconds
            .parse()
            .ok()
            // humantime writes dates up to the year 9999.
            .filter(|seconds| *seconds < 253_402_300_800)
            .map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .ok_or_else(|| "SOURCE_DATE_EPOCH is not a number of seconds since 1970".into()),
    }
}

/// The folder of the first report that goes to a file.
fn beside(outputs: &[VetOutput]) -> Option<PathBuf> {
    let file = outputs.iter().find_map(|output| output.file.as_deref())?;
    Some(file.parent().unwrap_or(Path::new("")).to_owned())
}

/// Writes the counter-examples, or says how to get them.
fn keep(files: &[CounterExampleFile], folder: Option<&Path>, report: &mut Report) -> Result<(), Fatal> {
    if files.is_empty() {
        return Ok(());
    }
    let Some(folder) = folder else {
        warn("--counter-examples DIR writes recordings that show how the laws are broken");
        for law in &mut report.laws {
            if let Some(example) = &mut law.counter_example {
                example.recordings.clear();
            }
        }
        return Ok(());
    };
    if folder != Path::new("") {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: cannot be created: {error}", folder.display()))?;
    }
    for file in files {
        let path = folder.join(&file.name);
        replace::replace_private_file(&path, |out| out.write_all(&file.json))
            .map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
    }
    Ok(())
}

fn write(output: &VetOutput, report: &Report) -> Result<(), Fatal> {
    let bytes = match output.format {
        VetFormat::Text => report::text(report, output.has_colour()),
        VetFormat::Json => report::json(report),
        VetFormat::Html => report::html(report),
    };
    let mut writer = Writer::open(output.destination(), b"", Access::Public)?;
    writer.write(&bytes)?;
    writer.finish()?;
    Ok(())
}

/// The progress of the run, on standard error; silent if that is not a terminal.
struct Bar {
    bar: ProgressBar,
    /// Until the first step.
    patience: Mutex<Option<Patience>>,
}

impl Progress for Bar {
    fn begin(&self, steps: usize) {
        if let Ok(mut patience) = self.patience.lock() {
            *patience = None;
        }
        self.bar.set_length(steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} trials, {eta} left") {
            self.bar.set_style(style);
        }
    }

    fn step_done(&self) {
        self.bar.inc(1);
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn without_pool(&self, reason: &NoPool) {
        without_pool(reason);
    }
}
