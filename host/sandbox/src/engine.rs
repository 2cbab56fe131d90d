//! The engine shared by all plugins.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use wardline_contract::Outcome;
use wardline_files::platform;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmFeatures};

use super::functions::{Functions, OfEachPlugin};
use super::{EPOCH, Failure, HostFailure, Limits};

/// The maximum number of memories, and of tables, in one component. Components of every known toolchain have one or two of each;
/// the pool must be sized for some number, and each one reserves address space.
pub(super) const PARTS_PER_COMPONENT: u32 = 20;

/// The maximum number of core instances in one component. An interpreter linked from shared libraries has one for each of them:
/// CPython has 38. The pool only counts them.
pub(super) const CORE_INSTANCES_PER_COMPONENT: u32 = 100;

/// The maximum number of elements in a table. Language runtimes need about ten thousand.
pub(super) const TABLE_ELEMENTS: usize = 100_000;

/// The number of bytes of a table, and of a memory, that stay resident in the pool's slot between two instances and are reset by
/// copying. Conversations touch far less; returning pages and faulting them in again costs several times more.
const TABLE_KEEP_RESIDENT: usize = 64 << 10;
const MEMORY_KEEP_RESIDENT: usize = 1 << 20;

/// The address space in bytes reserved for a 32-bit memory, and the guard region after it. These are wasmtime's own numbers, with
/// which no access needs a bounds check against the memory's size.
const MEMORY_RESERVATION: u64 = 4 << 30;
const MEMORY_GUARD: u64 = 32 << 20;

/// The same if address space is scarce: a memory moves when it outgrows its reservation.
const SMALL_RESERVATION: u64 = 16 << 20;
const SMALL_GUARD: u64 = 64 << 10;

/// The pool may take at most one part in this many of the address space: everything else needs some, too.
const POOLS_SHARE: u64 = 2;

/// How a plugin's code is executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// As native instructions of this machine's processor.
    #[default]
    Compiled,
    /// By wasmtime's interpreter, Pulley: the same results and the same fuel, many times slower. Used to check the other backend.
    Interpreted,
}

/// How a sandbox runs plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    pub backend: Backend,
    /// Whether a failure quotes the panic that it came from. This is for whoever develops or vets a plugin: it searches the
    /// instance's memory after a trap, and shows text of the plugin's own.
    pub panic_messages: bool,
}

impl Backend {
    /// Returns wasmtime's name for the interpreter on this machine.
    fn target(self) -> Option<String> {
        let order = if cfg!(target_endian = "big") { "be" } else { "" };
        match self {
            Backend::Compiled => None,
            Backend::Interpreted => Some(format!("pulley{}{order}", usize::BITS)),
        }
    }
}

/// Creates the engine, and the clock that interrupts guests that run for too long. If no pool can be reserved, does without one and
/// returns the reason.
///
/// `instances` is the maximum number alive at the same time. Everything that could make two runs differ is off: threads, shared
/// memory, the non-determinism of relaxed SIMD and of NaN bits.
pub(super) fn engine(
    limits: &Limits,
    instances: u32,
    execution: Execution,
) -> wasmtime::Result<(Engine, Result<(), NoPool>)> {
    let (engine, pool) = match pooled(limits, instances, execution) {
        Ok(engine) => (engine, Ok(())),
        Err(reason) => (Engine::new(&on_demand(execution)?)?, Err(reason)),
    };
    start_clock(&engine).map_err(|error| HostFailure::no_thread("the clock", &error))?;
    Ok((engine, pool))
}

/// The reason why there is no pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPool {
    #[error("it takes {} GiB of address space, and the limit (`ulimit -v`) is {} MiB", needed >> 30, limit >> 20)]
    AddressSpace { needed: u64, limit: u64 },
    #[error("{0} parallel conversations are too many")]
    TooManyInstances(u32),
    /// Wasmtime's error message.
    #[error("{0}")]
    Refused(String),
}

