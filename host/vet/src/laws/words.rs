//! Findings and their verdicts in words, for counter-examples.

use wardline_contract::compare::{Names, check_name};
pub(super) use wardline_contract::compare::{case_name, short};
use wardline_contract::{CheckFinding, UpdateFinding};

/// `the check guest-account about SQLEXPRESS`.
pub(super) fn check(finding: &CheckFinding) -> String {
    format!("the {}", short(&check_name(&finding.check, finding.subject.as_deref())))
}

/// `the update MS02-039 Q323875 (SQL Server 2000) about SQLEXPRESS`.
pub(super) fn update(finding: &UpdateFinding, names: &Names<'_>) -> String {
    format!("the {}", short(&names.update(finding)))
}
