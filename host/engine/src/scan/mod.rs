//! Targets × plugins, in parallel.
//!
//! A scan opens each target inside a worker, lets every plugin hold its conversation, converts the results into whatever the caller
//! wants to keep (the bytes of a report), and drops the rest. A worker takes several targets at a time if they are small. Results are
//! delivered in the order of the targets, regardless of the number of workers, and only a bounded window of them exists at any time:
//! ten thousand targets need no more memory than a hundred.

mod ordered;
mod record;
mod target;

pub use record::{RecordError, Recorder};
pub use target::one_line;
pub use target::{PluginError, PluginResult, TargetScan};

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use wardline_contract::{Examiner, Grants, Options, Permit, Setting};
use wardline_evidence::Source;

/// The bytes that a worker's heap is grown by at its start.
const HEAP: usize = 16 << 20;

/// A target to scan, as the operator named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    /// The root directory of a Windows volume, or a recording.
    pub location: PathBuf,
    /// The maximum memory for the target's data, in bytes.
    pub memory: u64,
}

/// Why a target could not be opened. For people, on one line.
pub type OpenError = Box<dyn std::error::Error + Send + Sync>;

/// Opens a target. Called inside a worker; the returned source lives until that target's report is made.
pub type Open<'a> = dyn Fn(&TargetSpec) -> Result<Box<dyn Source>, OpenError> + Sync + 'a;

/// A plugin ready to examine targets, with its grants.
pub struct Plugin {
    pub examiner: Box<dyn Examiner>,
    /// The scopes that it declared, narrowed by the operator's policy.
    pub grants: Grants,
    /// The operator's policy alone, which `grants` already includes; used afterwards to determine who denied what. `None` if the
    /// policy does not restrict this plugin.
    pub policy: Option<Arc<Permit>>,
    /// The settings that the operator changed from the plugin's defaults.
    pub settings: Vec<Setting>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Plugin").field(&self.examiner.description().name).finish()
    }
}

/// The parts of a scan shared by all targets.
#[derive(Debug)]
pub struct Plan<'a> {
    pub plugins: &'a [Plugin],
    /// Options for all plugins; each also receives its own settings.
    pub options: &'a Options,
    /// The number of worker threads; 0 means one per processor.
    pub jobs: usize,
}

/// Receives a scan's progress. Called from the thread that called [`run`].
pub trait Progress {
    fn begin(&self, targets: usize);
    fn target_done(&self, spec: &TargetSpec);
    fn end(&self);
}

/// Discards progress.
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

/// Scans one target, with its plugins in parallel.
pub fn run_one(plan: &Plan<'_>, target: &TargetSpec, open: &Open<'_>) -> Result<TargetScan, StartError> {
    let mut scanned = None;
    run(plan, std::slice::from_ref(target), open, &|scan| scan, &Silent, &mut |scan| {
        scanned = Some(scan);
        ControlFlow::Continue(())
    })?;
    Ok(scanned.unwrap_or_else(|| TargetScan::failed(target, "it was not scanned".to_owned())))
}

/// Scans `targets` and passes the result of `finish` for each to `sink`, in the order of `targets`.
///
/// `open` and `finish` run in the workers, `sink` and `progress` in the calling thread. A target that cannot be opened, or whose
/// source or plugin panics, yields a [`TargetScan`] that says so and does not affect other targets. When `sink` breaks, no further
/// target is started and `run` returns. If `finish` panics, it is called once more with a failed target.
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
        .start_handler(|_| grow_heap())
        .build()
        .map_err(|source| StartError { jobs: plan.jobs, source })?;
    // With fewer targets than workers, the idle workers take plugins. With more targets they must not: a worker that waits for its
    // own target's plugins would pick up another target in the meantime and hold both open.
    let spread_plugins = targets.len() < pool.current_num_threads();
    progress.begin(targets.len());
    ordered::map(
        &pool,
        targets,
        &|first, batch| {
            let mut specs = vec![first];
            let mut next = || batch.next().inspect(|spec| specs.push(spec));
            let scans = target::examine(plan, first, &mut next, open, spread_plugins);
            let finish = |(scan, spec)| {
                target::catch_panic(|| finish(scan)).unwrap_or_else(|message| finish(TargetScan::failed(spec, message)))
            };
            scans.into_iter().zip(specs).map(finish).collect()
        },
        &mut |index, result| {
            progress.target_done(&targets[index]);
            sink(result)
        },
    );
    progress.end();
    Ok(())
}

/// Grows the calling thread's heap by [`HEAP`], so that it does not grow while targets are judged.
///
/// The GNU C library makes a thread's heap accessible page by page as it fills up. Each time, the kernel changes the memory map and all
/// threads wait. Memory that nobody writes to is not used, and other allocators lose nothing.
fn grow_heap() {
    // The first block is mapped on its own. Freeing it raises the size from which on blocks are, so the second one is in the heap, which
    // keeps its space.
    for _ in 0..2 {
        let mut block = Vec::<u8>::new();
        // Where there is no room for it, the heap grows as before.
        let _ = block.try_reserve_exact(HEAP);
        drop(black_box(block));
    }
}
