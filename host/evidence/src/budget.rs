//! The memory budget of a target.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The default for `--target-memory`, in bytes.
pub const DEFAULT_TARGET_MEMORY: u64 = 256 << 20;

/// The number of bytes of memory that one target's data may take. A source charges data to the budget before holding it.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    held: AtomicU64,
}

/// The budget has no room left for the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the target needs more than its {limit} bytes of memory (--target-memory)")]
pub struct OverBudget {
    pub limit: u64,
}

/// A number of bytes charged to a budget, returned to it on drop.
#[derive(Debug)]
pub struct Charge {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Arc<Budget> {
        Arc::new(Budget { limit, held: AtomicU64::new(0) })
    }

    /// Charges `bytes` to the budget.
    ///
    /// # Errors
    ///
    /// If the budget does not have that much left. Nothing is charged in that case.
    pub fn charge(self: &Arc<Self>, bytes: u64) -> Result<Charge, OverBudget> {
        self.hold(bytes)?;
        Ok(Charge { budget: Arc::clone(self), bytes })
    }

    fn hold(&self, bytes: u64) -> Result<(), OverBudget> {
        let fits = |held: u64| held.checked_add(bytes).filter(|held| *held <= self.limit);
        let held = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        held.map(|_| ()).map_err(|_| OverBudget { limit: self.limit })
    }

    /// Returns the number of bytes currently charged.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

impl Charge {
    /// Returns the number of bytes charged.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds `bytes` to the charge.
    ///
    /// # Errors
    ///
    /// Same as [`Budget::charge`].
    pub fn grow(&mut self, bytes: u64) -> Result<(), OverBudget> {
        self.budget.hold(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Returns `bytes` of the charge to the budget, at most all of it.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_can_be_held_again() {
        let budget = Budget::new(10);
        let mut six = budget.charge(6).unwrap();
        assert_eq!(budget.charge(5).unwrap_err(), OverBudget { limit: 10 });
        six.grow(7).unwrap_err();
        six.grow(4).unwrap();
        six.shrink(3);
        assert_eq!(budget.held(), 7);
        six.grow(3).unwrap();
        assert_eq!((six.grow(1), budget.held()), (Err(OverBudget { limit: 10 }), 10));
        assert_eq!(budget.charge(u64::MAX).unwrap_err(), OverBudget { limit: 10 });
        drop(six);
        assert_eq!(budget.held(), 0);
        budget.charge(10).unwrap();
    }
}
