//! Limits that a policy sets on one plugin's work on one target.

use std::time::Duration;

use wardline_sandbox::Limits;

/// Limits that a policy sets for one plugin, within those of the scan. `None` means the scan's limit applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyLimits {
    pub fuel: Option<u64>,
    /// In bytes.
    pub memory: Option<u64>,
    pub rounds: Option<u32>,
    pub questions: Option<u32>,
    /// In bytes.
    pub output: Option<u64>,
    pub time: Option<Duration>,
}

impl PolicyLimits {
    /// Returns the scan's limits, narrowed: the lower of each pair applies.
    #[must_use]
    pub fn within(&self, scan: &Limits) -> Limits {
        fn lower<T: Ord + Copy>(policy: Option<T>, scan: T) -> T {
            policy.map_or(scan, |policy| policy.min(scan))
        }
        Limits {
            fuel: lower(self.fuel, scan.fuel),
            memory: lower(self.memory, scan.memory),
            rounds: lower(self.rounds, scan.rounds),
            questions: lower(self.questions, scan.questions),
            output: lower(self.output, scan.output),
            time: lower(self.time, scan.time),
            ..scan.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_narrows_and_never_widens() {
        let scan = Limits { fuel: 100, rounds: 8, ..Limits::default() };
        let policy = PolicyLimits { fuel: Some(200), rounds: Some(3), ..PolicyLimits::default() };
        assert_eq!(policy.within(&scan), Limits { rounds: 3, ..scan.clone() });
        assert_eq!(PolicyLimits::default().within(&scan), scan);
    }
}
