//! The parts that commands are composed of.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::Fatal;
use super::args::{CacheArgs, LimitArgs, PluginArgs};
use super::output::OutputFormat;
use super::settings::OperatorSettings;
use super::trusting;
use crate::background::Background;
use crate::contract::{Description, Update};
use crate::evidence::Source;
use crate::policy::Policy;
use crate::report::CatalogSource;
use crate::scan::{OpenError, Plugin, TargetSpec};
use crate::trust::Requirements;

/// The merged catalogs of a scan.
#[derive(Clone, Debug, Default)]
pub struct Catalogs {
    pub sources: Vec<CatalogSource>,
    /// The updates of all catalogs, numbered uniquely across them.
    pub updates: Vec<Update>,
    /// Where they are from, how old they are and who signed them, if they were fetched by wardline.
    pub supply: Option<String>,
    /// Keeps them for the next time, and is waited for when this is dropped.
    pub writing: Option<Arc<Background>>,
}

/// The plugins that a command needs.
#[derive(Clone, Debug)]
pub struct PluginRequest<'a> {
    /// In addition to the built-in ones.
    pub files: &'a [PathBuf],
    /// Names or families; empty for all.
    pub only: &'a [String],
    pub settings: OperatorSettings,
    /// None if plugins may ask whatever they declare.
    pub policy: Option<Policy>,
    /// The requirements on every plugin that is not built in. None if all may run.
    pub requirements: Option<Requirements>,
    pub cache: &'a CacheArgs,
    pub limits: &'a LimitArgs,
    /// The number of conversations that may be held at the same time.
    pub conversations: u32,
}

impl<'a> PluginRequest<'a> {
    /// Reads the operator's settings, the policy and the trust file. `jobs` is the number of workers; 0 means one per
    /// processor.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or has the wrong format.
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
            // Plugins are prepared on all processors before the workers start.
            conversations: u32::try_from(workers.max(processors)).unwrap_or(u32::MAX),
        })
    }
}

/// The result of loading plugins.
#[derive(Debug, Default)]
pub struct LoadedPlugins {
    /// The plugins of the scan. A plugin that could not be loaded is included, so that every target's report names it.
    pub plugins: Vec<Plugin>,
    /// The plugins that the operator left out.
    pub left_out: Vec<Description>,
    /// How many of `plugins` could not be loaded or were refused.
    pub not_loaded: u64,
}

/// The catalog readers, the sandbox and the evidence sources behind the commands. Tests provide their own.
pub trait Parts: Sync {
    /// Reads catalogs and numbers their updates consecutively.
    ///
    /// The result is kept in the cache, if there is one, and taken from it the next time.
    fn catalogs(&self, paths: &[PathBuf], cache: &CacheArgs) -> Result<Catalogs, Fatal>;

    /// Writes the output of `wardline catalog show`.
    fn show_catalog(&self, paths: &[PathBuf], format: OutputFormat, out: &mut dyn Write) -> Result<(), Fatal>;

    /// Loads plugins, prepares each with the updates for its products, and gives each its settings.
    fn plugins(&self, request: &PluginRequest<'_>, updates: &[Update]) -> Result<LoadedPlugins, Fatal>;

    /// Returns the targets at a path: several for a disk image with several Windows.
    fn targets(&self, target: TargetSpec) -> Vec<TargetSpec> {
        vec![target]
    }

    /// The current time.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Returns the history unless the operator names another one, a file or the URL of a server; `None` if there is no default.
    fn history(&self) -> Option<PathBuf> {
        None
    }

    /// Opens a target.
    fn open(&self, target: &TargetSpec) -> Result<Box<dyn Source>, OpenError>;
}
