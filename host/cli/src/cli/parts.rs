//! What the commands are put together from.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Fatal;
use super::args::{CacheArgs, LimitArgs, OutputFormat, PluginArgs};
use super::settings::OperatorSettings;
use super::trusting;
use crate::contract::{Description, Update};
use crate::evidence::Source;
use crate::policy::Policy;
use crate::report::CatalogSource;
use crate::scan::{OpenError, Plugin, TargetSpec};
use crate::trust::Requirements;

/// The catalogs of a scan, merged.
#[derive(Clone, Debug, Default)]
pub struct Catalogs {
    pub sources: Vec<CatalogSource>,
    /// Of all catalogs, with numbers that are unique among them.
    pub updates: Vec<Update>,
}

/// Which plugins are wanted.
#[derive(Clone, Debug)]
pub struct PluginRequest<'a> {
    /// Besides the built-in ones.
    pub files: &'a [PathBuf],
    /// Names or families; empty for all.
    pub only: &'a [String],
    pub settings: OperatorSettings,
    /// None where plugins may ask whatever they declare.
    pub policy: Option<Policy>,
    /// What every plugin that is not built in has to bring along. None where they may all run.
    pub requirements: Option<Requirements>,
    pub cache: &'a CacheArgs,
    pub limits: &'a LimitArgs,
    /// How many conversations may be held at the same time.
    pub conversations: u32,
}

impl<'a> PluginRequest<'a> {
    /// Reads the operator's settings, the policy, and whom they trust. `jobs` is the number of workers; 0 stands for as many as the machine has processors.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is none of its kind.
    pub fn new(arguments: &'a PluginArgs, jobs: usize) -> Result<Self, Fatal> {
        let settings = OperatorSettings::given(arguments.settings.as_deref())?;
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = if jobs == 0 { processors } else { jobs };
        Ok(PluginRequest {
            files: &arguments.plugins,
            only: &arguments.only,
            settings,
            policy: arguments.policy.as_deref().map(Policy::read).transpose()?,
            requirements: trusting::requirements(&arguments.trust)?,
            cache: &arguments.cache,
            limits: &arguments.limits,
            // Plugins are prepared on all processors before the workers begin.
            conversations: u32::try_from(workers.max(processors)).unwrap_or(u32::MAX),
        })
    }
}

/// What came of loading plugins.
#[derive(Debug, Default)]
pub struct LoadedPlugins {
    /// Those of the scan. One that could not be loaded is among them, so that every target's report names it.
    pub plugins: Vec<Plugin>,
    /// What the operator left out.
    pub left_out: Vec<Description>,
    /// How many of `plugins` could not be loaded, or are refused.
    pub not_loaded: u64,
}

/// The catalog readers, the sandbox and the evidence sources behind the commands; tests bring their own.
pub trait Parts: Sync {
    /// Reads catalogs and numbers their updates through.
    fn catalogs(&self, files: &[PathBuf]) -> Result<Catalogs, Fatal>;

    /// Writes what `wardline catalog show` shows.
    fn show_catalog(&self, file: &Path, format: OutputFormat, out: &mut dyn Write) -> Result<(), Fatal>;

    /// Loads plugins, prepares each with the updates of its products, and gives each its settings.
    fn plugins(&self, request: &PluginRequest<'_>, updates: &[Update]) -> Result<LoadedPlugins, Fatal>;

    /// Opens a volume or a recording.
    fn open(&self, target: &TargetSpec) -> Result<Box<dyn Source>, OpenError>;
}
