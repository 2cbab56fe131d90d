//! One target in numbers, and its contribution to the work that a fleet has to do.

use wardline_contract::{Severity, UpdateStatus};

use super::counts::{CheckCounts, OverallCounts, UpdateCounts};
use super::fail_on::FailOn;
use super::share::Share;
use super::work::Work;
use crate::grade::OverallGrade;
use crate::model::{ConditionState, TargetReport, UpdatesKnown};

/// One target in numbers.
#[derive(Clone, Debug)]
pub struct Tally {
    pub name: String,
    pub grade: OverallGrade,
    pub complete: bool,
    /// Whether the target could be opened.
    pub opened: bool,
    pub error: Option<String>,
    pub checks: CheckCounts,
    pub updates: UpdateCounts,
    pub updates_known: UpdatesKnown,
    /// Whether some updates, or all, were not judged.
    pub not_judged: bool,
    /// The number of parts of the evidence that may be old or damaged.
    pub doubtful_parts: u64,
    /// Whether the machine is only known from texts.
    pub texts_only: bool,
    /// The number of questions that the operator's policy denied, each counted once per plugin.
    pub policy_denied: u64,
    /// The number of findings of each level, in the order of [`FailOn::ALL`].
    pub levels: [u64; 4],
    /// How many of the checks and of the product families were judged.
    pub judged: Share,
    /// The numbers of updates and of checks that are waived. All other numbers are without them.
    pub waived_updates: u64,
    pub waived_checks: u64,
    /// The number of missing updates of each severity, the most severe first: critical, important, moderate, low, not rated.
    pub missing: [u64; 5],
    pub(super) work: Work,
}

impl Tally {
    pub fn new(report: &TargetReport) -> Self {
        let whole = report;
        let report = &*report.without_waived();
        let mut missing = [0; 5];
        for update in report.updates.iter().filter(|update| update.status == UpdateStatus::Missing) {
            missing[severity_place(update.severity)] += 1;
        }
        let mut checks = CheckCounts::default();
        report.checks.iter().for_each(|check| *checks.of(check.grade) += 1);
        let mut updates = UpdateCounts::default();
        report.updates.iter().for_each(|update| *updates.of(update.status) += 1);
        let of_checks = report.checks.iter().filter_map(|check| FailOn::of_check(check.grade));
        let of_updates = report.updates.iter().filter_map(|update| FailOn::of_update(update.status, update.severity));
        let mut levels = [0; 4];
        of_checks.chain(of_updates).for_each(|level| levels[level as usize] += 1);
        let texts = report.source.conditions.iter().filter(|part| part.state == ConditionState::Text).count() as u64;
        Tally {
            name: report.name.clone(),
            grade: report.grade,
            complete: report.complete,
            opened: report.source.kind.is_some(),
            error: report.error.clone(),
            checks,
            updates,
            updates_known: report.updates_known(),
            not_judged: !report.all_judged(),
            doubtful_parts: report.source.conditions.iter().filter(|part| part.state.is_doubtful()).count() as u64
                - texts,
            texts_only: texts > 0,
            policy_denied: report.denied.iter().filter(|denied| denied.by_policy).count() as u64,
            levels,
            judged: Share::judged(whole),
            waived_updates: (whole.updates.len() - report.updates.len()) as u64,
            waived_checks: (whole.checks.len() - report.checks.len()) as u64,
            missing,
            work: Work::of(whole, report),
        }
    }

    /// The tally of a machine of which nothing is known.
    pub(super) fn empty() -> Self {
        Tally {
            name: String::new(),
            grade: OverallGrade::Incomplete,
            complete: false,
            opened: false,
            error: None,
            checks: CheckCounts::default(),
            updates: UpdateCounts::default(),
            updates_known: UpdatesKnown::Nothing,
            not_judged: true,
            doubtful_parts: 0,
            texts_only: false,
            policy_denied: 0,
            levels: [0; 4],
            judged: Share::default(),
            waived_updates: 0,
            waived_checks: 0,
            missing: [0; 5],
            work: Work::default(),
        }
    }

    pub(super) fn overall(&self) -> OverallCounts {
        let mut counts = OverallCounts::default();
        *counts.of(self.grade) = 1;
        counts
    }

    /// Formats the number of missing updates; if not all were judged, it is a lower bound: `3 or more`, `not judged`.
    pub fn missing_in_words(&self) -> String {
        let missing = self.updates.missing;
        match self.updates_known {
            _ if !self.opened => "-".to_owned(),
            UpdatesKnown::Nothing if missing == 0 => "not judged".to_owned(),
            UpdatesKnown::All | UpdatesKnown::NothingInstalled => missing.to_string(),
            UpdatesKnown::InPart | UpdatesKnown::Nothing => format!("{missing} or more"),
        }
    }

    /// Returns the number of checks that failed.
    pub fn failed_checks(&self) -> u64 {
        self.checks.critical + self.checks.non_critical
    }

    /// Returns the number of checks that were performed and have a result.
    pub fn performed_checks(&self) -> u64 {
        let checks = &self.checks;
        self.failed_checks() + checks.best_practice + checks.passed + checks.informational + checks.not_approved
    }

    /// Returns the number of checks and updates that could not be scanned.
    pub fn unable(&self) -> u64 {
        self.checks.unable_to_scan + self.updates.unable_to_scan
    }
}

/// Returns the position of a severity in [`Tally::missing`].
fn severity_place(severity: Severity) -> usize {
    match severity {
        Severity::Critical => 0,
        Severity::Important => 1,
        Severity::Moderate => 2,
        Severity::Low => 3,
        Severity::Unrated => 4,
    }
}
