//! The arguments of the commands.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::access::AccessArgs;
use super::durations::seconds;
use super::output::{OutputArg, OutputFormat};
use crate::contract::{ChecksumMode, Options};
use crate::supply::source::MSRC;

/// Headings in the help. Without one, an option is under the heading of those before it.
pub(super) const REPORTS: &str = "Reports";
pub(super) const SESSION: &str = "Session";
const PLUGINS: &str = "Plugins";

#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// Report written by `wardline scan -o json`
    #[arg(value_name = "REPORT.json")]
    pub report: PathBuf,
    /// Plan format (text or json), with a file unless it goes to standard output; may be repeated [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    pub outputs: Vec<OutputArg>,
}

#[derive(Clone, Debug, Args)]
pub struct HotfixesArgs {
    /// Root directories of Windows volumes, disk images, or running machines (smb://NAME)
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<PathBuf>,
    #[command(flatten)]
    pub access: AccessArgs,
    #[arg(short = 'o', long = "output", value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,
    #[command(flatten)]
    pub target_memory: TargetMemoryArgs,
}

/// The maximum number of workers. Each has a thread and its share of the address space; no machine is faster with more.
const MAX_JOBS: u64 = 1024;

/// Parses a value of an enumeration by its word, for types that do not depend on clap.
pub(in crate::cli) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl clap::builder::TypedValueParser<Value = T> {
    let words = clap::builder::PossibleValuesParser::new(all.iter().map(|value| word(*value)));
    let find = move |given: String| all.iter().copied().find(|value| word(*value) == given).ok_or("unknown value");
    clap::builder::TypedValueParser::try_map(words, find)
}

/// The number after `--jobs`; 0 means one worker per processor.
pub(super) fn jobs() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(0..=MAX_JOBS)
}

/// The memory limit for one target.
#[derive(Clone, Copy, Debug, Args)]
pub struct TargetMemoryArgs {
    /// Memory limit for the data of one target (bytes, KiB, MiB or GiB); data beyond it is reported as unreadable
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256MiB", help_heading = "Limits (per target)")]
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

/// The catalogs that updates are judged by.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Catalogs")]
pub struct CatalogChoice {
    /// Catalog of updates, or a directory of them: mssecure.xml, Microsoft's documents (CVRF, CSAF), WES-NG's definitions; may be
    /// repeated [default: those of `wardline catalog update`]
    #[arg(long = "catalog", value_name = "PATH")]
    pub catalogs: Vec<PathBuf>,
    /// Update the held catalogs first, as `wardline catalog update --from` does; if that fails, use those held
    #[arg(
        long,
        value_name = "URL|PATH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = MSRC,
        conflicts_with = "catalogs"
    )]
    pub update_catalog: Option<String>,
    /// Refuse to judge by catalogs older than this many days
    #[arg(long, value_name = "DAYS")]
    pub max_catalog_age: Option<u32>,
    /// Judge only the updates in this list (a file or URL with an article or bulletin on each line)
    #[arg(long, value_name = "FILE|URL")]
    pub approved: Option<String>,
}

/// The plugins of a scan, their catalogs and limits.
#[derive(Clone, Debug, Default, Args)]
pub struct PluginArgs {
    #[command(flatten)]
    pub catalogs: CatalogChoice,
    /// Plugin to use in addition to the built-in ones; may be repeated
    #[arg(long = "plugin", value_name = "FILE", help_heading = PLUGINS)]
    pub plugins: Vec<PathBuf>,
    /// Use only these plugins (names or product families)
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = PLUGINS)]
    pub only: Vec<String>,
    /// Settings for plugins (TOML): one table per plugin
    #[arg(long, value_name = "FILE", help_heading = PLUGINS)]
    pub settings: Option<PathBuf>,
    /// Policy (TOML): the questions and limits of each plugin; unlisted plugins that are not built in may ask nothing
    #[arg(long, value_name = "FILE", help_heading = PLUGINS)]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub cache: CacheArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// The requirements on plugins that are not built in.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Trust (for plugins that are not built in)")]
pub struct TrustArgs {
    /// Run only plugins signed by a key that is trusted for their name
    #[arg(long)]
    pub require_signature: bool,
    /// Run only plugins with a signed vetting report next to them that shows all laws kept
    #[arg(long)]
    pub require_vet: bool,
    /// Trusted keys, and what each may sign (TOML) [default: trust.toml in the configuration directory]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cache")]
pub struct CacheArgs {
    /// Directory in which compiled plugins are cached
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,
    /// Compile all plugins, without reading or writing the cache
    #[arg(long)]
    pub no_cache: bool,
}

/// The limits of one plugin on one target. If not given, the sandbox's defaults apply.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Limits (per plugin and target)")]
pub struct LimitArgs {
    /// Maximum memory, in MiB
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub max_memory: Option<u64>,
    /// Maximum number of instructions
    #[arg(long, value_name = "COUNT")]
    pub fuel: Option<u64>,
    /// Maximum time, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Maximum number of rounds of questions
    #[arg(long, value_name = "COUNT")]
    pub max_rounds: Option<u32>,
    /// Maximum number of questions
    #[arg(long, value_name = "COUNT")]
    pub max_questions: Option<u32>,
    /// Maximum size of questions, findings and actions, in MiB
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=4_096))]
    pub max_output: Option<u64>,
    /// Maximum time to compile the plugin on first use, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub compile_timeout: Option<Duration>,
}

/// How updates are judged.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Judging updates")]
pub struct JudgingArgs {
    /// Do not test checksums
    #[arg(long, conflicts_with = "force_checksums")]
    pub no_checksums: bool,
    /// Test checksums even if the target's language is not the catalog's
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
