//! The scans one after another: the totals of each, and what changed since the one before.

use serde::Serialize;

use crate::diff::ChangeCounts;
use crate::error::HistoryError;
use crate::history::History;
use crate::scans::Scan;

/// A scan, and what changed since the one before.
#[derive(Clone, Debug, Serialize)]
pub struct TrendLine {
    pub scan: Scan,
    /// Null for the first one.
    pub since: Option<TrendStep>,
}

/// The changes since the scan before.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TrendStep {
    /// The number of the scan before.
    pub scan: i64,
    /// Machines that only the later, and only the earlier scan has.
    pub appeared: u64,
    pub vanished: u64,
    #[serde(flatten)]
    pub counts: ChangeCounts,
}

impl History {
    /// Returns the last `most` scans, oldest first.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn trend(&self, most: usize) -> Result<Vec<TrendLine>, HistoryError> {
        let scans = self.scans()?;
        let first = scans.len().saturating_sub(most);
        let mut lines = Vec::new();
        for (place, scan) in scans.iter().enumerate().skip(first) {
            let since = match place.checked_sub(1).and_then(|place| scans.get(place)) {
                None => None,
                Some(before) => {
                    let diff = self.diff(before, scan)?;
                    Some(TrendStep {
                        scan: before.number,
                        appeared: diff.machines.appeared.len() as u64,
                        vanished: diff.machines.vanished.len() as u64,
                        counts: diff.counts,
                    })
                }
            };
            lines.push(TrendLine { scan: scan.clone(), since });
        }
        Ok(lines)
    }
}
