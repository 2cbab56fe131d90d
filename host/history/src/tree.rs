//! A machine's report as a tree of pieces.
//!
//! The root has four rows: the report without its lists, then the lists of checks, updates and actions (0 for an empty one). A list
//! has the row of each entry, and what of the entry depends on the scan rather than on the machine: the numbers of updates, and the
//! places of the findings that actions mend. So an entry is the same piece on every machine and in every scan in which it is the
//! same finding. Roots and lists are LEB128 numbers, everything else is JSON.

use std::marker::PhantomData;
use std::sync::Arc;

use rusqlite::Connection;
use serde::de::{DeserializeOwned, DeserializeSeed as _};
use wardline_contract::{FindingId, Operation, UpdateStatus};
use wardline_evidence::budget::{Budget, DEFAULT_TARGET_MEMORY};
use wardline_evidence::metered::{Meter, Metered};
use wardline_report::{ActionReport, TargetReport, UpdateReport};

use crate::error::HistoryError;
use crate::limits::MOST_OF_A_PART;
use crate::part::{Blob, Remembered};
use crate::scans::Totals;
use crate::store::History;

/// The maximum size in bytes of a root or list; 10,000 updates take some 70,000.
const MOST_OF_A_LIST: usize = 8 << 20;

/// A machine's report, ready to be stored: encoded and digested, which workers can do in parallel.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) opened: bool,
    pub(crate) totals: Totals,
    missing: Vec<u32>,
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
            name: report.name.clone(),
            location: report.source.location.clone(),
            opened: report.source.kind.is_some(),
            totals: Totals::of(report),
            missing: missing.map(|update| update.number).collect(),
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
        let updates = self.updates.iter().map(|(blob, _)| blob);
        let actions = self.actions.iter().map(|(blob, ..)| blob);
        self.checks.iter().chain(updates).chain(actions).chain([&self.rest]).map(|blob| blob.bytes.len()).sum()
    }

    /// Stores the pieces that are not there. Returns the row of the root.
    pub(crate) fn store(&self, db: &Connection, remembered: &mut Remembered) -> rusqlite::Result<i64> {
        let mut checks = Numbers::default();
        for blob in &self.checks {
            checks.push(remembered.store(db, blob)?);
        }
        let mut updates = Numbers::default();
        for (blob, number) in &self.updates {
            updates.push(remembered.store(db, blob)?);
            updates.push(i64::from(*number));
        }
        let mut actions = Numbers::default();
        for (blob, mends, number) in &self.actions {
            actions.push(remembered.store(db, blob)?);
            let (kind, place) = match mends {
                FindingId::Check(place) => (0, *place),
                FindingId::Update(place) => (1, *place),
            };
            actions.push(kind);
            actions.push(i64::from(place));
            actions.push(number.map_or(0, |number| i64::from(number) + 1));
        }
        let mut root = Numbers::default();
        root.push(remembered.store(db, &self.rest)?);
        for list in [checks, updates, actions] {
            root.push(if list.0.is_empty() { 0 } else { remembered.store(db, &Blob::new(list.0))? });
        }
        remembered.store(db, &Blob::new(root.0))
    }
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
    /// Returns the rows that the root names.
    pub(crate) fn rows(self) -> [i64; 4] {
        [self.rest, self.checks, self.updates, self.actions]
    }
}

impl History {
    pub(crate) fn root(&self, id: i64) -> Result<Root, HistoryError> {
        match self.numbers(id)?.as_slice() {
            [rest, checks, updates, actions] => {
                Ok(Root { rest: *rest, checks: *checks, updates: *updates, actions: *actions })
            }
            _ => Err(HistoryError::damaged(self.file(), format!("part {id}: not the root of a report"))),
        }
    }

    /// Returns the rows of the checks in a list.
    pub(crate) fn check_rows(&self, list: i64) -> Result<Vec<i64>, HistoryError> {
        self.numbers(list)
    }

    /// Returns the rows of the updates in a list.
    pub(crate) fn update_rows(&self, list: i64) -> Result<Vec<i64>, HistoryError> {
        Ok(self.entries::<2>(list)?.iter().map(|[id, _]| *id).collect())
    }

    /// Returns the rows of the entries of a report's lists.
    pub(crate) fn entry_rows(&self, root: Root) -> Result<Vec<i64>, HistoryError> {
        let mut rows = self.check_rows(root.checks)?;
        rows.extend(self.update_rows(root.updates)?);
        rows.extend(self.entries::<4>(root.actions)?.iter().map(|[id, ..]| *id));
        Ok(rows)
    }

    /// Reads a machine's report.
    pub(crate) fn report(&self, id: i64) -> Result<TargetReport, HistoryError> {
        let root = self.root(id)?;
        let reader = Reader { history: self, budget: Budget::new(DEFAULT_TARGET_MEMORY), left: MOST_OF_A_PART };
        reader.read(root)
    }

