//! `expected.json`: what must be found.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wardline_contract::{Assessment, Description, Grade, Update, UpdateStatus};

use super::compare::shown;
use super::folder::{CaseError, read_json};

/// The expectations of a case. A field left out of a finding is not compared; a finding that is not listed must need no
/// attention.
///
/// ```
/// # use wardline_kit::cases::Expected;
/// let expected: Expected = serde_json::from_str(r#"{
///     "checks": [
///         { "check": "remote-control", "grade": "critical" },
///         { "check": "agent-version", "grade": "passed", "summary": "The agent has version 4.2.1.0." }
///     ],
///     "updates": [ { "bulletin": "CA-2026-01", "status": "missing" } ]
/// }"#)?;
/// assert_eq!(expected.checks.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(default)]
    pub checks: Vec<ExpectedCheck>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<ExpectedUpdate>,
}

/// The finding of a check, identified by check and subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCheck {
    pub check: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub grade: Grade,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The cells of each row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Vec<String>>>,
}

/// The finding about an update, identified by bulletin, and by article, product and subject if they are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedUpdate {
    pub bulletin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub status: UpdateStatus,
}

impl Expected {
    /// Reads the file, and checks that it names only what the plugin can find.
    pub(super) fn read(file: &Path, description: &Description) -> Result<Self, CaseError> {
        let expected: Expected = read_json(file)?;
        for entry in &expected.checks {
            if !description.checks.iter().any(|check| check.id == entry.check) {
                let known: Vec<&str> = description.checks.iter().map(|check| check.id.as_str()).collect();
                return Err(CaseError::NoCheck {
                    file: file.to_owned(),
                    check: entry.check.clone(),
                    known: known.join(", "),
                });
            }
        }
        Ok(expected)
    }

    /// Everything that was found, to be expected from now on.
    pub(super) fn of(assessment: &Assessment, updates: &[Update]) -> Self {
        let checks = assessment.checks.iter().map(|finding| ExpectedCheck {
            check: finding.check.clone(),
            subject: finding.subject.clone(),
            grade: finding.grade,
            summary: Some(finding.summary.clone()),
            rows: Some(finding.rows.iter().map(|row| row.cells.clone()).collect())
                .filter(|rows: &Vec<Vec<String>>| !rows.is_empty()),
        });
        let updates = assessment.updates.iter().filter_map(|finding| {
            let update = updates.iter().find(|update| update.number == finding.update)?;
            Some(ExpectedUpdate {
                bulletin: update.bulletin.clone(),
                article: Some(update.article.clone()).filter(|article| !article.is_empty()),
                product: Some(finding.product.clone()),
                subject: finding.subject.clone(),
                status: finding.status,
            })
        });
        Expected { checks: checks.collect(), updates: updates.collect() }
    }

    /// Formats it for people and for line-based version control: one finding per line, and one row.
    pub(super) fn written(&self) -> String {
        let checks = self.checks.iter().map(|check| {
            let without_rows = shown(&ExpectedCheck { rows: None, ..check.clone() });
            match &check.rows {
                None => without_rows,
                Some(rows) => {
                    let rows: Vec<String> = rows.iter().map(|row| format!("      {}", shown(row))).collect();
                    let beginning = without_rows.trim_end_matches('}');
                    format!("{beginning},\"rows\":[\n{}\n    ]}}", rows.join(",\n"))
                }
            }
        });
        let list = |lines: Vec<String>| match lines.as_slice() {
            [] => "[]".to_owned(),
            lines => format!("[\n    {}\n  ]", lines.join(",\n    ")),
        };
        let checks = list(checks.collect());
        if self.updates.is_empty() {
            return format!("{{\n  \"checks\": {checks}\n}}\n");
        }
        format!("{{\n  \"checks\": {checks},\n  \"updates\": {}\n}}\n", list(self.updates.iter().map(shown).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(texts in proptest::collection::vec(".{0,20}", 0..6), some in proptest::bool::ANY) {
            let check = |text: &String| ExpectedCheck {
                check: text.clone(),
                subject: some.then(|| text.clone()),
                grade: Grade::NotPerformed,
                summary: Some(text.clone()),
                rows: some.then(|| vec![texts.clone(), Vec::new()]),
            };
            let update = |text: &String| ExpectedUpdate {
                bulletin: text.clone(),
                article: None,
                product: some.then(|| text.clone()),
                subject: None,
                status: UpdateStatus::PendingRestart,
            };
            let expected = Expected {
                checks: texts.iter().map(check).collect(),
                updates: texts.iter().filter(|_| some).map(update).collect(),
            };
            assert_eq!(serde_json::from_str::<Expected>(&expected.written()).unwrap(), expected);
        }
    }
}
