//! A whole fleet in numbers, accumulated target by target so that no report needs to be kept.

use std::collections::HashMap;

use serde::Serialize;
use wardline_contract::products::NotCovered;
use wardline_contract::{Grade, Severity, Update, UpdateStatus};

use super::grade::OverallGrade;
use super::model::{ConditionState, TargetReport, UpdatesKnown};

/// The number of worst targets listed in [`Summary::worst`].
const WORST: usize = 20;

/// The level at which a finding makes the scan fail, in order of increasing severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailOn {
    Low,
    Moderate,
    Important,
    Critical,
}

impl FailOn {
    pub const ALL: [FailOn; 4] = [FailOn::Low, FailOn::Moderate, FailOn::Important, FailOn::Critical];

    /// Returns the level as written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            FailOn::Low => "low",
            FailOn::Moderate => "moderate",
            FailOn::Important => "important",
            FailOn::Critical => "critical",
        }
    }
}

impl FailOn {
    fn of_check(grade: Grade) -> Option<FailOn> {
        match grade {
            Grade::Critical => Some(FailOn::Critical),
            Grade::NonCritical => Some(FailOn::Moderate),
            Grade::BestPractice => Some(FailOn::Low),
            Grade::Passed | Grade::NotPerformed | Grade::UnableToScan | Grade::Informational | Grade::NotApproved => {
                None
            }
        }
    }

    /// Returns the level of an update. Only missing updates and pending restarts count: a note or a warning says that the state
    /// cannot be determined.
    fn of_update(status: UpdateStatus, severity: Severity) -> Option<FailOn> {
        match (status, severity) {
            (UpdateStatus::Missing, Severity::Critical | Severity::Unrated) => Some(FailOn::Critical),
            (UpdateStatus::Missing, Severity::Important) => Some(FailOn::Important),
            (UpdateStatus::Missing, Severity::Moderate) => Some(FailOn::Moderate),
            (UpdateStatus::Missing, Severity::Low) => Some(FailOn::Low),
            (UpdateStatus::PendingRestart, _) => Some(FailOn::Moderate),
            _ => None,
        }
    }
}

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
    /// The level of the most severe finding.
    pub gravest: Option<FailOn>,
    /// Numbers of the missing updates, without duplicates.
    missing: Vec<u32>,
}

impl Tally {
    pub fn new(report: &TargetReport) -> Self {
        let mut missing: Vec<u32> = report
            .updates
            .iter()
            .filter(|update| update.status == UpdateStatus::Missing)
            .map(|update| update.number)
            .collect();
        missing.sort_unstable();
        missing.dedup();
        let mut checks = CheckCounts::default();
        report.checks.iter().for_each(|check| *checks.of(check.grade) += 1);
        let mut updates = UpdateCounts::default();
        report.updates.iter().for_each(|update| *updates.of(update.status) += 1);
        let gravest_check = report.checks.iter().filter_map(|check| FailOn::of_check(check.grade)).max();
        let gravest_update =
            report.updates.iter().filter_map(|update| FailOn::of_update(update.status, update.severity)).max();
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
            gravest: gravest_check.max(gravest_update),
            missing,
        }
    }

    fn overall(&self) -> OverallCounts {
        let mut counts = OverallCounts::default();
        *counts.of(self.grade) = 1;
        counts
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

/// All targets in numbers.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    pub targets: u64,
    /// Targets that could be opened.
    pub scanned: u64,
    /// Targets that could not be opened.
    pub failed: u64,
    /// Targets that could not be scanned, or not completely.
    pub incomplete: u64,
    /// Targets that were opened and whose updates were not judged, or not all.
    pub updates_not_judged: u64,
    /// Targets with a part of their evidence that may be old or damaged.
    pub doubtful_evidence: u64,
    /// Plugins that were requested but could not be loaded or were refused.
    pub plugins_not_loaded: u64,
    pub grades: OverallCounts,
    pub checks: CheckCounts,
    pub updates: UpdateCounts,
    /// The updates missing on any target, those missing on the most targets first.
    pub missing: Vec<MissingUpdate>,
    pub not_covered: NotCovered,
    pub policy_denied: PolicyDenials,
    /// The worst targets, at most twenty, worst first.
    #[serde(skip)]
    pub worst: Vec<Tally>,
    #[serde(skip)]
    pub gravest: Option<FailOn>,
    #[serde(skip)]
    missing_counts: HashMap<u32, u64>,
}

