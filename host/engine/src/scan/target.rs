//! One target: opened, examined, dropped.

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

/// Opens a target, lets every plugin examine it, and drops it.
pub(super) fn examine(plan: &Plan<'_>, spec: &TargetSpec, open: &Open<'_>, spread_plugins: bool) -> TargetScan {
    let opened = catch_panic(|| {
        let source =
            open(spec).map_err(|error| (one_line(error.as_ref()), HostFailure::among_causes(error.as_ref())))?;
        let (name, origin) = (source.name().to_owned(), source.origin());
        let deadline = Deadline::after(SYSTEM_TIME);
        let system = match source.answer_by(&Question::System, deadline) {
            Answer::Known(Fact::System(system)) if deadline.check().is_ok() => Some(system),
            _ => None,
        };
        Ok((source, name, origin, system))
    });
    let (source, name, origin, system) = match opened.unwrap_or_else(|panic| Err((panic, None))) {
        Ok(opened) => opened,
        Err((error, not_given)) => return TargetScan { not_given, ..TargetScan::failed(spec, error) },
    };
    let target = Target { name: name.clone() };
    let ask = |plugin: &Plugin| {
        let examined = catch_panic(|| converse(plugin, &target, plan.options, source.as_ref()));
        match examined.map_err(PluginError::Panicked)? {
            Examination { outcome: Outcome::HostFailed, detail, .. } => {
                Err(PluginError::Host(HostFailure::new(detail.unwrap_or_default())))
            }
            examination => Ok(examination),
        }
    };
    let plugins: Vec<PluginResult> = if spread_plugins {
        plan.plugins.par_iter().map(ask).collect()
    } else {
        plan.plugins.iter().map(ask).collect()
    };
    let location = spec.location.display().to_string();
    TargetScan {
        name,
        location,
        origin: Some(origin),
        system,
        error: None,
        plugins,
        conditions: source.conditions(),
        bytes_read: source.bytes_read(),
        not_given: source.host_failure(),
    }
}

fn converse(plugin: &Plugin, target: &Target, options: &Options, source: &dyn Source) -> Examination {
    let options = Options { settings: plugin.settings.clone(), ..options.clone() };
    plugin.examiner.examine(target, &options, &Ask::new(&plugin.grants, &SourceAnswers(source)))
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
