//! Findings and their verdicts in words, for counter-examples.

use serde::Serialize;
use wardline_contract::compare::{Names, check_name};
use wardline_contract::{CheckFinding, UpdateFinding};

/// The maximum number of characters of a plugin's or target's text repeated in a counter-example's sentence.
const LONGEST: usize = 200;

/// The contract's own name for a case of an enumeration: `not-performed`.
pub(super) fn case_name(case: &impl Serialize) -> String {
    let value = serde_json::to_value(case).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `the check guest-account about SQLEXPRESS`.
pub(super) fn check(finding: &CheckFinding) -> String {
    format!("the {}", short(&check_name(&finding.check, finding.subject.as_deref())))
}

/// `the update MS02-039 Q323875 (SQL Server 2000) about SQLEXPRESS`.
pub(super) fn update(finding: &UpdateFinding, names: &Names<'_>) -> String {
    format!("the {}", short(&names.update(finding)))
}

pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
