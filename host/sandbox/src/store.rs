//! What belongs to one instance: its share of memory, its fuel, its clock.

use std::time::Duration;

use wasmtime::{Engine, ResourceLimiter, Store};

use super::engine::{CORE_INSTANCES_PER_COMPONENT, PARTS_PER_COMPONENT, TABLE_ELEMENTS};
use super::{HostFailure, Limits};

/// How often the clock ticks by which guests are interrupted: time limits are kept to within one tick.
pub const EPOCH: Duration = Duration::from_millis(10);

/// Bytes that an element of a table takes.
const TABLE_ELEMENT: usize = size_of::<usize>();

/// Sums up all memories and tables of an instance. Wasmtime's own limits are for each of them, and a component may have
/// thousands.
#[derive(Debug)]
pub(super) struct Holdings {
    limit: u64,
    held: u64,
    peak: u64,
}

/// The error by which a limit on memory is told apart from a trap.
#[derive(Debug, thiserror::Error)]
#[error("wanted {wanted} bytes of memory, may have {limit}")]
pub(super) struct MemoryExceeded {
    wanted: u64,
    limit: u64,
}

impl Holdings {
    fn new(limit: u64) -> Self {
        Holdings { limit, held: 0, peak: 0 }
    }

    /// The most that was held at any time, in bytes.
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

    /// Growth that the plugin may have and the system does not give. A plugin that was told no would end in its own way, and that
    /// would look like a fault of its own.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        refused_by_system(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        refused_by_system(error)
    }

    // What the pool has no room for is too much without the pool, too.
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

/// Passes the system's errors on; others are the plugin's, which learns of them as WebAssembly says.
fn refused_by_system(error: wasmtime::Error) -> wasmtime::Result<()> {
    match HostFailure::of(&error) {
        Some(_) => Err(error),
        None => Ok(()),
    }
}

/// A store with all limits in force.
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

/// Lets a store's instance run for so much fuel and time from now on, whatever it had left.
pub(super) fn grant(store: &mut Store<Holdings>, fuel: u64, time: Duration) -> wasmtime::Result<()> {
    store.set_fuel(fuel)?;
    store.set_epoch_deadline(ticks(time));
    Ok(())
}

/// One tick more than `time` needs, since the first may come at once.
fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(EPOCH.as_millis())).unwrap_or(u64::MAX - 1).saturating_add(1)
}
