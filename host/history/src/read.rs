//! Reads a scan as the report that it was.

use std::ops::ControlFlow;

use serde::Deserialize;
use wardline_report::{CatalogReport, Head, PolicyReport, ReportPart, SavedSummary, Tool};

use crate::error::HistoryError;
use crate::scans::Scan;
use crate::store::History;

/// The part of a report before the machines, without what this version of wardline says of itself.
#[derive(Deserialize)]
struct SavedHead {
    catalog: Option<CatalogReport>,
    policy: Option<PolicyReport>,
}

/// A machine in a scan.
#[derive(Clone, Debug)]
pub struct ScannedMachine {
    /// Its row: the same in all scans with the same name and location.
    pub(crate) machine: i64,
    pub name: String,
    pub location: String,
    pub opened: bool,
    /// The row of its report's root.
    pub(crate) report: i64,
}

impl History {
    /// Passes each part of a scan's report to `sink`, until it breaks: the head, the machines in their order, the end.
    ///
    /// # Errors
    /// If the file cannot be read. Parts before the error have already been passed to `sink`.
    pub fn read(&self, scan: &Scan, sink: &mut dyn FnMut(ReportPart) -> ControlFlow<()>) -> Result<(), HistoryError> {
        let saved: SavedHead = self.small(scan.head)?;
        let head = Head { tool: Tool::default(), catalog: saved.catalog, policy: saved.policy };
        if sink(ReportPart::Head(Box::new(head))).is_break() {
            return Ok(());
        }
        for machine in self.results(scan)? {
            if sink(ReportPart::Target(Box::new(self.report(machine.report)?))).is_break() {
                return Ok(());
            }
        }
        let closing: SavedSummary = self.small(scan.closing)?;
        let _ = sink(ReportPart::End(closing));
        Ok(())
    }

    /// Returns the machines of a scan, in their order.
    pub(crate) fn results(&self, scan: &Scan) -> Result<Vec<ScannedMachine>, HistoryError> {
        let read = || -> rusqlite::Result<Vec<ScannedMachine>> {
            let mut statement = self.db.prepare(
                "SELECT machine, name, location, opened, report FROM result
                 JOIN machine ON machine.id = result.machine WHERE scan = ?1 ORDER BY place",
            )?;
            let results = statement.query_map([scan.number], |row| {
                Ok(ScannedMachine {
                    machine: row.get(0)?,
                    name: row.get(1)?,
                    location: row.get(2)?,
                    opened: row.get(3)?,
                    report: row.get(4)?,
                })
            })?;
            results.collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// Reads a piece that is not part of a machine's report.
    fn small<T: for<'de> Deserialize<'de>>(&self, id: i64) -> Result<T, HistoryError> {
        serde_json::from_slice(&self.part(id)?)
            .map_err(|error| HistoryError::damaged(self.file(), format!("part {id}: {error}")))
    }
}
