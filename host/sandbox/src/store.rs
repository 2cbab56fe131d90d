//! The resources of one instance: its memory, fuel and clock.

use std::time::Duration;

use wasmtime::{Engine, ResourceLimiter, Store};

use super::Limits;
use super::engine::{CORE_INSTANCES_PER_COMPONENT, PARTS_PER_COMPONENT, TABLE_ELEMENTS};
use super::host::host_failure;

/// The interval of the clock that interrupts guests: time limits are accurate to one tick.
pub const EPOCH: Duration = Duration::from_millis(10);

/// The size of a table element in bytes.
const TABLE_ELEMENT: usize = size_of::<usize>();

/// Sums up all memories and tables of an instance. Wasmtime's own limits apply to each of them separately, and a component may have
/// thousands.
#[derive(Debug)]
pub(super) struct Holdings {
    limit: u64,
    held: u64,
    peak: u64,
}

/// The error that distinguishes a memory limit from a trap.
#[derive(Debug, thiserror::Error)]
#[error("needed {wanted} bytes of memory: at most {limit} are allowed")]
pub(super) struct MemoryExceeded {
    wanted: u64,
    limit: u64,
}

impl Holdings {
    fn new(limit: u64) -> Self {
        Holdings { limit, held: 0, peak: 0 }
    }

    /// Returns the peak size in bytes.
    pub(super) fn peak(&self) -> u64 {
        self.peak
    }

    fn grow(&mut self, current: usize, desired: usize) -> Result<bool, MemoryExceeded> {
        let wanted = self.held.saturating_add(desired.saturating_sub(current) as u64);
        if wanted > self.limit {
            return Err(MemoryExceeded { wanted, limit: self.limit });
        }
        self.held = wanted;
        self.peak = self.peak.max(wanted);
        Ok(true)
    }
}

impl ResourceLimiter for Holdings {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired)?)
    }

    /// Handles growth that is within the plugin's limits but that the system refuses. A plugin notified of the refusal would fail in
    /// its own way, and that would look like the plugin's fault.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        refused_by_system(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        refused_by_system(error)
    }

    // Numbers that do not fit in the pool are too large without the pool, too.
    fn instances(&self) -> usize {
        CORE_INSTANCES_PER_COMPONENT as usize
    }

    fn memories(&self) -> usize {
        PARTS_PER_COMPONENT as usize
    }

    fn tables(&self) -> usize {
        PARTS_PER_COMPONENT as usize
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let within = self.grow(current.saturating_mul(TABLE_ELEMENT), desired.saturating_mul(TABLE_ELEMENT))?;
        Ok(within && desired <= TABLE_ELEMENTS)
    }
}

/// Propagates errors of the system; other failures are the plugin's, which sees them as WebAssembly specifies.
fn refused_by_system(error: wasmtime::Error) -> wasmtime::Result<()> {
    match host_failure(&error) {
        Some(_) => Err(error),
        None => Ok(()),
    }
}

/// Creates a store with all limits in force.
pub(super) fn limited(
    engine: &Engine,
    limits: &Limits,
    fuel: u64,
    time: Duration,
) -> wasmtime::Result<Store<Holdings>> {
    let mut store = Store::new(engine, Holdings::new(limits.memory));
    store.limiter(|holdings| holdings);
    grant(&mut store, fuel, time)?;
    store.set_hostcall_fuel(usize::try_from(limits.output).unwrap_or(usize::MAX));
    Ok(store)
}

/// Sets the fuel and time that a store's instance has from now on, regardless of what is left.
pub(super) fn grant(store: &mut Store<Holdings>, fuel: u64, time: Duration) -> wasmtime::Result<()> {
    store.set_fuel(fuel)?;
    store.set_epoch_deadline(ticks(time));
    Ok(())
}

/// Returns one tick more than `time` needs, since the first may come at once.
fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(EPOCH.as_millis())).unwrap_or(u64::MAX - 1).saturating_add(1)
}
