//! Removes old scans.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::database::{Column, Each, Value};
use crate::error::HistoryError;
use crate::history::History;
use crate::limits::GROUP;
use crate::part::PartReader;
use crate::tally::{self, StoredTally};
use crate::write::{remove_scan, seconds};

/// The time after which a scan that has not written anything is taken for one that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

const REMOVE_TALLY: Each =
    Each { one: "DELETE FROM tally WHERE report = ?1", all: "DELETE FROM tally WHERE report = ANY(?1)" };
const REMOVE_PART: Each = Each { one: "DELETE FROM part WHERE id = ?1", all: "DELETE FROM part WHERE id = ANY(?1)" };

/// Which scans are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The last ones.
    Last(usize),
    /// Those that ended at this time or later, and the last one in any case.
    Since(SystemTime),
}

/// The result of pruning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Scans that were removed.
    pub removed: u64,
    /// Scans that had been killed, of which the rest was removed.
    pub unfinished: u64,
    /// Scans that are left.
    pub kept: u64,
    /// The size of the file, or of the tables on a server, before and after, in bytes.
    pub size_before: u64,
    pub size: u64,
}

impl History {
    /// Removes the scans that are not kept, the rest of scans that were killed more than a day ago, and all that only they used.
    ///
    /// # Errors
    /// If the history cannot be read or written. Nothing is then removed.
    pub fn prune(&mut self, keep: Keep, now: SystemTime) -> Result<Pruned, HistoryError> {
        let scans = self.scans()?;
        let old: Vec<i64> = match keep {
            Keep::Last(count) => scans.iter().rev().skip(count).map(|scan| scan.number).collect(),
            Keep::Since(time) => {
                scans.iter().rev().skip(1).filter(|scan| scan.ended < seconds(time)).map(|scan| scan.number).collect()
            }
        };
        let size_before = self.db.size()?;
        let unfinished = self.db.transaction(|| self.remove(&old, seconds(now - ABANDONED)))?;
        self.db.give_back()?;
        let size = self.db.size()?;
        let removed = old.len() as u64;
        Ok(Pruned { removed, unfinished, kept: scans.len() as u64 - removed, size_before, size })
    }

    /// Removes these scans, and the unfinished ones that were last written before `abandoned`. Returns the number of the latter.
    fn remove(&self, old: &[i64], abandoned: i64) -> Result<u64, HistoryError> {
        let unfinished =
            self.numbers("SELECT id FROM scan WHERE ended IS NULL AND touched < ?1", &[Value::Number(abandoned)])?;
        for scan in old.iter().chain(&unfinished) {
            remove_scan(&self.db, *scan)?;
        }
        if !old.is_empty() || !unfinished.is_empty() {
            self.sweep()?;
        }
        Ok(unfinished.len() as u64)
    }

    /// Removes the pieces, tallies and machines that no scan uses.
    fn sweep(&self) -> Result<(), HistoryError> {
        let heads =
            self.numbers("SELECT head FROM scan UNION SELECT closing FROM scan WHERE closing IS NOT NULL", &[])?;
        let mut used: HashSet<i64> = heads.into_iter().collect();
        let reports = self.numbers("SELECT DISTINCT report FROM result", &[])?;
        let mut pieces = PartReader::new(&self.db);
        for reports in reports.chunks(GROUP) {
            used.extend(reports);
            let roots = pieces.roots(reports)?;
            pieces.load(roots.iter().flat_map(|root| root.lists()))?;
            for root in roots {
                used.extend(root.rows());
                used.extend(pieces.entry_rows(root)?);
            }
        }
        // A row of a piece may be used again: no tally of a report may outlive it.
        let mut unused = Vec::new();
        let tallies = self.db.rows("SELECT report, version, body FROM tally", &[], |row| {
            Ok((row.number(0)?, row.number(1)?, row.bytes(2)?))
        })?;
        for (report, version, body) in tallies {
            let is_used = version == tally::VERSION && used.contains(&report);
            match StoredTally::read(&body).filter(|_| is_used) {
                Some(tally) => used.extend(tally.rows()),
                None => unused.push(report),
            }
        }
        self.db.each(REMOVE_TALLY, &[Column::Numbers(&unused)], |_| Ok(()))?;
        let mut unused = self.numbers("SELECT id FROM part", &[])?;
        unused.retain(|part| !used.contains(part));
        self.db.each(REMOVE_PART, &[Column::Numbers(&unused)], |_| Ok(()))?;
        self.db
            .execute(
                "DELETE FROM machine WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.machine = machine.id)",
                &[],
            )
            .map(|_| ())
    }

    /// Reads one column of numbers.
    fn numbers(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<i64>, HistoryError> {
        self.db.rows(sql, values, |row| row.number(0))
    }
}
