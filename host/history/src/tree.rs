//! A machine's report as a tree of pieces.
//!
//! The root has four rows: the report without its lists, then the lists of checks, updates and actions (0 for an empty one). A list
//! has the row of each entry, and what of the entry depends on the scan rather than on the machine: the numbers of updates, and the
//! places of the findings that actions mend. So an entry is the same piece on every machine and in every scan in which it is the
//! same finding. Roots and lists are LEB128 numbers, everything else is JSON.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{DeserializeOwned, DeserializeSeed as _};
use wardline_contract::{FindingId, Operation, UpdateStatus};
use wardline_evidence::budget::{Budget, DEFAULT_TARGET_MEMORY};
use wardline_evidence::metered::{Meter, Metered};
use wardline_report::{ActionReport, TargetReport, UpdateReport};

use crate::database::Database;
use crate::error::HistoryError;
use crate::limits::MAX_PART;
use crate::numbers::{Numbers, numbers};
use crate::part::{Blob, PartReader, Remembered};
use crate::scans::Totals;
use crate::tally::{self, PreparedTally};

/// A machine's report, ready to be stored: encoded and digested, which workers can do in parallel.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) opened: bool,
    pub(crate) totals: Totals,
    missing: Vec<u32>,
    tally: PreparedTally,
    rest: Blob,
    checks: Vec<Blob>,
    updates: Vec<(Blob, u32)>,
    actions: Vec<(Blob, FindingId, Option<u32>)>,
}

impl Prepared {
    pub fn new(report: &TargetReport) -> Prepared {
        let missing = report.updates.iter().filter(|update| update.status == UpdateStatus::Missing);
        let checks = report.checks.iter().map(Blob::json).collect();
        let updates = report.updates.iter().map(|update| {
            let number = update.number;
            (Blob::json(&UpdateReport { number: 0, ..update.clone() }), number)
        });
        let actions = report.actions.iter().map(|action| {
            let mut action = action.clone();
            let mends = std::mem::replace(&mut action.mends, FindingId::Check(0));
            let number = match &mut action.operation {
                Operation::InstallUpdate(install) => Some(std::mem::take(&mut install.update)),
                _ => None,
            };
            (Blob::json(&action), mends, number)
        });
        Prepared {
            name: storable(&report.name),
            location: storable(&report.source.location),
            opened: report.source.kind.is_some(),
            totals: Totals::of(report),
            missing: missing.map(|update| update.number).collect(),
            tally: PreparedTally::new(report),
            rest: Blob::json(&without_lists(report)),
            checks,
            updates: updates.collect(),
            actions: actions.collect(),
        }
    }

    /// The numbers of the updates that are missing.
    pub(crate) fn missing(&self) -> impl Iterator<Item = u32> {
        self.missing.iter().copied()
    }

    /// The size of the encoded pieces in bytes.
    pub(crate) fn size(&self) -> usize {
        self.pieces().map(|blob| blob.bytes.len()).sum()
    }

    fn pieces(&self) -> impl Iterator<Item = &Blob> {
        let updates = self.updates.iter().map(|(blob, _)| blob);
        let actions = self.actions.iter().map(|(blob, ..)| blob);
        self.checks.iter().chain(updates).chain(actions).chain([&self.rest]).chain(self.tally.pieces())
    }

    /// Returns the lists of checks, updates and actions, whose pieces have been stored; `None` for an empty one.
    fn lists(&self, db: &Database, remembered: &Remembered) -> Result<[Option<Blob>; 3], HistoryError> {
        let (mut checks, mut updates, mut actions) = (Numbers::default(), Numbers::default(), Numbers::default());
        for blob in &self.checks {
            checks.push(remembered.row(db, blob)?);
        }
        for (blob, number) in &self.updates {
            updates.push(remembered.row(db, blob)?);
            updates.push(i64::from(*number));
        }
        for (blob, mends, number) in &self.actions {
            actions.push(remembered.row(db, blob)?);
            let (kind, place) = match mends {
                FindingId::Check(place) => (0, *place),
                FindingId::Update(place) => (1, *place),
            };
            actions.push(kind);
            actions.push(i64::from(place));
            actions.push(number.map_or(0, |number| i64::from(number) + 1));
        }
        Ok([checks, updates, actions].map(|list| (!list.is_empty()).then(|| Blob::new(list.into_bytes()))))
    }
}

