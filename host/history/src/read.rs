//! Reads a scan as the report that it was.

use std::ops::ControlFlow;

use serde::Deserialize;
use wardline_report::{CatalogReport, Head, PolicyReport, ReportPart, SavedSummary, Tool};

use crate::database::Value;
use crate::error::HistoryError;
use crate::history::History;
use crate::limits::GROUP;
use crate::part::PartReader;
use crate::scans::Scan;

/// The part of a report before the machines, without what this version of wardline says of itself.
#[derive(Deserialize)]
pub(crate) struct SavedHead {
    pub(crate) catalog: Option<CatalogReport>,
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
    /// If the history cannot be read. Parts before the error have already been passed to `sink`.
    pub fn read(&self, scan: &Scan, sink: &mut dyn FnMut(ReportPart) -> ControlFlow<()>) -> Result<(), HistoryError> {
        self.db.snapshot(|| {
            let mut pieces = PartReader::new(&self.db);
            let saved: SavedHead = pieces.json(scan.head)?;
            let head = Head { tool: Tool::default(), catalog: saved.catalog, policy: saved.policy };
            if sink(ReportPart::Head(Box::new(head))).is_break() {
                return Ok(());
            }
            for group in self.results(scan)?.chunks(GROUP) {
                let reports: Vec<i64> = group.iter().map(|machine| machine.report).collect();
                pieces.load_reports(&reports)?;
                for report in reports {
                    if sink(ReportPart::Target(Box::new(pieces.report(report)?))).is_break() {
                        return Ok(());
                    }
                }
            }
            let closing: SavedSummary = pieces.json(scan.closing)?;
            let _ = sink(ReportPart::End(closing));
            Ok(())
        })
    }

    /// Returns the machines of a scan, in their order.
    pub(crate) fn results(&self, scan: &Scan) -> Result<Vec<ScannedMachine>, HistoryError> {
        self.db.rows(
            "SELECT machine, name, location, opened, report FROM result
             JOIN machine ON machine.id = result.machine WHERE scan = ?1 ORDER BY place",
            &[Value::Number(scan.number)],
            |row| {
                Ok(ScannedMachine {
                    machine: row.number(0)?,
                    name: row.text(1)?,
                    location: row.text(2)?,
                    opened: row.number(3)? != 0,
                    report: row.number(4)?,
                })
            },
        )
    }
}
