//! Adds a scan to a history.

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde_json::json;
use wardline_contract::products::NotCovered;
use wardline_report::Head;

use crate::error::HistoryError;
use crate::part::{Blob, Remembered};
use crate::scans::Totals;
use crate::store::History;
use crate::tree::Prepared;

/// The size, number and age of the machines that wait to be written together. A write locks out other scans, and waits for the disk.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_MACHINES: usize = 256;
const BATCH_AGE: Duration = Duration::from_secs(10);

/// A scan that is being added. It is part of the history only once [`ScanWriter::finish`] has succeeded; if it is dropped before,
/// what was written of it is removed.
#[derive(Debug)]
pub struct ScanWriter {
    history: History,
    begun: i64,
    tool: String,
    head: Blob,
    /// The scan's number, once something of it is written.
    scan: Option<i64>,
    place: i64,
    waiting: Vec<Prepared>,
    waiting_bytes: usize,
    totals: Totals,
    /// The numbers of the updates that are missing on some machine.
    missing: HashSet<u32>,
    written: Instant,
    remembered: Remembered,
    finished: bool,
}

impl History {
    /// Begins to add a scan. Nothing is written yet.
    pub fn begin(self, head: &Head, begun: SystemTime) -> ScanWriter {
        ScanWriter {
            history: self,
            begun: seconds(begun),
            tool: format!("{} {}", head.tool.name, head.tool.version),
            head: Blob::json(&json!({ "catalog": head.catalog, "policy": head.policy })),
            scan: None,
            place: 0,
            waiting: Vec::new(),
            waiting_bytes: 0,
            totals: Totals::default(),
            missing: HashSet::new(),
            written: Instant::now(),
            remembered: Remembered::default(),
            finished: false,
        }
    }
}

impl ScanWriter {
    /// Appends a machine.
    ///
    /// # Errors
    /// If the history cannot be written. The scan can then not be continued.
    pub fn append(&mut self, machine: Prepared) -> Result<(), HistoryError> {
        self.totals.add(&machine.totals);
        self.missing.extend(machine.missing());
        self.waiting_bytes += machine.size();
        self.waiting.push(machine);
        let is_due = self.waiting_bytes >= BATCH_BYTES
            || self.waiting.len() >= BATCH_MACHINES
            || self.written.elapsed() >= BATCH_AGE;
        if is_due { self.write(None) } else { Ok(()) }
    }

    /// Writes what is left, and makes the scan part of the history. Returns its number. `not_covered` and `plugins_not_loaded` are
    /// those of the report's summary.
    ///
    /// # Errors
    /// If the history cannot be written. It then does not have the scan.
    pub fn finish(
        mut self,
        not_covered: &NotCovered,
        plugins_not_loaded: u64,
        ended: SystemTime,
    ) -> Result<i64, HistoryError> {
        let closing = Blob::json(&json!({ "not_covered": not_covered, "plugins_not_loaded": plugins_not_loaded }));
        let totals = Totals { missing_updates: self.missing.len() as u64, ..self.totals };
        self.write(Some((&closing, &totals, seconds(ended))))?;
        self.finished = true;
        Ok(self.scan.unwrap_or_default())
    }

    /// Writes the machines that wait in one transaction, and ends the scan if `end` has its closing part and totals.
    fn write(&mut self, end: Option<(&Blob, &Totals, i64)>) -> Result<(), HistoryError> {
        let written = self.try_write(end);
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.written = Instant::now();
        match written.map_err(|error| self.history.failed(error))? {
            Some(scan) => {
                self.scan = Some(scan);
                Ok(())
            }
            None => Err(HistoryError::Removed {
                file: self.history.file().display().to_string(),
                scan: self.scan.unwrap_or_default(),
            }),
        }
    }

