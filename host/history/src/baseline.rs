//! The problems that a machine is known to have, so that a scan can report only new ones.

use std::collections::HashMap;

use wardline_contract::FindingId;
use wardline_report::{FailOn, OverallGrade, TargetReport, update_grade};

use crate::database::Value;
use crate::error::HistoryError;
use crate::finding::{FindingKey, State};
use crate::findings::Findings;
use crate::history::History;
use crate::tree::storable;

/// The problems of a machine in an earlier scan, each with its level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownProblems(HashMap<FindingKey, FailOn>);

impl History {
    /// Returns the problems that a machine had in the last scan in which it could be opened: the machine of this name and location,
    /// else the one of this name. Returns none if there is no such scan.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn known_problems(&self, name: &str, location: &str) -> Result<KnownProblems, HistoryError> {
        self.db.snapshot(|| {
            let report = self.db.rows(
                "SELECT result.report FROM machine
                 JOIN result ON result.machine = machine.id
                 JOIN scan ON scan.id = result.scan
                 WHERE machine.name = ?1 AND result.opened <> 0 AND scan.ended IS NOT NULL
                 ORDER BY machine.location = ?2 DESC, result.scan DESC LIMIT 1",
                &[Value::Text(&storable(name)), Value::Text(&storable(location))],
                |row| row.number(0),
            )?;
            let mut known = KnownProblems::default();
            for report in report {
                for finding in Findings::new(&self.db).all(report)? {
                    if let Some(level) = finding.state.level() {
                        known.add(finding.key.clone(), level);
                    }
                }
            }
            Ok(known)
        })
    }
}

impl KnownProblems {
    fn add(&mut self, key: FindingKey, level: FailOn) {
        let known = self.0.entry(key).or_insert(level);
        *known = level.max(*known);
    }

    /// Whether a problem was there before, and was at least as severe. False for anything but a problem.
    fn has(&self, key: &FindingKey, state: &State) -> bool {
        state.level().is_some_and(|level| self.0.get(key).is_some_and(|known| *known >= level))
    }

    /// Removes the problems that were there before from a report, with the actions that mend them, and grades the machine by the
    /// rest. Whatever could not be scanned stays in the report. Returns the number of findings removed.
    pub fn remove_from(&self, report: &mut TargetReport) -> usize {
        let before = report.checks.len() + report.updates.len();
        let checks = new_places(report.checks.iter().map(|check| !self.has(&check.into(), &check.into())));
        let updates = new_places(report.updates.iter().map(|update| !self.has(&update.into(), &update.into())));
        let places = |places: &[Option<u32>], place: u32| places.get(place as usize).copied().flatten();
        report.actions.retain_mut(|action| {
            let mends = match action.mends {
                FindingId::Check(place) => places(&checks, place).map(FindingId::Check),
                FindingId::Update(place) => places(&updates, place).map(FindingId::Update),
            };
            mends.map(|mends| action.mends = mends).is_some()
        });
        let mut keep = checks.iter().map(Option::is_some);
        report.checks.retain(|_| keep.next().unwrap_or(true));
        let mut keep = updates.iter().map(Option::is_some);
        report.updates.retain(|_| keep.next().unwrap_or(true));
        let removed = before - report.checks.len() - report.updates.len();
        if removed > 0 {
            report.grade = grade(report);
        }
        removed
    }
}

/// Returns the places of the entries that are kept, `None` for the others.
fn new_places(kept: impl Iterator<Item = bool>) -> Vec<Option<u32>> {
    let mut next = 0..;
    kept.map(|keep| if keep { next.next() } else { None }).collect()
}

/// Grades what is left of a report. A machine all of whose findings were there before has nothing new to complain of.
fn grade(report: &TargetReport) -> OverallGrade {
    let checks = report.checks.iter().map(|check| check.grade);
    let updates = report.updates.iter().map(|update| update_grade(update.status, update.severity));
    let all_known = report.checks.is_empty() && report.updates.is_empty() && report.complete;
    match all_known {
        true => OverallGrade::StrongSecurity,
        false => OverallGrade::worst(checks.chain(updates), report.complete),
    }
}
