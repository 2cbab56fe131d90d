//! Derives a machine's overall grade from its findings.
//!
//! MBSA's rule is "the worst grade". It does not define the grade of an incomplete scan, nor that of a missing update; the tables
//! in `docs/report.md` define both, and the tests of this module are those tables.

use serde::{Deserialize, Serialize};
use wardline_contract::{Grade, Severity, UpdateStatus};

/// A machine's overall assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OverallGrade {
    /// A critical check failed, or an update is missing that is rated critical or important, or not rated.
    SevereRisk,
    /// Something less severe failed.
    PotentialRisk,
    /// Nothing failed, but something could not be scanned, or nothing at all was judged.
    Incomplete,
    /// Nothing failed; there is advice, or an update that a person must review.
    SecurityFyi,
    /// Everything that was judged passed.
    StrongSecurity,
}

impl OverallGrade {
    /// Returns the grade in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            OverallGrade::SevereRisk => "severe risk",
            OverallGrade::PotentialRisk => "potential risk",
            OverallGrade::Incomplete => "incomplete scan",
            OverallGrade::SecurityFyi => "security FYI",
            OverallGrade::StrongSecurity => "strong security",
        }
    }

    /// Returns the worst of a machine's grades. `complete` is whether everything could be scanned.
    ///
    /// Findings take precedence over gaps: a severe risk remains one no matter how much could not be read. But gaps take precedence
    /// over every grade that says that nothing failed, because that is not known.
    pub fn worst(grades: impl IntoIterator<Item = Grade>, complete: bool) -> OverallGrade {
        let unscanned = if complete { None } else { Some(OverallGrade::Incomplete) };
        grades.into_iter().filter_map(OverallGrade::of).chain(unscanned).min().unwrap_or(OverallGrade::Incomplete)
    }

    /// Returns the overall grade implied by one finding alone, or `None` if it says nothing good or bad.
    fn of(grade: Grade) -> Option<OverallGrade> {
        match grade {
            Grade::Critical => Some(OverallGrade::SevereRisk),
            Grade::NonCritical => Some(OverallGrade::PotentialRisk),
            Grade::BestPractice => Some(OverallGrade::SecurityFyi),
            Grade::Passed => Some(OverallGrade::StrongSecurity),
            Grade::UnableToScan => Some(OverallGrade::Incomplete),
            Grade::NotPerformed | Grade::Informational | Grade::NotApproved => None,
        }
    }
}

/// Returns the grade of a missing update of this severity. An unrated update counts as critical, as in MBSA, which had no ratings.
pub fn severity_grade(severity: Severity) -> Grade {
    match severity {
        Severity::Critical | Severity::Important | Severity::Unrated => Grade::Critical,
        Severity::Moderate => Grade::NonCritical,
        Severity::Low => Grade::BestPractice,
    }
}

/// Returns the grade of an update's status.
pub fn update_grade(status: UpdateStatus, severity: Severity) -> Grade {
    match status {
        UpdateStatus::Missing => severity_grade(severity),
        // The old code runs until then, but the machine needs no more than a restart.
        UpdateStatus::PendingRestart => Grade::NonCritical,
        UpdateStatus::Note | UpdateStatus::Warning => Grade::BestPractice,
        UpdateStatus::Installed | UpdateStatus::Included => Grade::Passed,
        // The superseding update is judged instead.
        UpdateStatus::Superseded => Grade::Informational,
        UpdateStatus::UnableToScan => Grade::UnableToScan,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overall_grade_is_the_worst_and_incomplete_hides_no_risk() {
        use Grade::*;
        use OverallGrade::*;
        let table: &[(&[Grade], bool, OverallGrade)] = &[
            (&[Passed], true, StrongSecurity),
            (&[Passed, Grade::Informational, NotPerformed, NotApproved], true, StrongSecurity),
            (&[Passed, BestPractice], true, SecurityFyi),
            (&[BestPractice, NonCritical, Passed], true, PotentialRisk),
            (&[NonCritical, Critical, BestPractice], true, SevereRisk),
            (&[Passed, UnableToScan], false, Incomplete),
            (&[BestPractice, UnableToScan], false, Incomplete),
            (&[NonCritical, UnableToScan], false, PotentialRisk),
            (&[Critical, UnableToScan], false, SevereRisk),
            (&[Passed], false, Incomplete),
            (&[Critical], false, SevereRisk),
            (&[], true, Incomplete),
            (&[NotPerformed], true, Incomplete),
            (&[], false, Incomplete),
        ];
        for (grades, complete, expected) in table {
            let grade = OverallGrade::worst(grades.iter().copied(), *complete);
            assert_eq!(grade, *expected, "{grades:?}, complete: {complete}");
        }
    }

    #[test]
    fn an_update_weighs_as_its_severity_only_while_it_is_missing() {
        let table = [
            (UpdateStatus::Missing, Severity::Critical, Grade::Critical),
            (UpdateStatus::Missing, Severity::Important, Grade::Critical),
            (UpdateStatus::Missing, Severity::Unrated, Grade::Critical),
            (UpdateStatus::Missing, Severity::Moderate, Grade::NonCritical),
            (UpdateStatus::Missing, Severity::Low, Grade::BestPractice),
            (UpdateStatus::PendingRestart, Severity::Critical, Grade::NonCritical),
            (UpdateStatus::Note, Severity::Critical, Grade::BestPractice),
            (UpdateStatus::Warning, Severity::Critical, Grade::BestPractice),
            (UpdateStatus::Installed, Severity::Critical, Grade::Passed),
            (UpdateStatus::Included, Severity::Critical, Grade::Passed),
            (UpdateStatus::Superseded, Severity::Critical, Grade::Informational),
            (UpdateStatus::UnableToScan, Severity::Low, Grade::UnableToScan),
        ];
        for (status, severity, expected) in table {
            assert_eq!(update_grade(status, severity), expected, "{status:?} {severity:?}");
        }
    }
}
