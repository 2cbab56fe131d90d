//! Findings and their verdicts in words, for counter-examples.

use serde::Serialize;
use wardline_contract::{CheckFinding, UpdateFinding};

/// The maximum number of characters of a plugin's or target's text repeated in a counter-example's sentence.
const LONGEST: usize = 200;

/// The contract's own name for a case of an enumeration: `not-performed`.
pub(super) fn case_name(case: &impl Serialize) -> String {
    let value = serde_json::to_value(case).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `the check guest-account of SQLEXPRESS`.
pub(super) fn check(finding: &CheckFinding) -> String {
    format!("the check {}{}", short(&finding.check), subject(finding.subject.as_deref()))
}

/// `the update 17 for SQL Server 2000 of SQLEXPRESS`.
pub(super) fn update(finding: &UpdateFinding) -> String {
    format!("the update {} for {}{}", finding.update, short(&finding.product), subject(finding.subject.as_deref()))
}

fn subject(subject: Option<&str>) -> String {
    subject.map(|subject| format!(" of {}", short(subject))).unwrap_or_default()
}

pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
