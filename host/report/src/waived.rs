//! Findings that the operator accepts for now: kept in the report, but out of the work that it asks for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use wardline_contract::{FindingId, Grade, UpdateStatus};

use crate::grade::{OverallGrade, update_grade};
use crate::model::{CheckReport, TargetReport, UpdateReport};
use crate::terms::update_name;

/// The decision to accept a finding on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waived {
    /// Where the decision is written: `waivers.toml, line 12`.
    pub source: SmolStr,
    /// Null in a list that only names updates.
    pub reason: Option<SmolStr>,
    pub owner: Option<SmolStr>,
    /// ISO date of the last day on which it is in force; null if it never expires.
    pub expires: Option<SmolStr>,
}

impl Waived {
    /// Formats the decision: `until 2027-03-31 by Ann (waivers.toml, line 12): the service is disabled`.
    pub(crate) fn in_words(&self) -> String {
        let expires = self.expires.as_deref().map(|date| format!("until {date} "));
        let owner = self.owner.as_deref().map(|owner| format!("by {owner} "));
        let reason = self.reason.as_deref().map(|reason| format!(": {reason}"));
        let [expires, owner, reason] = [expires, owner, reason].map(Option::unwrap_or_default);
        format!("{expires}{owner}({}){reason}", self.source)
    }
}

/// The rating of a finding before the operator changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Rerated{T}"))]
pub struct Rerated<T> {
    /// The catalog's severity, or the plugin's grade.
    pub from: T,
    /// Where the change is written: `ratings.toml, line 3`.
    pub source: SmolStr,
    pub reason: SmolStr,
}

impl<T: Copy> Rerated<T> {
    /// Formats the change: `critical before it was rated here (ratings.toml, line 3): only the index stops`.
    pub(crate) fn in_words(&self, word: fn(T) -> &'static str) -> String {
        format!("{} before it was rated here ({}): {}", word(self.from), self.source, self.reason)
    }
}

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