/// Stores the pieces of machines that are not there, and their tallies. Returns the rows of the roots.
pub(crate) fn store(
    machines: &[Prepared],
    db: &Database,
    remembered: &mut Remembered,
) -> Result<Vec<i64>, HistoryError> {
    remembered.store(db, machines.iter().flat_map(Prepared::pieces))?;
    let lists = machines.iter().map(|machine| machine.lists(db, remembered));
    let lists = lists.collect::<Result<Vec<_>, HistoryError>>()?;
    remembered.store(db, lists.iter().flatten().flatten())?;
    let mut roots = Vec::new();
    for (machine, lists) in machines.iter().zip(&lists) {
        let mut root = Numbers::default();
        root.push(remembered.row(db, &machine.rest)?);
        for list in lists {
            root.push(list.as_ref().map_or(Ok(0), |list| remembered.row(db, list))?);
        }
        roots.push(Blob::new(root.into_bytes()));
    }
    remembered.store(db, &roots)?;
    let rows = roots.iter().map(|root| remembered.row(db, root)).collect::<Result<Vec<_>, HistoryError>>()?;
    tally::store(rows.iter().copied().zip(machines.iter().map(|machine| &machine.tally)), db, remembered)?;
    Ok(rows)
}

/// Replaces the one character that PostgreSQL has none for, in a name by which machines are found.
pub(crate) fn storable(name: &str) -> String {
    name.replace('\0', "\u{fffd}")
}

/// Copies a report without copying its lists.
fn without_lists(report: &TargetReport) -> TargetReport {
    TargetReport {
        name: report.name.clone(),
        source: report.source.clone(),
        system: report.system.clone(),
        role: report.role,
        grade: report.grade,
        complete: report.complete,
        error: report.error.clone(),
        coverage: report.coverage,
        plugins: report.plugins.clone(),
        updates_judged: report.updates_judged.clone(),
        products: report.products.clone(),
        checks: Vec::new(),
        updates: Vec::new(),
        actions: Vec::new(),
        denied: report.denied.clone(),
    }
}

/// The rows of a machine's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) rest: i64,
    /// The lists; 0 for an empty one.
    pub(crate) checks: i64,
    pub(crate) updates: i64,
    actions: i64,
}

impl Root {
    /// Returns the rows of the lists.
    pub(crate) fn lists(self) -> [i64; 3] {
        [self.checks, self.updates, self.actions]
    }

    /// Returns the rows that the root names.
    pub(crate) fn rows(self) -> [i64; 4] {
        [self.rest, self.checks, self.updates, self.actions]
    }
}

