//! When each machine was last seen.

use serde::Serialize;
use wardline_report::{OverallGrade, ProductReport, SystemReport};

use crate::error::HistoryError;
use crate::scans::as_timestamp;
use crate::store::History;

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

/// Name, location, scan, its end, whether it was opened, and the row of its report's root.
type Row = (String, String, i64, i64, bool, i64);

impl History {
    /// Returns every machine that a whole scan had.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn last_seen(&self) -> Result<Vec<LastSeen>, HistoryError> {
        let read = || -> rusqlite::Result<Vec<Row>> {
            // With max(), SQLite takes the other columns from the row that has the maximum.
            let mut statement = self.db.prepare(
                "SELECT name, location, max(scan.id), ended, opened, report FROM result
                 JOIN scan ON scan.id = result.scan JOIN machine ON machine.id = result.machine
                 WHERE ended IS NOT NULL GROUP BY machine.id ORDER BY machine.id",
            )?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })?;
            rows.collect()
        };
        let rows = read().map_err(|error| self.failed(error))?;
        let seen = rows.into_iter().map(|(name, location, scan, ended, opened, report)| {
            let report = self.report_without_lists(report)?;
            let (grade, system, products) = (report.grade, report.system, report.products);
            Ok(LastSeen { name, location, scan, ended, opened, grade, system, products })
        });
        seen.collect()
    }
}
