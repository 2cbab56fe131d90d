//! The arguments of the commands.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Subcommand, ValueEnum};

use crate::contract::{ChecksumMode, Options};
use crate::report::FailOn;

#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit codes: 0 done, 1 usage or fatal error, 2 findings at or above --fail-on, \
                        3 a target could not be opened or a plugin not be loaded; with --strict, something could be \
                        scanned only in part.")]
pub struct ScanArgs {
    /// Directories that are roots of Windows volumes, or recordings
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<PathBuf>,
    #[command(flatten)]
    pub plugins: PluginArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Targets scanned at the same time [default: one for each processor]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = jobs())]
    pub jobs: usize,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
    /// Report as text or json, to standard output or a file; may be repeated [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    pub outputs: Vec<OutputArg>,
    /// Write a recording of each target into this folder: every answer, and what each plugin asked and said
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Exit with 2 when something this grave, or graver, is found
    #[arg(long, value_name = "LEVEL", value_parser = one_of(&FailOn::ALL, FailOn::word))]
    pub fail_on: Option<FailOn>,
    /// Exit with 3 also when something could be scanned only in part
    #[arg(long)]
    pub strict: bool,
    /// Show in text also what needs no attention, with the evidence
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Clone, Debug, Args)]
pub struct CollectArgs {
    /// Directory that is the root of a Windows volume
    pub target: PathBuf,
    /// The recording to write
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub plugins: PluginArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
}

#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// Report that `wardline scan -o json` wrote
    #[arg(value_name = "REPORT.json")]
    pub report: PathBuf,
    /// Plan as text or json, to standard output or a file; may be repeated [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    pub outputs: Vec<OutputArg>,
}

#[derive(Clone, Debug, Args)]
pub struct HotfixesArgs {
    /// Directories that are roots of Windows volumes
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<PathBuf>,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
}

#[derive(Clone, Debug, Args)]
pub struct CatalogArgs {
    #[command(subcommand)]
    pub command: CatalogCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub enum CatalogCommand {
    /// Count what a catalog holds, and list what in it could not be resolved
    Show {
        file: PathBuf,
        #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
        format: OutputFormat,
    },
}

/// The maximum number of workers. Each has a thread and its share of the address space; no machine is faster with more.
const MOST_JOBS: u64 = 1024;

/// Parses one of an enumeration's values by its word, for types that know nothing of the command line.
pub(in crate::cli) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl clap::builder::TypedValueParser<Value = T> {
    let words = clap::builder::PossibleValuesParser::new(all.iter().map(|value| word(*value)));
    let find = move |given: String| all.iter().copied().find(|value| word(*value) == given).ok_or("no such value");
    clap::builder::TypedValueParser::try_map(words, find)
}

/// The number after `--jobs`; 0 means one worker per processor.
pub(super) fn jobs() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(0..=MOST_JOBS)
}

/// What may be held of one target.
#[derive(Clone, Copy, Debug, Args)]
pub struct TargetMemoryArgs {
    /// Memory that what is read of one target may take; more of it is unreadable: bytes, or a number with KiB, MiB or GiB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256MiB")]
    target_memory: u64,
}

impl TargetMemoryArgs {
    pub fn bytes(self) -> u64 {
        self.target_memory
    }
}

/// Parses `64MiB`, `1 GiB`, `1048576`. `MB` and `M` mean `MiB`, and so on.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err("bad size: expected bytes, or a number with KiB, MiB or GiB".to_owned()),
    };
    let number = number.parse::<u64>().map_err(|_| "bad size: expected a number".to_owned())?;
    number.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(|| "bad size: out of range".to_owned())
}

/// Which plugins, prepared with which catalogs, within which limits.
#[derive(Clone, Debug, Args)]
pub struct PluginArgs {
    /// Catalog of updates (mssecure.xml); may be repeated
    #[arg(long = "catalog", value_name = "FILE")]
    pub catalogs: Vec<PathBuf>,
    /// Plugin to use besides the built-in ones; may be repeated
    #[arg(long = "plugin", value_name = "FILE")]
    pub plugins: Vec<PathBuf>,
    /// Use only these plugins, by name or product family
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// What the plugins are set to (TOML): a table for each plugin, by its name
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// What each plugin may ask and use up (TOML); plugins that are not built in and that it does not name may ask nothing
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub cache: CacheArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Which plugins that are not built in may run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Trust in plugins that are not built in")]
pub struct TrustArgs {
    /// Run only plugins that are signed by a key which is trusted for their name
    #[arg(long)]
    pub require_signature: bool,
    /// Run only plugins with a vetting report beside them that is signed and in which every law is kept
    #[arg(long)]
    pub require_vet: bool,
    /// Keys that are trusted, and for what (TOML) [default: trust.toml in the folder for configuration]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct CacheArgs {
    /// Where compiled plugins are kept
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,
    /// Compile the plugins anew and keep nothing
    #[arg(long)]
    pub no_cache: bool,
}

/// What one plugin may use up on one target. What is not given is the sandbox's default.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Limits for a plugin on a target")]
pub struct LimitArgs {
    /// Memory, in MiB
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub max_memory: Option<u64>,
    /// Instructions
    #[arg(long, value_name = "COUNT")]
    pub fuel: Option<u64>,
    /// Time, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Rounds of questions
    #[arg(long, value_name = "COUNT")]
    pub max_rounds: Option<u32>,
    /// Questions in all
    #[arg(long, value_name = "COUNT")]
    pub max_questions: Option<u32>,
    /// What it may hand out, in MiB
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=4_096))]
    pub max_output: Option<u64>,
    /// Time for compiling it when it is first used, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub compile_timeout: Option<Duration>,
}

/// How updates are judged.
#[derive(Clone, Copy, Debug, Args)]
pub struct JudgingArgs {
    /// Do not test checksums
    #[arg(long, conflicts_with = "force_checksums")]
    pub no_checksums: bool,
    /// Test checksums also where the target's language is not the catalog's
    #[arg(long)]
    pub force_checksums: bool,
    /// Do not test registry values
    #[arg(long)]
    pub no_registry: bool,
}

impl JudgingArgs {
    pub fn options(self) -> Options {
        let checksums = match (self.no_checksums, self.force_checksums) {
            (true, _) => ChecksumMode::Never,
            (false, true) => ChecksumMode::Always,
            (false, false) => ChecksumMode::SameLanguage,
        };
        Options { checksums, registry: !self.no_registry, settings: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

impl OutputFormat {
    /// The word on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            OutputFormat::Text => "text",
            OutputFormat::Json => "json",
        }
    }
}

/// `text`, `json=report.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputArg {
    pub format: OutputFormat,
    /// None for standard output.
    pub file: Option<PathBuf>,
}

impl FromStr for OutputArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("the file's name is missing behind `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format =
            OutputFormat::from_str(format, false).map_err(|_| format!("no format `{format}`: text or json"))?;
        Ok(OutputArg { format, file })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "not a number of seconds".to_owned())
}
