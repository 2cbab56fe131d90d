//! Loads the findings of machines, and compares those of two scans of one machine.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::compare::ChangeKind;
use crate::database::Database;
use crate::error::HistoryError;
use crate::finding::{Class, Finding, FindingKey};
use crate::part::PartReader;
use crate::tree::Root;

/// The number of findings kept in memory: most are the same on many machines.
const MAX_KEPT: usize = 200_000;

/// Reads findings, each only once as long as there is room.
pub(crate) struct Findings<'h> {
    pieces: PartReader<'h>,
    kept: HashMap<i64, Rc<Finding>>,
}

/// The reports of one machine that are compared, by their rows.
pub(crate) struct Reports {
    pub(crate) before: i64,
    pub(crate) after: i64,
    /// Other reports that it had between the two.
    pub(crate) between: Vec<i64>,
}

/// A finding, and the row of its piece.
pub(crate) type Placed = (i64, Rc<Finding>);

/// A finding whose state is not what it was.
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) before: Option<Placed>,
    pub(crate) after: Option<Placed>,
}

/// Rows that only the earlier, and only the later of two lists has.
#[derive(Default)]
struct Differing {
    before: Vec<i64>,
    after: Vec<i64>,
}

impl Differing {
    fn of(mut before: Vec<i64>, mut after: Vec<i64>) -> Differing {
        before.sort_unstable();
        after.sort_unstable();
        Differing { before: only_in_first(&before, &after), after: only_in_first(&after, &before) }
    }

    fn rows(&self) -> impl Iterator<Item = i64> {
        self.before.iter().chain(&self.after).copied()
    }
}

type Read = fn(&[u8]) -> serde_json::Result<Finding>;

impl<'h> Findings<'h> {
    pub(crate) fn new(db: &'h Database) -> Self {
        Findings { pieces: PartReader::new(db), kept: HashMap::new() }
    }

    /// Reads ahead all findings of these reports.
    pub(crate) fn load(&mut self, reports: &[i64]) -> Result<(), HistoryError> {
        let roots = self.pieces.roots(reports)?;
        self.pieces.load(roots.iter().flat_map(|root| [root.checks, root.updates]))?;
        let mut rows = Vec::new();
        for root in roots {
            rows.extend(self.pieces.check_rows(root.checks)?);
            rows.extend(self.pieces.update_rows(root.updates)?);
        }
        self.load_findings(rows)
    }

    fn load_findings(&mut self, mut rows: Vec<i64>) -> Result<(), HistoryError> {
        rows.retain(|row| !self.kept.contains_key(row));
        self.pieces.load(rows)
    }

    /// Returns all findings of a report.
    pub(crate) fn all(&mut self, report: i64) -> Result<Vec<Rc<Finding>>, HistoryError> {
        self.load(&[report])?;
        let root = self.pieces.root(report)?;
        let mut all = Vec::new();
        for row in self.pieces.check_rows(root.checks)? {
            all.push(self.finding(row, Finding::check_from)?);
        }
        for row in self.pieces.update_rows(root.updates)? {
            all.push(self.finding(row, Finding::update_from)?);
        }
        Ok(all)
    }

    /// Counts the problems of a report.
    pub(crate) fn problems(&mut self, report: i64) -> Result<u64, HistoryError> {
        let all = self.all(report)?;
        Ok(all.iter().filter(|finding| finding.state.class() == Class::Problem).count() as u64)
    }

    /// Compares the reports of machines. An update that was installed between two reports has returned if it is missing now, even
    /// if it was missing before. Returns the changes of each machine.
    pub(crate) fn compare(&mut self, machines: &[Reports]) -> Result<Vec<Vec<Change>>, HistoryError> {
        let differ = |machine: &&Reports| machine.before != machine.after || !machine.between.is_empty();
        let reports: Vec<i64> = machines
            .iter()
            .filter(differ)
            .flat_map(|machine| [machine.before, machine.after].into_iter().chain(machine.between.iter().copied()))
            .collect();
        let roots = self.pieces.roots(&reports)?;
        let lists = |root: &Root| [root.checks, root.updates];
        self.pieces.load(roots.iter().flat_map(lists))?;
        let mut all = Vec::new();
        let mut rows = Vec::new();
        for machine in machines {
            let differing = self.differing(machine)?;
            for list in &differing {
                rows.extend(list.rows());
            }
            for report in machine.between.iter().chain(Some(&machine.after).filter(|_| !machine.between.is_empty())) {
                let updates = self.pieces.root(*report)?.updates;
                rows.extend(self.pieces.update_rows(updates)?);
            }
            all.push(differing);
        }
        self.load_findings(rows)?;
        machines.iter().zip(all).map(|(machine, differing)| self.changes(machine, differing)).collect()
    }

