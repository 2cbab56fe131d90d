//! Loads the findings of machines, and compares those of two scans of one machine.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::compare::ChangeKind;
use crate::error::HistoryError;
use crate::finding::{Class, Finding, FindingKey};
use crate::store::History;

/// The number of findings kept in memory: most are the same on many machines.
const MOST_KEPT: usize = 200_000;

/// Reads findings, each only once as long as there is room.
pub(crate) struct Findings<'h> {
    history: &'h History,
    kept: HashMap<i64, Rc<Finding>>,
}

/// A finding, and the row of its piece.
pub(crate) type Placed = (i64, Rc<Finding>);

/// A finding whose state is not what it was.
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) before: Option<Placed>,
    pub(crate) after: Option<Placed>,
}

type Read = fn(&[u8]) -> serde_json::Result<Finding>;

impl<'h> Findings<'h> {
    pub(crate) fn new(history: &'h History) -> Self {
        Findings { history, kept: HashMap::new() }
    }

    /// Returns all findings of the report whose root is at a row.
    pub(crate) fn all(&mut self, report: i64) -> Result<Vec<Rc<Finding>>, HistoryError> {
        let root = self.history.root(report)?;
        let mut all = Vec::new();
        for row in self.history.check_rows(root.checks)? {
            all.push(self.finding(row, Finding::check_from)?);
        }
        for row in self.history.update_rows(root.updates)? {
            all.push(self.finding(row, Finding::update_from)?);
        }
        Ok(all)
    }

    /// Counts the problems of a report.
    pub(crate) fn problems(&mut self, report: i64) -> Result<u64, HistoryError> {
        let all = self.all(report)?;
        Ok(all.iter().filter(|finding| finding.state.class() == Class::Problem).count() as u64)
    }

    /// Adds the updates that a report shows as installed.
    pub(crate) fn installed(&mut self, report: i64, to: &mut HashSet<FindingKey>) -> Result<(), HistoryError> {
        let root = self.history.root(report)?;
        for row in self.history.update_rows(root.updates)? {
            let finding = self.finding(row, Finding::update_from)?;
            if finding.state.class() == Class::Fine {
                to.insert(finding.key.clone());
            }
        }
        Ok(())
    }

    /// Compares two reports of a machine. `installed` has the updates that were installed between them: they have returned if they
    /// are missing now, even if they were missing before.
    pub(crate) fn compare(
        &mut self,
        before: i64,
        after: i64,
        installed: &HashSet<FindingKey>,
    ) -> Result<Vec<Change>, HistoryError> {
        let mut changes = Vec::new();
        if before == after && installed.is_empty() {
            return Ok(changes);
        }
        let (old, new) = (self.history.root(before)?, self.history.root(after)?);
        if old.checks != new.checks {
            let (old, new) = (self.history.check_rows(old.checks)?, self.history.check_rows(new.checks)?);
            self.compare_lists(old, new, Finding::check_from, &mut changes)?;
        }
        if old.updates != new.updates {
            let (old, new) = (self.history.update_rows(old.updates)?, self.history.update_rows(new.updates)?);
            self.compare_lists(old, new, Finding::update_from, &mut changes)?;
        }
        if !installed.is_empty() {
            for row in self.history.update_rows(new.updates)? {
                let finding = self.finding(row, Finding::update_from)?;
                if finding.state.is_missing() && installed.contains(&finding.key) {
                    returned(&mut changes, (row, finding));
                }
            }
        }
        Ok(changes)
    }

    fn compare_lists(
        &mut self,
        mut old: Vec<i64>,
        mut new: Vec<i64>,
        read: Read,
        changes: &mut Vec<Change>,
    ) -> Result<(), HistoryError> {
        old.sort_unstable();
        new.sort_unstable();
        let mut before: HashMap<FindingKey, Vec<Placed>> = HashMap::new();
        for row in only_in_first(&old, &new) {
            let finding = self.finding(row, read)?;
            before.entry(finding.key.clone()).or_default().push((row, finding));
        }
        let mut change = |before: Option<Placed>, after: Option<Placed>| {
            let state = |side: &Option<Placed>| side.as_ref().map(|(_, finding)| finding.state.clone());
            if let Some(kind) = ChangeKind::of(state(&before).as_ref(), state(&after).as_ref()) {
                changes.push(Change { kind, before, after });
            }
        };
        for row in only_in_first(&new, &old) {
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
        let finding = read(&self.history.part(row)?)
            .map_err(|error| HistoryError::damaged(self.history.file(), format!("part {row}: {error}")))?;
        if self.kept.len() >= MOST_KEPT {
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