impl Summary {
    pub fn new(not_covered: NotCovered) -> Self {
        Summary { not_covered, ..Summary::default() }
    }

    /// Sets the number of plugins that were requested but could not be loaded or were refused.
    #[must_use]
    pub fn without_plugins(mut self, not_loaded: u64) -> Self {
        self.plugins_not_loaded = not_loaded;
        self
    }

    pub fn add(&mut self, tally: Tally) {
        self.targets += 1;
        *if tally.opened { &mut self.scanned } else { &mut self.failed } += 1;
        self.incomplete += u64::from(!tally.complete);
        self.updates_not_judged += u64::from(tally.opened && tally.not_judged);
        self.doubtful_evidence += u64::from(tally.doubtful_parts > 0);
        self.grades.add(&tally.overall());
        self.checks.add(&tally.checks);
        self.updates.add(&tally.updates);
        self.policy_denied.questions += tally.policy_denied;
        self.policy_denied.targets += u64::from(tally.policy_denied > 0);
        self.gravest = self.gravest.max(tally.gravest);
        for number in &tally.missing {
            *self.missing_counts.entry(*number).or_default() += 1;
        }
        // After those that are equally bad, so that equals keep the order of the targets.
        let place = self.worst.partition_point(|other| badness(other) >= badness(&tally));
        if place < WORST {
            self.worst.truncate(WORST - 1);
            self.worst.insert(place, tally);
        }
    }

    /// Fills in `missing`, once all targets are added.
    pub fn finish(&mut self, updates: &[Update]) {
        let counted = updates.iter().filter_map(|update| {
            let targets = *self.missing_counts.get(&update.number)?;
            Some(MissingUpdate {
                number: update.number,
                bulletin: update.bulletin.clone(),
                kb: Some(update.article.clone()).filter(|article| !article.is_empty()),
                title: update.title.clone(),
                severity: update.severity,
                targets,
            })
        });
        self.missing = counted.collect();
        // The sort is stable: equals stay in catalog order.
        self.missing.sort_by_key(|update| std::cmp::Reverse(update.targets));
    }
}

fn badness(tally: &Tally) -> (std::cmp::Reverse<OverallGrade>, u64) {
    (std::cmp::Reverse(tally.grade), tally.updates.missing + tally.failed_checks())
}

/// Counts of questions denied by the operator's policy: whatever the answers would have shown is not in the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyDenials {
    /// Denied questions, each counted once per plugin and target.
    pub questions: u64,
    /// Targets with at least one denied question.
    pub targets: u64,
}

/// An update that is missing on some target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MissingUpdate {
    pub number: u32,
    pub bulletin: String,
    /// The article; null if the catalog has none.
    pub kb: Option<String>,
    pub title: String,
    pub severity: Severity,
    /// The number of targets it is missing on.
    pub targets: u64,
}

macro_rules! counts {
    ($(#[$about:meta])* $name:ident by $by:ident { $($field:ident: $case:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name { $(pub $field: u64,)* }

        impl $name {
            fn of(&mut self, case: $by) -> &mut u64 {
                match case { $($by::$case => &mut self.$field,)* }
            }

            fn add(&mut self, other: &$name) {
                $(self.$field += other.$field;)*
            }
        }
    };
}

counts! {
    /// The number of targets with each overall grade.
    OverallCounts by OverallGrade {
        severe_risk: SevereRisk,
        potential_risk: PotentialRisk,
        incomplete: Incomplete,
        security_fyi: SecurityFyi,
        strong_security: StrongSecurity,
    }
}

counts! {
    /// The number of checks with each grade.
    CheckCounts by Grade {
        critical: Critical,
        non_critical: NonCritical,
        best_practice: BestPractice,
        passed: Passed,
        not_performed: NotPerformed,
        unable_to_scan: UnableToScan,
        informational: Informational,
        not_approved: NotApproved,
    }
}

counts! {
    /// The number of updates with each status.
    UpdateCounts by UpdateStatus {
        missing: Missing,
        installed: Installed,
        note: Note,
        warning: Warning,
        superseded: Superseded,
        included: Included,
        pending_restart: PendingRestart,
        unable_to_scan: UnableToScan,
    }
}
