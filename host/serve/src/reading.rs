//! The history, as one request sees it.

use std::fmt;
use std::sync::Arc;

use wardline_history::{ChangeCounts, Diff, History, HistoryError, Scan, ScanChoice};

use crate::kept::Kept;
use crate::view::View;

/// Opens the history. Called for every request, so that one that is created, replaced or removed meanwhile is noticed.
pub type Open = Box<dyn Fn() -> Result<History, HistoryError> + Send + Sync>;

/// The numbers of scans, comparisons and steps of a trend that are kept. A scan of 10,000 machines takes about 10 MB.
const VIEWS: usize = 4;
const DIFFS: usize = 4;
const STEPS: usize = 2_000;

/// A history, and what was made of its scans so far.
pub struct Library {
    open: Open,
    views: Kept<Identity, View>,
    diffs: Kept<(Identity, Identity), Diff>,
    steps: Kept<(Identity, Identity), Step>,
}

/// Number, begin and end of a scan: another history at the same place has others.
type Identity = (i64, i64, i64);

/// The changes from a scan to the next one, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Step {
    pub(crate) counts: ChangeCounts,
    pub(crate) appeared: usize,
    pub(crate) vanished: usize,
}

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Library").finish_non_exhaustive()
    }
}

impl Library {
    pub fn new(open: Open) -> Library {
        Library { open, views: Kept::new(VIEWS), diffs: Kept::new(DIFFS), steps: Kept::new(STEPS) }
    }

    /// Makes what the first page needs, so that nobody waits for it.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn prepare(&self) -> Result<(), HistoryError> {
        self.read(|reading| {
            if let Some(newest) = reading.newest() {
                reading.view(newest)?;
                reading.since_before(newest)?;
            }
            Ok(())
        })?
    }

    /// Opens the history, and reads what a page needs of it as it is now.
    pub(crate) fn read<T>(&self, make: impl FnOnce(&Reading<'_>) -> T) -> Result<T, HistoryError> {
        let history = (self.open)()?;
        history.snapshot(|| {
            let scans = history.scans()?;
            Ok(make(&Reading { history: &history, scans, library: self }))
        })
    }
}

/// An open history, which does not change.
pub(crate) struct Reading<'l> {
    pub(crate) history: &'l History,
    scans: Vec<Scan>,
    library: &'l Library,
}

impl Reading<'_> {
    /// The whole scans, oldest first.
    pub(crate) fn scans(&self) -> &[Scan] {
        &self.scans
    }

    pub(crate) fn newest(&self) -> Option<&Scan> {
        self.scans.last()
    }

    /// Finds the scan that a page was asked for.
    pub(crate) fn scan(&self, choice: ScanChoice) -> Result<Scan, HistoryError> {
        self.history.scan(choice)
    }

    /// Returns the scan before another one.
    pub(crate) fn before(&self, scan: &Scan) -> Option<&Scan> {
        self.scans.iter().rev().find(|other| other.number < scan.number)
    }

    /// Returns the scan after another one.
    pub(crate) fn after(&self, scan: &Scan) -> Option<&Scan> {
        self.scans.iter().find(|other| other.number > scan.number)
    }

    pub(crate) fn view(&self, scan: &Scan) -> Result<Arc<View>, HistoryError> {
        self.library.views.get(&identity(scan), || {
            // A scan of an older version is counted once for all. What is stored now, this reading does not see.
            if self.history.lacks_tallies(scan)?
                && let Ok(history) = (self.library.open)()
                && history.store_tallies(scan).is_ok()
                && let Ok(view) = View::of(&history, scan)
            {
                return Ok(view);
            }
            View::of(self.history, scan)
        })
    }

    /// Compares two scans, of which `from` is the earlier one.
    pub(crate) fn diff(&self, from: &Scan, to: &Scan) -> Result<Arc<Diff>, HistoryError> {
        self.library.diffs.get(&(identity(from), identity(to)), || self.history.diff(from, to))
    }

    /// Compares a scan with the one before; `None` if it is the first one.
    pub(crate) fn since_before(&self, scan: &Scan) -> Result<Option<Arc<Diff>>, HistoryError> {
        self.before(scan).map(|before| self.diff(before, scan)).transpose()
    }

    /// Counts what changed from a scan to another one. Of the comparison itself, nothing is kept.
    pub(crate) fn step(&self, from: &Scan, to: &Scan) -> Result<Arc<Step>, HistoryError> {
        self.library.steps.get(&(identity(from), identity(to)), || {
            let diff = self.history.diff(from, to)?;
            let (appeared, vanished) = (diff.machines.appeared.len(), diff.machines.vanished.len());
            Ok(Step { counts: diff.counts, appeared, vanished })
        })
    }
}

fn identity(scan: &Scan) -> Identity {
    (scan.number, scan.begun, scan.ended)
}