    /// Returns the rows of checks and updates that differ.
    fn differing(&mut self, machine: &Reports) -> Result<[Differing; 2], HistoryError> {
        let mut differing = [Differing::default(), Differing::default()];
        if machine.before == machine.after {
            return Ok(differing);
        }
        let (old, new) = (self.pieces.root(machine.before)?, self.pieces.root(machine.after)?);
        let [checks, updates] = &mut differing;
        if old.checks != new.checks {
            *checks = Differing::of(self.pieces.check_rows(old.checks)?, self.pieces.check_rows(new.checks)?);
        }
        if old.updates != new.updates {
            *updates = Differing::of(self.pieces.update_rows(old.updates)?, self.pieces.update_rows(new.updates)?);
        }
        Ok(differing)
    }

    fn changes(&mut self, machine: &Reports, [checks, updates]: [Differing; 2]) -> Result<Vec<Change>, HistoryError> {
        let mut changes = Vec::new();
        self.compare_lists(checks, Finding::check_from, &mut changes)?;
        self.compare_lists(updates, Finding::update_from, &mut changes)?;
        let mut installed = HashSet::new();
        for report in &machine.between {
            self.installed(*report, &mut installed)?;
        }
        if !installed.is_empty() {
            let updates = self.pieces.root(machine.after)?.updates;
            for row in self.pieces.update_rows(updates)? {
                let finding = self.finding(row, Finding::update_from)?;
                if finding.state.is_missing() && installed.contains(&finding.key) {
                    returned(&mut changes, (row, finding));
                }
            }
        }
        Ok(changes)
    }

    /// Adds the updates that a report shows as installed.
    fn installed(&mut self, report: i64, to: &mut HashSet<FindingKey>) -> Result<(), HistoryError> {
        let updates = self.pieces.root(report)?.updates;
        for row in self.pieces.update_rows(updates)? {
            let finding = self.finding(row, Finding::update_from)?;
            if finding.state.class() == Class::Good {
                to.insert(finding.key.clone());
            }
        }
        Ok(())
    }

    fn compare_lists(&mut self, rows: Differing, read: Read, changes: &mut Vec<Change>) -> Result<(), HistoryError> {
        let mut before: HashMap<FindingKey, Vec<Placed>> = HashMap::new();
        for row in rows.before {
            let finding = self.finding(row, read)?;
            before.entry(finding.key.clone()).or_default().push((row, finding));
        }
        let mut change = |before: Option<Placed>, after: Option<Placed>| {
            let state = |side: &Option<Placed>| side.as_ref().map(|(_, finding)| finding.state.clone());
            if let Some(kind) = ChangeKind::of(state(&before).as_ref(), state(&after).as_ref()) {
                changes.push(Change { kind, before, after });
            }
        };
        for row in rows.after {
            let finding = self.finding(row, read)?;
            let partner = before.get_mut(&finding.key).and_then(Vec::pop);
            change(partner, Some((row, finding)));
        }
        let mut gone: Vec<Placed> = before.into_values().flatten().collect();
        gone.sort_unstable_by_key(|(row, _)| *row);
        gone.into_iter().for_each(|finding| change(Some(finding), None));
        Ok(())
    }

    fn finding(&mut self, row: i64, read: Read) -> Result<Rc<Finding>, HistoryError> {
        if let Some(finding) = self.kept.get(&row) {
            return Ok(Rc::clone(finding));
        }
        let bytes = self.pieces.get(row)?;
        let finding = read(&bytes).map_err(|error| self.pieces.damaged(row, error))?;
        if self.kept.len() >= MAX_KEPT {
            self.kept.clear();
        }
        let finding = Rc::new(finding);
        self.kept.insert(row, Rc::clone(&finding));
        Ok(finding)
    }
}

/// Makes an update that was installed in the meantime one that has returned.
fn returned(changes: &mut Vec<Change>, missing: Placed) {
    let known = changes.iter_mut().find(|change| {
        change.after.as_ref().is_some_and(|(row, finding)| *row == missing.0 && finding.key == missing.1.key)
    });
    match known {
        Some(change) => change.kind = ChangeKind::Returned,
        None => {
            changes.push(Change { kind: ChangeKind::Returned, before: Some(missing.clone()), after: Some(missing) })
        }
    }
}

/// Returns the numbers of the first sorted list that are not in the second one, as often as they are there more often.
fn only_in_first(first: &[i64], second: &[i64]) -> Vec<i64> {
    let mut second = second.iter().peekable();
    let mut only = Vec::new();
    for number in first {
        while second.next_if(|other| *other < number).is_some() {}
        if second.next_if_eq(&number).is_none() {
            only.push(*number);
        }
    }
    only
}

#[cfg(test)]
mod tests {
    use super::only_in_first;

    #[test]
    fn numbers_are_compared_as_often_as_they_occur() {
        assert_eq!(only_in_first(&[1, 2, 2, 3, 9], &[0, 2, 3, 4]), [1, 2, 9]);
        assert!(only_in_first(&[], &[1]).is_empty());
        assert_eq!(only_in_first(&[5], &[]), [5]);
    }
}