fn pooled(limits: &Limits, instances: u32, execution: Execution) -> Result<Engine, NoPool> {
    let memories = u64::from(instances).saturating_mul(u64::from(PARTS_PER_COMPONENT));
    let needed = memories.saturating_mul(MEMORY_RESERVATION + MEMORY_GUARD);
    if let Some(limit) = platform::address_space_limit().filter(|limit| needed > limit / POOLS_SHARE) {
        return Err(NoPool::AddressSpace { needed, limit });
    }
    let times = |each: u32| instances.checked_mul(each).ok_or(NoPool::TooManyInstances(instances));
    let refused = |error: wasmtime::Error| NoPool::Refused(format!("{error:#}"));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(times(CORE_INSTANCES_PER_COMPONENT)?)
        .total_memories(times(PARTS_PER_COMPONENT)?)
        .total_tables(times(PARTS_PER_COMPONENT)?)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(PARTS_PER_COMPONENT)
        .max_tables_per_component(PARTS_PER_COMPONENT)
        .max_memories_per_module(PARTS_PER_COMPONENT)
        .max_tables_per_module(PARTS_PER_COMPONENT)
        .max_memory_size(usize::try_from(limits.memory).unwrap_or(usize::MAX))
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT)
        .table_keep_resident(TABLE_KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);

    let mut config = config(execution).map_err(refused)?;
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_reservation(MEMORY_RESERVATION)
        .memory_guard_size(MEMORY_GUARD);
    Engine::new(&config).map_err(refused)
}

fn on_demand(execution: Execution) -> wasmtime::Result<Config> {
    let mut config = config(execution)?;
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .memory_reservation(SMALL_RESERVATION)
        .memory_reservation_for_growth(SMALL_RESERVATION)
        .memory_guard_size(SMALL_GUARD)
        .memory_may_move(true);
    Ok(config)
}

/// Returns the configuration shared by all allocation strategies.
fn config(execution: Execution) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .wasm_features(WasmFeatures::THREADS, false)
        .cranelift_nan_canonicalization(true)
        // Code that fills fewer pages and cache lines: several plugins take turns on each processor.
        .cranelift_opt_level(OptLevel::SpeedAndSize)
        .coredump_on_trap(execution.panic_messages)
        .enable_incremental_compilation(Arc::new(OfEachPlugin))?;
    if let Some(target) = execution.backend.target() {
        config.target(&target)?;
    }
    Ok(config)
}

fn start_clock(engine: &Engine) -> std::io::Result<()> {
    let clock = engine.weak();
    std::thread::Builder::new().name("wardline-clock".to_owned()).spawn(move || {
        let begun = Instant::now();
        let mut ticks = 0;
        loop {
            std::thread::sleep(EPOCH);
            let Some(engine) = clock.upgrade() else { return };
            // On a busy machine one sleep may span several ticks; a clock that only counted sleeps would run slow.
            let due = begun.elapsed().as_nanos() / EPOCH.as_nanos();
            while ticks < due {
                engine.increment_epoch();
                ticks += 1;
            }
        }
    })?;
    Ok(())
}

/// Runs `work` on a separate thread and waits for it for at most `time`. Returns `None` on timeout. Functions that `work` compiles are
/// taken from `functions`, and added to them.
///
/// Wasmtime cannot be stopped while it compiles, so on timeout the thread is abandoned: its remaining work costs processor time,
/// but nothing waits for it. It has its own workers because on rayon's global pool, the work that a hostile component left behind
/// would block every later component.
///
/// `workers` is the number of threads the work may use; 0 means one per processor. Each takes additional address space.
///
/// # Errors
///
/// [`Outcome::HostFailed`] if no thread can be started. [`Outcome::Incompatible`] if `work` panics: that is a compiler bug
/// triggered by this component, and the others must still be compiled.
pub(super) fn within<T: Send + 'static>(
    time: Duration,
    workers: usize,
    functions: &Arc<Functions>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, Failure> {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let functions = Arc::clone(functions);
    let workers = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|_| "wardline-compile".to_owned())
        .start_handler(move |_| Arc::clone(&functions).enter())
        // The panic drops the sender, which the receiver notices.
        .panic_handler(|_| {})
        .build()
        .map_err(|error| HostFailure::no_thread("compiling", &error))?;
    workers.spawn(move || drop(sender.send(work())));
    match receiver.recv_timeout(time) {
        Ok(done) => Ok(Some(done)),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Failure::new(Outcome::Incompatible, "the compiler panicked (please report this)"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_fails_on_one_component_is_not_the_systems_fault() {
        let none = Arc::default();
        let failure =
            within(Duration::from_secs(60), 1, &none, || assert_eq!(1, 2, "as the compiler would")).unwrap_err();
        assert_eq!(failure.outcome, Outcome::Incompatible);
        assert_eq!(within(Duration::from_secs(60), 1, &none, || 3), Ok(Some(3)));
    }

    #[test]
    fn more_instances_than_can_be_counted_do_without_a_pool() {
        for instances in [u32::MAX, u32::MAX / PARTS_PER_COMPONENT, 50_000_001] {
            let (_, pool) = engine(&Limits::default(), instances, Execution::default()).unwrap();
            let reason = pool.unwrap_err();
            assert!(!matches!(reason, NoPool::Refused(_)), "{instances}: {reason}");
        }
    }
}