    /// Returns the scan's number, or `None` if another process has removed the scan.
    fn try_write(&mut self, end: Option<(&Blob, &Totals, i64)>) -> rusqlite::Result<Option<i64>> {
        let db = self.history.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = seconds(SystemTime::now());
        let scan = match self.scan {
            Some(scan) => {
                if db.execute("UPDATE scan SET touched = ?2 WHERE id = ?1 AND ended IS NULL", [scan, now])? == 0 {
                    return Ok(None);
                }
                scan
            }
            None => {
                let head = self.remembered.store(&db, &self.head)?;
                db.execute(
                    "INSERT INTO scan (begun, touched, tool, head) VALUES (?1, ?2, ?3, ?4)",
                    params![self.begun, now, self.tool, head],
                )?;
                db.last_insert_rowid()
            }
        };
        for machine in &self.waiting {
            let report = machine.store(&db, &mut self.remembered)?;
            let id = machine_row(&db, machine)?;
            db.execute(
                "INSERT INTO result (scan, place, machine, opened, report) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![scan, self.place, id, machine.opened, report],
            )?;
            self.place += 1;
        }
        if let Some((closing, totals, ended)) = end {
            let closing = self.remembered.store(&db, closing)?;
            let totals = serde_json::to_string(totals).unwrap_or_default();
            db.execute(
                "UPDATE scan SET ended = ?2, closing = ?3, totals = ?4 WHERE id = ?1",
                params![scan, ended, closing, totals],
            )?;
        }
        db.commit()?;
        Ok(Some(scan))
    }
}

impl Drop for ScanWriter {
    fn drop(&mut self) {
        if let (false, Some(scan)) = (self.finished, self.scan) {
            // If this fails, pruning removes the rows later.
            let _ = self.history.db.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|db| {
                remove_scan(&db, scan)?;
                db.commit()
            });
        }
    }
}

/// Removes the rows of a scan. The pieces that only it used are left to be swept.
pub(crate) fn remove_scan(db: &Transaction<'_>, scan: i64) -> rusqlite::Result<()> {
    db.execute("DELETE FROM result WHERE scan = ?1", [scan])?;
    db.execute("DELETE FROM scan WHERE id = ?1", [scan]).map(|_| ())
}

fn machine_row(db: &Connection, machine: &Prepared) -> rusqlite::Result<i64> {
    let names = [&machine.name, &machine.location];
    let found = db.query_row("SELECT id FROM machine WHERE name = ?1 AND location = ?2", names, |row| row.get(0));
    match found.optional()? {
        Some(id) => Ok(id),
        None => {
            db.execute("INSERT INTO machine (name, location) VALUES (?1, ?2)", names)?;
            Ok(db.last_insert_rowid())
        }
    }
}

/// Seconds since 1970; 0 for an earlier time.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    // In a test a panic is the message.
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use wardline_report::{TargetReport, Tool};

    use super::*;

    const MACHINE: &str = r#"{"name":"a","source":{"kind":"volume","location":"/a","conditions":[]},"system":{"suites":[]},
        "grade":"incomplete","complete":false,"error":null,"coverage":{"questions":0,"known":0,"absent":0,"denied":0,
        "unreadable":0,"unsupported":0},"plugins":[],"updates_judged":null,"products":[],"checks":[],"updates":[],"actions":[],
        "denied":[]}"#;

    fn writer(file: &Path, most_pages: i64) -> ScanWriter {
        let history = History::create(file).unwrap();
        history.db.pragma_update(None, "max_page_count", most_pages).unwrap();
        history.begin(&Head { tool: Tool::default(), catalog: None, policy: None }, SystemTime::now())
    }

    #[test]
    fn a_full_disk_is_an_error_and_earlier_scans_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.sqlite");
        let mut report: TargetReport = serde_json::from_str(MACHINE).unwrap();
        let mut first = writer(&file, 1 << 20);
        first.append(Prepared::new(&report)).unwrap();
        first.finish(&NotCovered::default(), 0, SystemTime::now()).unwrap();
        let mut second = writer(&file, 40);
        let failed = (0..5_000_u64).try_for_each(|number| {
            // Digests do not compress.
            report.error = Some(wardline_contract::digest(&number.to_le_bytes()).repeat(8));
            second.append(Prepared::new(&report))
        });
        assert!(matches!(failed, Err(HistoryError::Full { .. })), "{failed:?}");
        drop(second);
        let scans = History::open(&file).unwrap().scans().unwrap();
        assert_eq!(scans.iter().map(|scan| (scan.number, scan.totals.machines)).collect::<Vec<_>>(), [(1, 1)]);
    }
}
