//! `wardline plugin test`.

use std::io::{BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use super::build::shown;
use crate::aliasing::{Aliased, Files};
use crate::cli::args::{CacheArgs, LimitArgs};
use crate::cli::exit::ExitStatus;
use crate::cli::loading::{cache, check_host, limits, read_plugin, sandbox_with};
use crate::cli::progress::Patience;
use crate::cli::settings::{Known, OperatorSettings, SettingsError};
use crate::cli::{Fatal, files, warn};
use crate::contract::{Description, Escaped, Setting};
use crate::sandbox::Execution;
use crate::vendor::Project;
use crate::vendor::cases::{self, CaseResult, Verdict};

/// Run a plugin's cases in the sandbox, and show how its findings differ from those expected
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 all cases passed, 1 usage or fatal error, or a case is damaged, 2 a case \
                        failed.")]
pub struct TestArgs {
    /// Project directory
    #[arg(value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// Component to test [default: build/NAME.wasm in the project]
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Update expected.json where the findings differ; review the changes before you keep them
    #[arg(long)]
    accept: bool,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(arguments: &TestArgs) -> Result<ExitStatus, Fatal> {
    let project = Project::open(&arguments.project)?;
    check_files(arguments, &project)?;
    let component = match &arguments.plugin {
        Some(file) => read_plugin(file)?,
        None if !project.component().exists() => {
            let missing = project.component();
            return Err(format!("{}: file not found; run `wardline plugin build`", shown(&missing)).into());
        }
        None => {
            if let Some(source) = project.changed_since_built() {
                let (source, built) = (shown(&source), project.component());
                warn(&format!("{source} is newer than {}; run `wardline plugin build`", shown(&built)));
            }
            read_plugin(&project.component())?
        }
    };
    let execution = Execution { panic_messages: true, ..Execution::default() };
    let sandbox = sandbox_with(limits(&arguments.limits), cache(&arguments.cache), 1, execution)?;
    let mut out = BufWriter::new(stdout());
    let mut count = Count::default();
    let mut written = Ok(());
    let mut patience = Some(Patience::compiling());
    let tested = cases::run(
        &project.cases,
        &component,
        &sandbox,
        &|file, description| settings(file, description).map_err(|error| error.to_string()),
        arguments.accept,
        &mut |result| {
            patience = None;
            count.add(&result.verdict);
            if written.is_ok() {
                written = show(&result, &mut out);
            }
        },
    );
    check_host(&sandbox)?;
    tested?;
    written?;
    writeln!(out, "{count}")?;
    out.flush()?;
    Ok(count.status())
}

/// Ensures that no output overwrites an input. The project's folder itself may hold the cache, or the printed report.
fn check_files(arguments: &TestArgs, project: &Project) -> Result<(), Aliased> {
    let mut files = Files::default();
    match &arguments.plugin {
        Some(file) => files.reads("--plugin", file),
        None => files.reads("the plugin", &project.component()),
    }
    files.reads("the project file", &project.file());
    files.reads("the cases directory", &project.cases);
    files::with_cache(&mut files, &arguments.cache);
    files.writes_stdout();
    files.check()
}

fn settings(file: &Path, description: &Description) -> Result<Vec<Setting>, SettingsError> {
    let mut assigned = OperatorSettings::read(file)?.assign(std::iter::once(Known::Described(description)))?;
    Ok(assigned.pop().unwrap_or_default())
}

fn show(result: &CaseResult, out: &mut dyn Write) -> std::io::Result<()> {
    let name = Escaped(&result.name);
    match &result.verdict {
        Verdict::Passed => writeln!(out, "passed    {name}"),
        Verdict::Accepted => writeln!(out, "accepted  {name}"),
        Verdict::Damaged(error) => {
            writeln!(out, "damaged   {name}")?;
            writeln!(out, "    {}", Escaped(&error.to_string()))
        }
        Verdict::Failed { differences, unanswered } => {
            writeln!(out, "FAILED    {name}")?;
            for difference in differences {
                writeln!(out, "    {}", difference.to_string().replace('\n', "\n    "))?;
            }
            if !unanswered.is_empty() {
                writeln!(
                    out,
                    "    questions without an answer in target.json; if they ask for something absent, add to \
                     `answers`:"
                )?;
            }
            for question in unanswered {
                let json = serde_json::to_string(&(question, "absent")).unwrap_or_default();
                writeln!(out, "        {},", Escaped(&json))?;
            }
            Ok(())
        }
    }
}

#[derive(Default)]
struct Count {
    passed: usize,
    accepted: usize,
    failed: usize,
    damaged: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Accepted => self.accepted += 1,
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::Damaged(_) => self.damaged += 1,
        }
    }

    /// Cases that cannot be run take precedence over failed ones: their result is unknown.
    fn status(&self) -> ExitStatus {
        match self {
            Count { damaged: 1.., .. } => ExitStatus::Fatal,
            Count { failed: 1.., .. } => ExitStatus::Findings,
            _ => ExitStatus::Success,
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Count { passed, accepted, failed, damaged } = self;
        let cases = passed + accepted + failed + damaged;
        write!(formatter, "{cases} {}", if cases == 1 { "case" } else { "cases" })?;
        for (count, word) in [(passed, "passed"), (accepted, "accepted"), (failed, "failed"), (damaged, "damaged")] {
            if *count > 0 {
                write!(formatter, ", {count} {word}")?;
            }
        }
        Ok(())
    }
}
