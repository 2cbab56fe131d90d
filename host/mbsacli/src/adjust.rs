//! Reports without the parts that the operator does not want: `/n` and `/s`.

use wardline_contract::{FindingId, Grade, Outcome, UpdateStatus};
use wardline_report::{OverallGrade, TargetReport, update_grade};

/// The number of MBSA's checks of passwords: of local accounts, and of SQL Server's.
const PASSWORD_CHECKS: [u32; 2] = [104, 217];

/// The check that has the place of updates that could not be judged.
const UPDATES_CHECK: &str = ".security-updates";

/// The checks to leave out: `/n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    pub iis: bool,
    /// The checks of Windows and, as in MBSA, of desktop applications.
    pub os: bool,
    pub passwords: bool,
    pub sql: bool,
    pub updates: bool,
}

/// The updates to hide: `/s`. Updates that could not be scanned are not hidden: nothing is known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hide {
    #[default]
    Nothing,
    Notes,
    NotesAndWarnings,
}

impl Hide {
    /// Whether an update of this status is hidden.
    pub fn hides(self, status: UpdateStatus) -> bool {
        match status {
            UpdateStatus::Note => self >= Hide::Notes,
            UpdateStatus::Warning => self >= Hide::NotesAndWarnings,
            _ => false,
        }
    }
}

/// A change of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adjustment {
    pub skip: Skip,
    pub hide: Hide,
}

impl Adjustment {
    /// Removes from a report what is not wanted, with the actions that mend it, and grades the machine by the rest.
    pub fn apply(self, report: &mut TargetReport) {
        if self == Adjustment::default() {
            return;
        }
        let checks: Vec<bool> =
            report.checks.iter().map(|check| !self.skips(&check.id, check.mbsa, &check.family)).collect();
        let updates: Vec<bool> =
            report.updates.iter().map(|update| !self.skip.updates && !self.hide.hides(update.status)).collect();
        report.actions.retain_mut(|action| {
            let moved = match action.mends {
                FindingId::Check(place) => place_after(&checks, place).map(FindingId::Check),
                FindingId::Update(place) => place_after(&updates, place).map(FindingId::Update),
            };
            moved.map(|moved| action.mends = moved).is_some()
        });
        keep(&mut report.checks, &checks);
        keep(&mut report.updates, &updates);
        if self.skip.updates {
            report.updates_judged = Some(Vec::new());
        }
        report.complete = self.is_complete(report);
        let checks = report.checks.iter().map(|check| check.grade);
        let updates = report.updates.iter().map(|update| update_grade(update.status, update.severity));
        report.grade = OverallGrade::worst(checks.chain(updates), report.complete);
    }

    fn skips(self, id: &str, number: Option<u32>, family: &str) -> bool {
        if id.ends_with(UPDATES_CHECK) {
            return self.skip.updates;
        }
        let by_family = match family {
            "os" | "ie" | "office" | "edge" | "desktop" => self.skip.os,
            "iis" => self.skip.iis,
            "sql" => self.skip.sql,
            _ => false,
        };
        by_family || self.skip.passwords && number.is_some_and(|number| PASSWORD_CHECKS.contains(&number))
    }

    /// Whether everything that is left could be scanned.
    fn is_complete(self, report: &TargetReport) -> bool {
        report.error.is_none()
            && report.source.kind.is_some()
            && (self.skip.updates || report.all_judged())
            && !report.source.conditions.iter().any(|condition| condition.state.is_doubtful())
            && report.plugins.iter().all(|plugin| plugin.outcome == Some(Outcome::Ok))
            && report.denied.iter().all(|denied| !denied.by_policy)
            && report.checks.iter().all(|check| check.grade != Grade::UnableToScan)
            && report.updates.iter().all(|update| update.status != UpdateStatus::UnableToScan)
    }
}

/// Returns the place of an element after those that are not kept are gone; `None` if it is one of them.
fn place_after(kept: &[bool], place: u32) -> Option<u32> {
    let place = usize::try_from(place).ok()?;
    let is_kept = kept.get(place).copied()?;
    let before = kept.iter().take(place).filter(|kept| **kept).count();
    is_kept.then(|| u32::try_from(before).ok()).flatten()
}

fn keep<T>(elements: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    elements.retain(|_| kept.next().copied().unwrap_or(true));
}
