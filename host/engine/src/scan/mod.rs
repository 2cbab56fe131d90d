//! Targets × plugins, in parallel.
//!
//! A scan opens each target inside a worker, lets every plugin hold its conversation, turns what came of it into whatever the
//! caller wants to keep (the bytes of a report), and drops the rest. Results come out in the order in which the targets were
//! given, whatever the number of workers, and at most a window of them exists at any time: ten thousand targets need no more
//! memory than a hundred.

mod ordered;
mod record;
mod target;

pub use record::{RecordError, Recorder};
pub use target::one_line;
pub use target::{PluginError, PluginResult, TargetScan};

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use wardline_contract::{Examiner, Grants, Options, Permit, Setting};
use wardline_evidence::Source;

/// Something to scan, as the operator named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    /// A directory that is the root of a Windows volume, or a recording.
    pub location: PathBuf,
    /// What may be held of it, in bytes.
    pub memory: u64,
}

/// Why a target could not be opened. For people, on one line.
pub type OpenError = Box<dyn std::error::Error + Send + Sync>;

/// Opens a target. Called inside a worker; what it returns lives until that target's report is made.
pub type Open<'a> = dyn Fn(&TargetSpec) -> Result<Box<dyn Source>, OpenError> + Sync + 'a;

/// A plugin ready to look at targets, and what it may ask.
pub struct Plugin {
    pub examiner: Box<dyn Examiner>,
    /// The scopes that it declared, narrowed by the operator's policy.
    pub grants: Grants,
    /// The operator's policy alone; it is part of `grants` already, and tells afterwards who denied what. None where it leaves
    /// this plugin alone.
    pub policy: Option<Arc<Permit>>,
    /// What the operator set for it, where that differs from its defaults.
    pub settings: Vec<Setting>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Plugin").field(&self.examiner.description().name).finish()
    }
}

/// What stays the same for all targets of a scan.
#[derive(Debug)]
pub struct Plan<'a> {
    pub plugins: &'a [Plugin],
    /// For all plugins alike; each is given its own settings beside them.
    pub options: &'a Options,
    /// Worker threads; 0 stands for as many as the machine has processors.
    pub jobs: usize,
}

/// Told how far a scan has come. Called from the thread that called [`run`].
pub trait Progress {
    fn begin(&self, targets: usize);
    fn target_done(&self, spec: &TargetSpec);
    fn end(&self);
}

/// For scans that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize) {}
    fn target_done(&self, _: &TargetSpec) {}
    fn end(&self) {}
}

/// The workers could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {jobs} worker threads: {source}; try a smaller --jobs")]
pub struct StartError {
    jobs: usize,
    source: rayon::ThreadPoolBuildError,
}

/// Scans `targets` and hands what `finish` makes of each to `sink`, in the order of `targets`.
///
/// `open` and `finish` run in the workers, `sink` and `progress` in the calling thread. A target that cannot be opened, and one
/// whose source or plugin panics, is a [`TargetScan`] that says so; it costs no other target anything. When `sink` breaks, no
/// further target is begun and `run` returns. Should `finish` panic, it is called once more with a target that failed.
pub fn run<T: Send>(
    plan: &Plan<'_>,
    targets: &[TargetSpec],
    open: &Open<'_>,
    finish: &(dyn Fn(TargetScan) -> T + Sync),
    progress: &dyn Progress,
    sink: &mut dyn FnMut(T) -> ControlFlow<()>,
) -> Result<(), StartError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.jobs)
        .thread_name(|index| format!("scan-{index}"))
        .build()
        .map_err(|source| StartError { jobs: plan.jobs, source })?;
    // With fewer targets than workers, the workers that are left over take plugins. With more they must not: a worker that
    // waits for its own target's plugins would pick up another target meanwhile and hold both open.
    let spread_plugins = targets.len() < pool.current_num_threads();
    progress.begin(targets.len());
    ordered::map(
        &pool,
        targets,
        &|spec| {
            let scan = target::examine(plan, spec, open, spread_plugins);
            target::catch_panic(|| finish(scan)).unwrap_or_else(|message| finish(TargetScan::failed(spec, message)))
        },
        &mut |index, result| {
            progress.target_done(&targets[index]);
            sink(result)
        },
    );
    progress.end();
    Ok(())
}
