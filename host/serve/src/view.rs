//! A scan as pages show it: its machines in a row each, and the work that they leave to be done.

use std::sync::Arc;

use smol_str::SmolStr;
use wardline_history::{History, HistoryError, Scan};
use wardline_report::{CatalogReport, OverallGrade, Summary, Tally};

/// A scan in the form that its pages need.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) summary: Summary,
    /// In the order of the scan.
    pub(crate) rows: Vec<Row>,
    pub(crate) catalog: Option<CatalogReport>,
}

/// A machine in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: SmolStr,
    /// Empty if it is not known.
    pub(crate) system: Arc<str>,
    pub(crate) grade: OverallGrade,
    pub(crate) opened: bool,
    pub(crate) missing: u64,
    /// As in a report: `3 or more`, `not judged`.
    pub(crate) missing_in_words: SmolStr,
    pub(crate) failed: u64,
    pub(crate) unable: u64,
    pub(crate) waived: u64,
}

impl View {
    pub(crate) fn of(history: &History, scan: &Scan) -> Result<View, HistoryError> {
        let mut rows = Vec::new();
        let overview = history.overview(scan, &mut |tally, system| rows.push(Row::of(tally, system)))?;
        Ok(View { summary: overview.summary, rows, catalog: overview.catalog })
    }

    /// Returns the machines at some places of the scan.
    pub(crate) fn rows_at<'v>(&'v self, places: &[u32]) -> Vec<&'v Row> {
        places.iter().filter_map(|place| self.rows.get(*place as usize)).collect()
    }
}

impl Row {
    fn of(tally: &Tally, system: &Arc<str>) -> Row {
        Row {
            name: SmolStr::from(&tally.name),
            system: Arc::clone(system),
            grade: tally.grade,
            opened: tally.opened,
            missing: tally.updates.missing,
            missing_in_words: tally.missing_in_words().into(),
            failed: tally.failed_checks(),
            unable: tally.unable(),
            waived: tally.waived_updates + tally.waived_checks,
        }
    }
}
