//! Adds a scan to a history.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use wardline_contract::products::NotCovered;
use wardline_report::Head;

use crate::database::{Column, Database, Each, Value};
use crate::error::HistoryError;
use crate::history::History;
use crate::part::{Blob, Remembered};
use crate::scans::Totals;
use crate::tree::{self, Prepared};

/// The size, number and age of the machines that wait to be written together. A write locks out other scans, and waits for the disk.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_MACHINES: usize = 48;
const BATCH_AGE: Duration = Duration::from_secs(10);

const FIND_MACHINE: Each = Each {
    one: "SELECT id, name, location FROM machine WHERE name = ?1 AND location = ?2",
    all: "SELECT id, name, location FROM machine
          JOIN unnest(?1::text[], ?2::text[]) AS wanted (name, location) USING (name, location)",
};
const ADD_MACHINE: Each = Each {
    one: "INSERT INTO machine (name, location) VALUES (?1, ?2) RETURNING id, name, location",
    all: "INSERT INTO machine (name, location) SELECT * FROM unnest(?1::text[], ?2::text[]) RETURNING id, name, location",
};
const ADD_RESULT: Each = Each {
    one: "INSERT INTO result (scan, place, machine, opened, report) VALUES (?1, ?2, ?3, ?4, ?5)",
    all: "INSERT INTO result (scan, place, machine, opened, report)
          SELECT * FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[])",
};

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
    run: Option<String>,
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
            run: None,
            finished: false,
        }
    }
}

impl ScanWriter {
    /// Names the run that the scan is, for a scan that may be continued after it was killed: [`ScanWriter::finish`] adds a run once,
    /// however often it is finished.
    #[must_use]
    pub fn of_run(mut self, run: &str) -> Self {
        self.run = Some(run.to_owned());
        self
    }

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

    /// Writes what is left, and makes the scan part of the history. Returns its number, or that of an earlier scan of the same run.
    /// `not_covered` and `plugins_not_loaded` are those of the report's summary.
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
        if let Some(earlier) = self.earlier()? {
            return Ok(earlier);
        }
        let totals = Totals { missing_updates: self.missing.len() as u64, ..self.totals };
        self.write(Some((&closing, &totals, seconds(ended))))?;
        self.finished = true;
        Ok(self.scan.unwrap_or_default())
    }

    /// Returns the number of the scan that this run has added before.
    fn earlier(&self) -> Result<Option<i64>, HistoryError> {
        let Some(run) = &self.run else { return Ok(None) };
        let sql = "SELECT id FROM scan WHERE run = ?1 AND ended IS NOT NULL";
        Ok(self.history.db.rows(sql, &[Value::Text(run)], |row| row.number(0))?.first().copied())
    }

    /// Writes the machines that wait in one transaction, and ends the scan if `end` has its closing part and totals.
    fn write(&mut self, end: Option<(&Blob, &Totals, i64)>) -> Result<(), HistoryError> {
        let written = self.try_write(end);
        self.place += i64::try_from(self.waiting.len()).unwrap_or(i64::MAX);
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.written = Instant::now();
        match written? {
            Some(scan) => {
                self.scan = Some(scan);
                Ok(())
            }
            None => Err(HistoryError::Removed {
                store: self.history.name().to_owned(),
                scan: self.scan.unwrap_or_default(),
            }),
        }
    }

    /// Returns the scan's number, or `None` if another process has removed the scan.
    fn try_write(&mut self, end: Option<(&Blob, &Totals, i64)>) -> Result<Option<i64>, HistoryError> {
        let db = &self.history.db;
        let remembered = &mut self.remembered;
        remembered.limit();
        db.transaction(|| {
            let now = Value::Number(seconds(SystemTime::now()));
            let scan = match self.scan {
                Some(scan) => {
                    let touch = "UPDATE scan SET touched = ?2 WHERE id = ?1 AND ended IS NULL";
                    if db.execute(touch, &[Value::Number(scan), now])? == 0 {
                        return Ok(None);
                    }
                    scan
                }
                None => {
                    remembered.store(db, [&self.head])?;
                    let head = Value::Number(remembered.row(db, &self.head)?);
                    let values = [Value::Number(self.begun), now, Value::Text(&self.tool), head];
                    let begin = "INSERT INTO scan (begun, touched, tool, head) VALUES (?1, ?2, ?3, ?4) RETURNING id";
                    db.rows(begin, &values, |row| row.number(0))?.first().copied().unwrap_or_default()
                }
            };
            let reports = tree::store(&self.waiting, db, remembered)?;
            let machines = machine_rows(db, &self.waiting)?;
            let places: Vec<i64> = (self.place..).take(self.waiting.len()).collect();
            let opened: Vec<i64> = self.waiting.iter().map(|machine| i64::from(machine.opened)).collect();
            let scans = vec![scan; places.len()];
            let columns = [&scans, &places, &machines, &opened, &reports].map(|column| Column::Numbers(column));
            db.each(ADD_RESULT, &columns, |_| Ok(()))?;
            if let Some((closing, totals, ended)) = end {
                remembered.store(db, [closing])?;
                let closing = Value::Number(remembered.row(db, closing)?);
                let totals = serde_json::to_string(totals).unwrap_or_default();
                db.execute(
                    "UPDATE scan SET ended = ?2, closing = ?3, totals = ?4 WHERE id = ?1",
                    &[Value::Number(scan), Value::Number(ended), closing, Value::Text(&totals)],
                )?;
                if let Some(run) = &self.run {
                    db.execute("UPDATE scan SET run = ?2 WHERE id = ?1", &[Value::Number(scan), Value::Text(run)])?;
                }
            }
            Ok(Some(scan))
        })
    }
}

impl Drop for ScanWriter {
    fn drop(&mut self) {
        if let (false, Some(scan)) = (self.finished, self.scan) {
            // If this fails, pruning removes the rows later.
            let _ = self.history.db.transaction(|| remove_scan(&self.history.db, scan));
        }
    }
}

/// Removes the rows of a scan. The pieces that only it used are left to be swept.
pub(crate) fn remove_scan(db: &Database, scan: i64) -> Result<(), HistoryError> {
    db.execute("DELETE FROM result WHERE scan = ?1", &[Value::Number(scan)])?;
    db.execute("DELETE FROM scan WHERE id = ?1", &[Value::Number(scan)]).map(|_| ())
}

/// Returns the rows of machines, which are added if they are not there.
fn machine_rows(db: &Database, machines: &[Prepared]) -> Result<Vec<i64>, HistoryError> {
    let mut rows: HashMap<(String, String), i64> = HashMap::new();
    for statement in [FIND_MACHINE, ADD_MACHINE] {
        let mut seen = HashSet::new();
        let lacking = |names: &(&str, &str)| !rows.contains_key(&(names.0.to_owned(), names.1.to_owned()));
        let (names, locations): (Vec<&str>, Vec<&str>) = machines
            .iter()
            .map(|machine| (machine.name.as_str(), machine.location.as_str()))
            .filter(|names| lacking(names) && seen.insert(*names))
            .unzip();
        let columns = [Column::Texts(&names), Column::Texts(&locations)];
        rows.extend(db.each(statement, &columns, |row| Ok(((row.text(1)?, row.text(2)?), row.number(0)?)))?);
    }
    let row = |machine: &Prepared| rows.get(&(machine.name.clone(), machine.location.clone())).copied();
    Ok(machines.iter().map(|machine| row(machine).unwrap_or_default()).collect())
}

/// Seconds since 1970; 0 for an earlier time.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    // Tests report failures by panicking.
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
        history.db.limit_pages(most_pages).unwrap();
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
