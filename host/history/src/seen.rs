//! When each machine was last seen.

use serde::Serialize;
use wardline_report::{OverallGrade, ProductReport, SystemReport};

use crate::error::HistoryError;
use crate::history::History;
use crate::limits::GROUP;
use crate::part::PartReader;
use crate::scans::as_timestamp;

/// A machine, as the last scan that had it saw it.
#[derive(Clone, Debug, Serialize)]
pub struct LastSeen {
    pub name: String,
    pub location: String,
    /// The number of the scan.
    pub scan: i64,
    /// When it ended, in seconds since 1970; in JSON, `2026-11-27T01:33:19Z`.
    #[serde(serialize_with = "as_timestamp")]
    pub ended: i64,
    /// Whether it could be opened. If not, its system and products are not known.
    pub opened: bool,
    pub grade: OverallGrade,
    pub system: SystemReport,
    pub products: Vec<ProductReport>,
}

/// A machine in the last scan that had it.
struct Last {
    machine: i64,
    name: String,
    location: String,
    scan: i64,
    ended: i64,
    opened: bool,
    /// The row of its report's root.
    report: i64,
}

impl History {
    /// Returns every machine that a whole scan had.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn last_seen(&self) -> Result<Vec<LastSeen>, HistoryError> {
        self.db.snapshot(|| {
            let mut seen = Vec::new();
            let mut pieces = PartReader::new(&self.db);
            for group in self.last()?.chunks(GROUP) {
                let reports: Vec<i64> = group.iter().map(|last| last.report).collect();
                let roots = pieces.roots(&reports)?;
                pieces.load(roots.iter().map(|root| root.rest))?;
                for (last, root) in group.iter().zip(roots) {
                    let report = pieces.report_without_lists(root)?;
                    seen.push(LastSeen {
                        name: last.name.clone(),
                        location: last.location.clone(),
                        scan: last.scan,
                        ended: last.ended,
                        opened: last.opened,
                        grade: report.grade,
                        system: report.system,
                        products: report.products,
                    });
                }
            }
            Ok(seen)
        })
    }

    fn last(&self) -> Result<Vec<Last>, HistoryError> {
        let mut last = self.db.rows(
            "SELECT machine.id, name, location, scan.id, ended, opened, report FROM (
                 SELECT machine, max(scan) AS scan FROM result JOIN scan ON scan.id = result.scan
                 WHERE ended IS NOT NULL GROUP BY machine
             ) AS latest
             JOIN result ON result.machine = latest.machine AND result.scan = latest.scan
             JOIN scan ON scan.id = result.scan JOIN machine ON machine.id = result.machine
             ORDER BY machine.id, place",
            &[],
            |row| {
                Ok(Last {
                    machine: row.number(0)?,
                    name: row.text(1)?,
                    location: row.text(2)?,
                    scan: row.number(3)?,
                    ended: row.number(4)?,
                    opened: row.number(5)? != 0,
                    report: row.number(6)?,
                })
            },
        )?;
        // A scan may have a machine several times.
        last.dedup_by_key(|last| last.machine);
        Ok(last)
    }
}
