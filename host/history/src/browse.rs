//! Reads parts of a history that somebody looks at: the machines of a scan, one machine, and its past.

use std::collections::HashMap;

use wardline_report::{OverallGrade, TargetReport};

use crate::database::Value;
use crate::diff::{FindingChange, Groups};
use crate::error::HistoryError;
use crate::findings::{Findings, Reports};
use crate::history::History;
use crate::part::PartReader;
use crate::read::ScannedMachine;
use crate::scans::{Scan, Totals};
use crate::tree::storable;

/// A machine in one of the scans that had it.
#[derive(Clone, Debug)]
pub struct PastScan {
    pub scan: Scan,
    pub location: String,
    pub opened: bool,
    pub grade: OverallGrade,
    /// The totals of this machine alone.
    pub totals: Totals,
    /// The changes since the scan before that had it, the most urgent first; `None` if it was not opened in both, or is the first.
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
        self.db.snapshot(run)
    }

    /// Returns the machines of a scan, in their order.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn machines(&self, scan: &Scan) -> Result<Vec<ScannedMachine>, HistoryError> {
        self.results(scan)
    }

    /// Reads the report of a machine of a scan.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn report_of(&self, machine: &ScannedMachine) -> Result<TargetReport, HistoryError> {
        PartReader::new(&self.db).report(machine.report)
    }

    /// Returns the scans that had a machine of this name, the last one first, and how many there are: those after the first `skip`,
    /// at most `most`.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn past_of(&self, name: &str, skip: usize, most: usize) -> Result<(Vec<PastScan>, usize), HistoryError> {
        let rows = self.past_rows(name)?;
        let scans: HashMap<i64, Scan> = self.scans()?.into_iter().map(|scan| (scan.number, scan)).collect();
        let (mut findings, mut pieces) = (Findings::new(&self.db), PartReader::new(&self.db));
        let mut known: HashMap<i64, (OverallGrade, Totals)> = HashMap::new();
        let mut past = Vec::new();
        for (place, (scan, machine, location, opened, report)) in rows.iter().enumerate().skip(skip).take(most) {
            let (grade, totals) = match known.get(report) {
                Some(known) => *known,
                None => {
                    let read = pieces.report(*report)?;
                    *known.entry(*report).or_insert((read.grade, Totals::of(&read)))
                }
            };
            let older = rows.get(place + 1..).unwrap_or_default().iter().filter(|(other, ..)| other < scan);
            let before = older.clone().find(|(_, other, ..)| other == machine).or_else(|| older.clone().next());
            let changes = match before {
                Some((.., true, before)) if *opened => {
                    let mut groups = Groups::default();
                    let reports = Reports { before: *before, after: *report, between: Vec::new() };
                    for change in findings.compare(&[reports])?.into_iter().flatten() {
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
    fn past_rows(&self, name: &str) -> Result<Vec<PastRow>, HistoryError> {
        self.db.rows(
            "SELECT result.scan, machine.id, machine.location, result.opened, result.report FROM machine
             JOIN result ON result.machine = machine.id
             JOIN scan ON scan.id = result.scan
             WHERE machine.name = ?1 AND scan.ended IS NOT NULL
             ORDER BY result.scan DESC, result.place",
            &[Value::Text(&storable(name))],
            |row| Ok((row.number(0)?, row.number(1)?, row.text(2)?, row.number(3)? != 0, row.number(4)?)),
        )
    }
}
