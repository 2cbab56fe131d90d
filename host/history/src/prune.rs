//! Removes old scans.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use rusqlite::{Transaction, TransactionBehavior};
use serde::Serialize;

use crate::error::HistoryError;
use crate::store::History;
use crate::write::{remove_scan, seconds};

/// The time after which a scan that has not written anything is taken for one that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

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
    /// The size of the file before and after, in bytes.
    pub size_before: u64,
    pub size: u64,
}

impl History {
    /// Removes the scans that are not kept, the rest of scans that were killed more than a day ago, and all that only they used.
    ///
    /// # Errors
    /// If the file cannot be read or written. Nothing is then removed.
    pub fn prune(&mut self, keep: Keep, now: SystemTime) -> Result<Pruned, HistoryError> {
        let scans = self.scans()?;
        let old: Vec<i64> = match keep {
            Keep::Last(count) => scans.iter().rev().skip(count).map(|scan| scan.number).collect(),
            Keep::Since(time) => {
                scans.iter().rev().skip(1).filter(|scan| scan.ended < seconds(time)).map(|scan| scan.number).collect()
            }
        };
        let size_before = self.size().map_err(|error| self.failed(error))?;
        let unfinished = self.remove(&old, seconds(now - ABANDONED))?;
        let give_back = || {
            // Each step of the statement gives back one page.
            let mut statement = self.db.prepare("PRAGMA incremental_vacuum")?;
            let mut pages = statement.query([])?;
            while pages.next()?.is_some() {}
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            self.size()
        };
        let size = give_back().map_err(|error| self.failed(error))?;
        let removed = old.len() as u64;
        Ok(Pruned { removed, unfinished, kept: scans.len() as u64 - removed, size_before, size })
    }

    /// Removes these scans, and the unfinished ones that were last written before `abandoned`. Returns the number of the latter.
    fn remove(&self, old: &[i64], abandoned: i64) -> Result<u64, HistoryError> {
        let failed = |error| self.failed(error);
        let db = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate).map_err(failed)?;
        let unfinished: Vec<i64> =
            self.column("SELECT id FROM scan WHERE ended IS NULL AND touched < ?1", Some(abandoned)).map_err(failed)?;
        for scan in old.iter().chain(&unfinished) {
            remove_scan(&db, *scan).map_err(failed)?;
        }
        if !old.is_empty() || !unfinished.is_empty() {
            self.sweep(&db)?;
        }
        db.commit().map_err(failed)?;
        Ok(unfinished.len() as u64)
    }

    /// Removes the pieces and machines that no scan uses.
    fn sweep(&self, db: &Transaction<'_>) -> Result<(), HistoryError> {
        let failed = |error| self.failed(error);
        let mut used: HashSet<i64> = self
            .column("SELECT head FROM scan UNION SELECT closing FROM scan WHERE closing IS NOT NULL", None)
            .map_err(failed)?
            .into_iter()
            .collect();
        for report in self.column("SELECT DISTINCT report FROM result", None).map_err(failed)? {
            let root = self.root(report)?;
            used.insert(report);
            used.extend(root.rows());
            used.extend(self.entry_rows(root)?);
        }
        let mut remove = db.prepare("DELETE FROM part WHERE id = ?1").map_err(failed)?;
        for part in self.column("SELECT id FROM part", None).map_err(failed)? {
            if !used.contains(&part) {
                remove.execute([part]).map_err(failed)?;
            }
        }
        db.execute("DELETE FROM machine WHERE NOT EXISTS (SELECT 1 FROM result WHERE machine = machine.id)", [])
            .map(|_| ())
            .map_err(failed)
    }

    /// Reads one column of numbers.
    fn column(&self, sql: &str, parameter: Option<i64>) -> rusqlite::Result<Vec<i64>> {
        let mut statement = self.db.prepare(sql)?;
        statement.query_map(rusqlite::params_from_iter(parameter), |row| row.get(0))?.collect()
    }

    fn size(&self) -> rusqlite::Result<u64> {
        let pragma = |name| self.db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        Ok(u64::try_from(pragma("page_count")?.saturating_mul(pragma("page_size")?)).unwrap_or_default())
    }
}
