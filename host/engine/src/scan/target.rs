//! A worker's targets: opened, examined, dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rayon::prelude::*;
use wardline_contract::{Answer, Ask, Deadline, Examination, Fact, Options, Outcome, Question, SystemInfo, Target};
use wardline_evidence::{Condition, Origin, Source, SourceAnswers};
use wardline_sandbox::HostFailure;

use super::{Open, Plan, Plugin, TargetSpec};

/// The time limit for the host's own question, which no plugin's limits apply to.
const SYSTEM_TIME: Duration = Duration::from_secs(10);

/// All results of one target.
#[derive(Clone, Debug)]
pub struct TargetScan {
    /// The source's name for itself; the location if it could not be opened.
    pub name: String,
    /// The path as the operator gave it.
    pub location: String,
    /// `None` if the target could not be opened.
    pub origin: Option<Origin>,
    /// The source's answer about the system, asked by the host itself. `None` if it does not know.
    pub system: Option<SystemInfo>,
    /// Why the target could not be opened or read at all. For people.
    pub error: Option<String>,
    /// One result per plugin, in plan order. Empty if the target could not be opened.
    pub plugins: Vec<PluginResult>,
    /// See [`Source::conditions`].
    pub conditions: Vec<Condition>,
    /// See [`Source::bytes_read`].
    pub bytes_read: Option<u64>,
    /// The system's failure to provide a resource while the target was opened or read.
    pub not_given: Option<HostFailure>,
}

impl TargetScan {
    /// Creates the result for a target that failed for this reason before anything else was known about it.
    pub fn failed(spec: &TargetSpec, error: String) -> Self {
        let location = spec.location.display().to_string();
        TargetScan {
            name: location.clone(),
            location,
            origin: None,
            system: None,
            error: Some(error),
            plugins: Vec::new(),
            conditions: Vec::new(),
            bytes_read: None,
            not_given: None,
        }
    }

    /// Returns the system failure that kept wardline or a plugin from this target, if there was one.
    pub fn host_failure(&self) -> Option<&HostFailure> {
        let of_plugins = self.plugins.iter().find_map(|result| match result {
            Err(PluginError::Host(failure)) => Some(failure),
            _ => None,
        });
        of_plugins.or(self.not_given.as_ref())
    }
}

/// The result of one plugin on one target.
pub type PluginResult = Result<Examination, PluginError>;

/// A plugin could not examine a target, through no fault of either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// A bug in wardline: the panic's message.
    #[error("{0}")]
    Panicked(String),
    #[error(transparent)]
    Host(HostFailure),
}

/// The bytes of memory from which on a worker takes no further target to those that it has.
const LARGEST_BATCH: u64 = 4 << 20;

/// Opens targets, lets every plugin examine them, and drops them.
///
/// Plugins take turns with the targets whose answers are all in memory: judging one takes so little time that it takes twice as long
/// when each plugin's code and data first have to come into the processor's cache. All other targets are examined one by one, because
/// they hold files or connections. `next` gives one more target to take along, if there is one.
pub(super) fn examine<'t>(
    plan: &Plan<'_>,
    first: &'t TargetSpec,
    next: &mut dyn FnMut() -> Option<&'t TargetSpec>,
    open: &Open<'_>,
    spread_plugins: bool,
) -> Vec<TargetScan> {
    let mut targets = Vec::new();
    let mut held = 0;
    let mut spec = Some(first);
    while let Some(this) = spec {
        let target = Opened::open(this, open);
        let of_target = target.as_ref().ok().and_then(|opened| opened.source.held());
        targets.push(target);
        held += of_target.unwrap_or(LARGEST_BATCH);
        spec = if held < LARGEST_BATCH { next() } else { None };
    }
    let mut examined: Vec<Vec<PluginResult>> = targets.iter().map(|_| Vec::with_capacity(plan.plugins.len())).collect();
    if let ([Ok(target)], [results], true) = (&targets[..], &mut examined[..], spread_plugins) {
        results.par_extend(plan.plugins.par_iter().map(|plugin| target.ask(plugin, plan.options)));
    } else {
        for plugin in plan.plugins {
            for (target, results) in targets.iter().zip(&mut examined) {
                results.extend(target.as_ref().ok().map(|target| target.ask(plugin, plan.options)));
            }
        }
    }
    let scans = targets.into_iter().zip(examined).map(|(target, results)| match target {
        Ok(target) => target.finish(results),
        Err(failed) => *failed,
    });
    scans.collect()
}

/// A target that is open.
struct Opened {
    source: Box<dyn Source>,
    location: String,
    target: Target,
    origin: Origin,
    system: Option<SystemInfo>,
}

impl Opened {
    /// Opens a target and asks it about its system. Returns the result if it cannot be opened.
    fn open(spec: &TargetSpec, open: &Open<'_>) -> Result<Opened, Box<TargetScan>> {
        let opened = catch_panic(|| {
            let source =
                open(spec).map_err(|error| (one_line(error.as_ref()), HostFailure::among_causes(error.as_ref())))?;
            let (target, origin) = (Target { name: source.name().to_owned() }, source.origin());
            let deadline = Deadline::after(SYSTEM_TIME);
            let system = match source.answer_by(&Question::System, deadline) {
                Answer::Known(Fact::System(system)) if deadline.check().is_ok() => Some(system),
                _ => None,
            };
            Ok(Opened { source, location: spec.location.display().to_string(), target, origin, system })
        });
        opened
            .unwrap_or_else(|panic| Err((panic, None)))
            .map_err(|(error, not_given)| Box::new(TargetScan { not_given, ..TargetScan::failed(spec, error) }))
    }

    /// Lets a plugin examine it.
    fn ask(&self, plugin: &Plugin, options: &Options) -> PluginResult {
        let examined = catch_panic(|| {
            let options = Options { settings: plugin.settings.clone(), ..options.clone() };
            plugin.examiner.examine(
                &self.target,
                &options,
                &Ask::new(&plugin.grants, &SourceAnswers(self.source.as_ref())),
            )
        });
        match examined.map_err(PluginError::Panicked)? {
            Examination { outcome: Outcome::HostFailed, detail, .. } => {
                Err(PluginError::Host(HostFailure::new(detail.unwrap_or_default())))
            }
            examination => Ok(examination),
        }
    }

    /// Drops the source and returns all results.
    fn finish(self, plugins: Vec<PluginResult>) -> TargetScan {
        TargetScan {
            name: self.target.name,
            location: self.location,
            origin: Some(self.origin),
            system: self.system,
            error: None,
            plugins,
            conditions: self.source.conditions(),
            bytes_read: self.source.bytes_read(),
            not_given: self.source.host_failure(),
        }
    }
}

/// Runs `work` and converts a panic into its message. Everything `work` touched is dropped or only read afterwards, so a
/// half-modified state is never observed.
pub(super) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        format!("wardline itself failed (please report this): {message}")
    })
}

/// Formats an error with its causes on one line. A cause that the text already contains is not repeated.
pub fn one_line(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}
