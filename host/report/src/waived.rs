//! Findings that the operator accepts for now: kept in the report, but out of the work that it asks for.

use std::borrow::Cow;

use wardline_contract::{FindingId, Grade, UpdateStatus};

use crate::decision::Waived;
use crate::grade::{OverallGrade, update_grade};
use crate::model::{CheckReport, TargetReport, UpdateReport};
use crate::terms::update_name;

/// A finding that is waived.
#[derive(Clone, Copy, Debug)]
pub enum WaivedFinding<'r> {
    Update(&'r UpdateReport, &'r Waived),
    Check(&'r CheckReport, &'r Waived),
}

impl<'r> WaivedFinding<'r> {
    pub fn waived(self) -> &'r Waived {
        match self {
            WaivedFinding::Update(_, waived) | WaivedFinding::Check(_, waived) => waived,
        }
    }

    /// Formats what it is called: `MS01-030 (Q300000)`, `Guest account (107)`, `Security mode (203), instance SALES`.
    pub fn name(self) -> String {
        let (mut name, subject) = match self {
            WaivedFinding::Update(update, _) => {
                (update_name(&update.bulletin, update.kb.as_ref()), update.subject.as_ref())
            }
            WaivedFinding::Check(check, _) => {
                let number = check.mbsa.map(|number| format!(" ({number})"));
                (format!("{}{}", check.title, number.unwrap_or_default()), check.subject.as_ref())
            }
        };
        if let Some(subject) = subject {
            name.push_str(&format!(", {subject}"));
        }
        name
    }
}

impl CheckReport {
    /// Whether somebody could accept its result: it failed. That something could not be scanned is not a result.
    pub fn can_be_waived(&self) -> bool {
        match self.grade {
            Grade::Critical | Grade::NonCritical | Grade::BestPractice | Grade::NotApproved => true,
            Grade::Passed | Grade::NotPerformed | Grade::UnableToScan | Grade::Informational => false,
        }
    }
}

impl UpdateReport {
    /// Whether somebody could accept its state: it is missing, waits for a restart, or asks for a review.
    pub fn can_be_waived(&self) -> bool {
        match self.status {
            UpdateStatus::Missing | UpdateStatus::PendingRestart | UpdateStatus::Warning | UpdateStatus::Note => true,
            UpdateStatus::Installed
            | UpdateStatus::Included
            | UpdateStatus::Superseded
            | UpdateStatus::UnableToScan => false,
        }
    }
}

impl TargetReport {
    /// Returns the waived findings: updates, then checks.
    pub fn waived(&self) -> impl Iterator<Item = WaivedFinding<'_>> {
        let updates = self.updates.iter();
        let updates = updates.filter_map(|update| Some(WaivedFinding::Update(update, update.waived.as_ref()?)));
        let checks = self.checks.iter();
        updates.chain(checks.filter_map(|check| Some(WaivedFinding::Check(check, check.waived.as_ref()?))))
    }

    /// Returns the report without the waived findings and the actions that mend them. The other actions refer to the findings' new
    /// places.
    pub fn without_waived(&self) -> Cow<'_, TargetReport> {
        if self.waived().next().is_none() {
            return Cow::Borrowed(self);
        }
        let mut open = self.clone();
        let checks = places_of(&self.checks, |check| check.waived.is_none());
        let updates = places_of(&self.updates, |update| update.waived.is_none());
        open.checks.retain(|check| check.waived.is_none());
        open.updates.retain(|update| update.waived.is_none());
        let new = |places: &[Option<u32>], old: u32| places.get(old as usize).copied().flatten();
        open.actions.retain_mut(|action| {
            let mends = match action.mends {
                FindingId::Check(old) => new(&checks, old).map(FindingId::Check),
                FindingId::Update(old) => new(&updates, old).map(FindingId::Update),
            };
            action.mends = mends.unwrap_or(action.mends);
            mends.is_some()
        });
        Cow::Owned(open)
    }

    /// Determines the grade again, after findings were waived or rated otherwise. A waived finding counts as advice: the risk is
    /// still there.
    pub fn grade_again(&mut self) {
        let counted = |grade, waived: &Option<Waived>| if waived.is_some() { Grade::BestPractice } else { grade };
        let checks = self.checks.iter().map(|check| counted(check.grade, &check.waived));
        let updates = self.updates.iter();
        let updates = updates.map(|update| counted(update_grade(update.status, update.severity), &update.waived));
        self.grade = OverallGrade::worst(checks.chain(updates), self.complete);
    }
}

/// Returns the place of each element once only those to be kept are left.
fn places_of<T>(all: &[T], keep: impl Fn(&T) -> bool) -> Vec<Option<u32>> {
    let mut next = 0..;
    all.iter().map(|element| if keep(element) { next.next() } else { None }).collect()
}
