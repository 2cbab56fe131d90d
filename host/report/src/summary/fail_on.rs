//! How severe a finding has to be for a scan to fail.

use wardline_contract::{Grade, Severity, UpdateStatus};

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

    /// Returns the level of a check, or `None` if it has not failed.
    pub fn of_check(grade: Grade) -> Option<FailOn> {
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
    pub fn of_update(status: UpdateStatus, severity: Severity) -> Option<FailOn> {
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