    /// Reads a machine's report without its checks, updates and actions.
    pub(crate) fn report_without_lists(&self, id: i64) -> Result<TargetReport, HistoryError> {
        let root = self.root(id)?;
        let reader = Reader { history: self, budget: Budget::new(DEFAULT_TARGET_MEMORY), left: MOST_OF_A_PART };
        reader.read(Root { checks: 0, updates: 0, actions: 0, ..root })
    }

    fn numbers(&self, list: i64) -> Result<Vec<i64>, HistoryError> {
        match list {
            0 => Ok(Vec::new()),
            _ => numbers(&self.part(list)?)
                .ok_or_else(|| HistoryError::damaged(self.file(), format!("part {list}: not a list"))),
        }
    }

    fn entries<const N: usize>(&self, list: i64) -> Result<Vec<[i64; N]>, HistoryError> {
        let numbers = self.numbers(list)?;
        let (entries, rest) = numbers.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(HistoryError::damaged(self.file(), format!("part {list}: the list is cut off")));
        }
        Ok(entries.to_vec())
    }
}

/// Reads the pieces of one report, within the limits for one target: few pieces can be named very often.
struct Reader<'h> {
    history: &'h History,
    budget: Arc<Budget>,
    left: u64,
}

impl Reader<'_> {
    fn read(mut self, root: Root) -> Result<TargetReport, HistoryError> {
        let meter_budget = Arc::clone(&self.budget);
        let meter = Meter::new(&meter_budget);
        let mut report: TargetReport = self.piece(root.rest, &meter)?;
        for id in self.history.check_rows(root.checks)? {
            report.checks.push(self.piece(id, &meter)?);
        }
        for [id, number] in self.history.entries::<2>(root.updates)? {
            let mut update: UpdateReport = self.piece(id, &meter)?;
            update.number = self.number(id, number)?;
            report.updates.push(update);
        }
        for [id, kind, place, number] in self.history.entries::<4>(root.actions)? {
            let mut action: ActionReport = self.piece(id, &meter)?;
            let place = self.number(id, place)?;
            let (mends, of) = match kind {
                0 => (FindingId::Check(place), report.checks.len()),
                _ => (FindingId::Update(place), report.updates.len()),
            };
            if place as usize >= of {
                return Err(self.damaged(id, "the finding that it mends is not there"));
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
        let bytes = self.history.part(id)?;
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| self.damaged(id, "the report exceeds the limit for one machine"))?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        Metered::new(PhantomData::<T>, meter)
            .deserialize(&mut json)
            .and_then(|value| json.end().map(|()| value))
            .map_err(|error| self.damaged(id, &error.to_string()))
    }

    fn number(&self, id: i64, number: i64) -> Result<u32, HistoryError> {
        u32::try_from(number).map_err(|_| self.damaged(id, "a number is out of range"))
    }

    fn damaged(&self, id: i64, detail: &str) -> HistoryError {
        HistoryError::damaged(self.history.file(), format!("part {id}: {detail}"))
    }
}

/// Numbers in LEB128, seven bits a byte, the lowest first.
#[derive(Debug, Default)]
struct Numbers(Vec<u8>);

impl Numbers {
    /// Appends a number, which is not negative.
    fn push(&mut self, number: i64) {
        let mut rest = number.unsigned_abs();
        loop {
            let low = (rest & 0x7f) as u8;
            rest >>= 7;
            if rest == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }
}

/// Returns `None` if the bytes are too many or cut off, or a number exceeds 63 bits.
fn numbers(bytes: &[u8]) -> Option<Vec<i64>> {
    if bytes.len() > MOST_OF_A_LIST {
        return None;
    }
    let mut numbers = Vec::with_capacity(bytes.len() / 2);
    let (mut number, mut shift) = (0_u64, 0);
    for byte in bytes {
        let low = u64::from(byte & 0x7f);
        if shift > 56 {
            return None;
        }
        number |= low << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(i64::try_from(number).ok()?);
            (number, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(written in prop::collection::vec(0..i64::MAX, 0..50)) {
            let mut bytes = Numbers::default();
            written.iter().for_each(|number| bytes.push(*number));
            prop_assert_eq!(numbers(&bytes.0), Some(written));
        }

        #[test]
        fn any_bytes_are_numbers_or_damaged(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            if let Some(numbers) = numbers(&bytes) {
                prop_assert!(numbers.iter().all(|number| *number >= 0));
            }
        }
    }

    #[test]
    fn cut_off_and_endless_numbers_are_damage() {
        for bytes in [&[0x80][..], &[1, 0xff], &[0xff; 12]] {
            assert_eq!(numbers(bytes), None, "{bytes:?}");
        }
    }
}
