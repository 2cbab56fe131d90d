//! Reads parts of a history that somebody looks at: the machines of a scan, one machine, and its past.

use std::collections::HashMap;

use rusqlite::params;
use wardline_report::{OverallGrade, TargetReport};

use crate::diff::{FindingChange, Groups};
use crate::error::HistoryError;
use crate::findings::Findings;
use crate::read::ScannedMachine;
use crate::scans::{Scan, Totals};
use crate::store::History;

/// A machine in one of the scans that had it.
#[derive(Clone, Debug)]
pub struct PastScan {
    pub scan: Scan,
    pub location: String,
    pub opened: bool,
    pub grade: OverallGrade,
    /// The totals of this machine alone.
    pub totals: Totals,
    /// What changed since the scan before that had it, the most urgent first; `None` if it was not opened in both, or is the first.
    pub changes: Option<Vec<FindingChange>>,
}

/// Scan, machine, location, whether it was opened, and the row of its report's root.
type PastRow = (i64, i64, String, bool, i64);

impl History {
    /// Runs what reads, which sees the history as it is when it begins: what others write or prune meanwhile is not seen.
    ///
    /// # Errors
    /// Those of `run`, or if the history cannot be read.
    pub fn snapshot<T>(&self, run: impl FnOnce() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
        let reads = self.db.unchecked_transaction().map_err(|error| self.failed(error))?;
        let result = run();
        // Nothing was written: how it ends makes no difference.
        drop(reads);
        result
    }

    /// Returns the machines of a scan, in their order.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn machines(&self, scan: &Scan) -> Result<Vec<ScannedMachine>, HistoryError> {
        self.results(scan)
    }

    /// Reads the report of a machine of a scan.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn report_of(&self, machine: &ScannedMachine) -> Result<TargetReport, HistoryError> {
        self.report(machine.report)
    }

    /// Returns the scans that had a machine of this name, the last one first, and how many there are: those after the first `skip`,
    /// at most `most`.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn past_of(&self, name: &str, skip: usize, most: usize) -> Result<(Vec<PastScan>, usize), HistoryError> {
        let rows = self.past_rows(name).map_err(|error| self.failed(error))?;
        let scans: HashMap<i64, Scan> = self.scans()?.into_iter().map(|scan| (scan.number, scan)).collect();
        let mut findings = Findings::new(self);
        let mut known: HashMap<i64, (OverallGrade, Totals)> = HashMap::new();
        let mut past = Vec::new();
        for (place, (scan, machine, location, opened, report)) in rows.iter().enumerate().skip(skip).take(most) {
            let (grade, totals) = match known.get(report) {
                Some(known) => *known,
                None => {
                    let read = self.report(*report)?;
                    *known.entry(*report).or_insert((read.grade, Totals::of(&read)))
                }
            };
            let older = rows.get(place + 1..).unwrap_or_default().iter().filter(|(other, ..)| other < scan);
            let before = older.clone().find(|(_, other, ..)| other == machine).or_else(|| older.clone().next());
            let changes = match before {
                Some((.., true, before)) if *opened => {
                    let mut groups = Groups::default();
                    for change in findings.compare(*before, *report, &Default::default())? {
                        groups.add(change, name);
                    }
                    Some(groups.finish().1)
                }
                _ => None,
            };
            let Some(scan) = scans.get(scan).cloned() else { continue };
            past.push(PastScan { scan, location: location.clone(), opened: *opened, grade, totals, changes });
        }
        Ok((past, rows.len()))
    }

    /// Returns the results of the machines of a name in whole scans, the last one first.
    fn past_rows(&self, name: &str) -> rusqlite::Result<Vec<PastRow>> {
        let mut statement = self.db.prepare(
            "SELECT result.scan, machine.id, machine.location, result.opened, result.report FROM machine
             JOIN result ON result.machine = machine.id
             JOIN scan ON scan.id = result.scan
             WHERE machine.name = ?1 AND scan.ended IS NOT NULL
             ORDER BY result.scan DESC, result.place",
        )?;
        let rows = statement
            .query_map(params![name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
        rows.collect()
    }
}