impl PartReader<'_> {
    pub(crate) fn root(&mut self, report: i64) -> Result<Root, HistoryError> {
        match self.numbers(report)?.as_slice() {
            [rest, checks, updates, actions] => {
                Ok(Root { rest: *rest, checks: *checks, updates: *updates, actions: *actions })
            }
            _ => Err(self.damaged(report, "not the root of a report")),
        }
    }

    /// Reads the roots of reports, whose pieces are read ahead.
    pub(crate) fn roots(&mut self, reports: &[i64]) -> Result<Vec<Root>, HistoryError> {
        self.load(reports.iter().copied())?;
        reports.iter().map(|report| self.root(*report)).collect()
    }

    /// Returns the rows of the checks in a list.
    pub(crate) fn check_rows(&mut self, list: i64) -> Result<Vec<i64>, HistoryError> {
        self.numbers(list)
    }

    /// Returns the rows of the updates in a list.
    pub(crate) fn update_rows(&mut self, list: i64) -> Result<Vec<i64>, HistoryError> {
        Ok(self.entries::<2>(list)?.iter().map(|[id, _]| *id).collect())
    }

    /// Returns the rows of the entries of a report's lists.
    pub(crate) fn entry_rows(&mut self, root: Root) -> Result<Vec<i64>, HistoryError> {
        let mut rows = self.check_rows(root.checks)?;
        rows.extend(self.update_rows(root.updates)?);
        rows.extend(self.entries::<4>(root.actions)?.iter().map(|[id, ..]| *id));
        Ok(rows)
    }

    /// Reads ahead what [`PartReader::report`] needs for these machines.
    pub(crate) fn load_reports(&mut self, reports: &[i64]) -> Result<(), HistoryError> {
        let roots = self.roots(reports)?;
        self.load(roots.iter().flat_map(|root| root.rows()))?;
        let mut entries = Vec::new();
        for root in roots {
            entries.extend(self.entry_rows(root)?);
        }
        self.load(entries)
    }

    /// Reads a machine's report.
    pub(crate) fn report(&mut self, report: i64) -> Result<TargetReport, HistoryError> {
        let root = self.root(report)?;
        Reader { pieces: self, budget: Budget::new(DEFAULT_TARGET_MEMORY), left: MAX_PART }.read(root)
    }

    /// Reads a machine's report without its checks, updates and actions.
    pub(crate) fn report_without_lists(&mut self, root: Root) -> Result<TargetReport, HistoryError> {
        let reader = Reader { pieces: self, budget: Budget::new(DEFAULT_TARGET_MEMORY), left: MAX_PART };
        reader.read(Root { checks: 0, updates: 0, actions: 0, ..root })
    }

    fn numbers(&mut self, list: i64) -> Result<Vec<i64>, HistoryError> {
        match list {
            0 => Ok(Vec::new()),
            _ => numbers(&self.get(list)?).ok_or_else(|| self.damaged(list, "not a list")),
        }
    }

    fn entries<const N: usize>(&mut self, list: i64) -> Result<Vec<[i64; N]>, HistoryError> {
        let numbers = self.numbers(list)?;
        let (entries, rest) = numbers.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(self.damaged(list, "the list is cut off"));
        }
        Ok(entries.to_vec())
    }
}

/// Reads the pieces of one report, within the limits for one target: few pieces can be named very often.
struct Reader<'p, 'h> {
    pieces: &'p mut PartReader<'h>,
    budget: Arc<Budget>,
    left: u64,
}

impl Reader<'_, '_> {
    fn read(mut self, root: Root) -> Result<TargetReport, HistoryError> {
        let meter_budget = Arc::clone(&self.budget);
        let meter = Meter::new(&meter_budget);
        let mut report: TargetReport = self.piece(root.rest, &meter)?;
        for id in self.pieces.check_rows(root.checks)? {
            report.checks.push(self.piece(id, &meter)?);
        }
        for [id, number] in self.pieces.entries::<2>(root.updates)? {
            let mut update: UpdateReport = self.piece(id, &meter)?;
            update.number = self.number(id, number)?;
            report.updates.push(update);
        }
        for [id, kind, place, number] in self.pieces.entries::<4>(root.actions)? {
            let mut action: ActionReport = self.piece(id, &meter)?;
            let place = self.number(id, place)?;
            let (mends, of) = match kind {
                0 => (FindingId::Check(place), report.checks.len()),
                _ => (FindingId::Update(place), report.updates.len()),
            };
            if place as usize >= of {
                return Err(self.pieces.damaged(id, "the finding that it mends is not there"));
            }
            action.mends = mends;
            if let (Operation::InstallUpdate(install), 1..) = (&mut action.operation, number) {
                install.update = self.number(id, number - 1)?;
            }
            report.actions.push(action);
        }
        Ok(report)
    }

    fn piece<T: DeserializeOwned>(&mut self, id: i64, meter: &Meter<'_>) -> Result<T, HistoryError> {
        let bytes = self.pieces.get(id)?;
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| self.pieces.damaged(id, "the report exceeds the limit for one machine"))?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        Metered::new(PhantomData::<T>, meter)
            .deserialize(&mut json)
            .and_then(|value| json.end().map(|()| value))
            .map_err(|error| self.pieces.damaged(id, error))
    }

    fn number(&self, id: i64, number: i64) -> Result<u32, HistoryError> {
        u32::try_from(number).map_err(|_| self.pieces.damaged(id, "a number is out of range"))
    }
}
