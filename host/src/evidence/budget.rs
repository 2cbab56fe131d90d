//! How much memory what is held of one target may take.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that one target may hold where nothing else is said.
pub const USUAL: u64 = 256 << 20;

/// Bytes that a source may hold of its target, charged before they are taken.
///
/// A target's files say themselves how large what is in them becomes. Limits for each file and each answer do not bound a target
/// that has very many of them; this does.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

/// A target would hold more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes more memory than one target may hold ({} MiB); --target-memory allows more", .limit >> 20)]
pub struct BudgetExceeded {
    /// In bytes.
    pub limit: u64,
}

impl Budget {
    pub fn new(bytes: u64) -> Self {
        Budget { limit: bytes, used: AtomicU64::new(0) }
    }

    /// Takes `bytes` from what is left.
    ///
    /// # Errors
    ///
    /// When that is less; nothing is taken then.
    pub fn charge(&self, bytes: u64) -> Result<(), BudgetExceeded> {
        let within = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.limit);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within) {
            Ok(_) => Ok(()),
            Err(_) => Err(BudgetExceeded { limit: self.limit }),
        }
    }

    /// Bytes that were charged so far.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new(USUAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_not_taken() {
        let budget = Budget::new(10);
        assert!(budget.charge(10).is_ok() && budget.charge(0).is_ok());
        let budget = Budget::new(10);
        for (bytes, fits, used) in [(4, true, 4), (7, false, 4), (u64::MAX, false, 4), (6, true, 10), (1, false, 10)] {
            assert_eq!(budget.charge(bytes).is_ok(), fits, "{bytes}");
            assert_eq!(budget.used(), used);
        }
    }
}
