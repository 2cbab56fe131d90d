//! What was found against what must be.

use std::fmt;

use super::{Expected, ExpectedCheck, ExpectedUpdate, Kind};
use crate::contract::{Assessment, CheckFinding, Grade, Question, Update, UpdateFinding, UpdateStatus};
use crate::evidence::scopes::Scopes;
use crate::report::Escaped;
use crate::sandbox::{Examination, Outcome};

/// One thing that is not as it must be. Shown on one line or several, safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The plugin did not get to its end.
    Ended {
        outcome: Outcome,
        detail: String,
    },
    /// It asked what it does not declare.
    Denied(Question),
    /// A good case in which something needs attention.
    NotGood {
        what: String,
    },
    /// A bad case in which nothing does.
    NotBad,
    /// Expected, and nothing was found about it.
    NotFound {
        what: String,
    },
    /// Found, not expected, and in need of attention.
    NotExpected {
        what: String,
        summary: String,
    },
    Field {
        what: String,
        field: &'static str,
        expected: String,
        found: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Ended { outcome, detail } => {
                write!(formatter, "the plugin ended as {}: {}", outcome.word(), Escaped(detail))
            }
            Difference::Denied(question) => write!(
                formatter,
                "asked {}, which it does not declare: add it to the description's scopes",
                Escaped(&shown(question))
            ),
            Difference::NotGood { what } => {
                write!(formatter, "{}: nothing may need attention in a good case", Escaped(what))
            }
            Difference::NotBad => write!(formatter, "nothing was found that needs attention, as it must in a bad case"),
            Difference::NotFound { what } => write!(formatter, "{}: expected, and nothing was found", Escaped(what)),
            Difference::NotExpected { what, summary } => {
                write!(formatter, "{}: found, and not expected: {}", Escaped(what), Escaped(summary))
            }
            Difference::Field { what, field, expected, found } => write!(
                formatter,
                "{}: {field}\n    expected  {}\n    found     {}",
                Escaped(what),
                Escaped(expected),
                Escaped(found)
            ),
        }
    }
}

/// What must hold in every case of a kind, whatever is expected.
pub(super) fn with_kind(kind: Kind, examination: &Examination, scopes: &Scopes) -> Vec<Difference> {
    if examination.outcome != Outcome::Ok {
        let detail = examination.detail.clone().unwrap_or_default();
        return vec![Difference::Ended { outcome: examination.outcome, detail }];
    }
    let mut differences: Vec<Difference> = Vec::new();
    for (question, _) in &examination.exchanges {
        let denied = Difference::Denied(question.clone());
        if scopes.check(question).is_err() && !differences.contains(&denied) {
            differences.push(denied);
        }
    }
    let Assessment { checks, updates, .. } = &examination.assessment;
    let graded = checks.iter().filter(|finding| needs_attention(finding.grade));
    let graded = graded.map(|finding| format!("{} is {}", check_name(finding), word(&finding.grade)));
    let judged = updates.iter().filter(|finding| calls_for_attention(finding.status));
    let judged = judged.map(|finding| format!("update {} is {}", finding.update, word(&finding.status)));
    let bad: Vec<String> = graded.chain(judged).collect();
    match kind {
        Kind::Good => differences.extend(bad.into_iter().map(|what| Difference::NotGood { what })),
        Kind::Bad if bad.is_empty() => differences.push(Difference::NotBad),
        Kind::Bad => {}
    }
    differences
}

/// Whether what is expected was found, and nothing worse beside it.
pub(super) fn with_expected(expected: &Expected, assessment: &Assessment, updates: &[Update]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut left: Vec<&CheckFinding> = assessment.checks.iter().collect();
    for wanted in &expected.checks {
        let place = left.iter().position(|found| found.check == wanted.check && found.subject == wanted.subject);
        match place.map(|place| left.remove(place)) {
            Some(found) => check(wanted, found, &mut differences),
            None => differences.push(Difference::NotFound { what: named(&wanted.check, wanted.subject.as_deref()) }),
        }
    }
    differences.extend(left.into_iter().filter(|found| needs_attention(found.grade)).map(|found| {
        Difference::NotExpected {
            what: format!("{}, {}", check_name(found), word(&found.grade)),
            summary: found.summary.clone(),
        }
    }));

    let mut left: Vec<(&UpdateFinding, &Update)> = assessment
        .updates
        .iter()
        .filter_map(|found| Some((found, updates.iter().find(|update| update.number == found.update)?)))
        .collect();
    for wanted in &expected.updates {
        match left.iter().position(|(found, update)| is_about(wanted, found, update)) {
            Some(place) => {
                let (found, update) = left.remove(place);
                if wanted.status != found.status {
                    differences.push(Difference::Field {
                        what: update_name(found, update),
                        field: "status",
                        expected: word(&wanted.status),
                        found: format!("{}: {}", word(&found.status), found.reason),
                    });
                }
            }
            None => differences.push(Difference::NotFound { what: named(&wanted.bulletin, wanted.subject.as_deref()) }),
        }
    }
    differences.extend(left.into_iter().filter(|(found, _)| calls_for_attention(found.status)).map(
        |(found, update)| Difference::NotExpected {
            what: format!("{}, {}", update_name(found, update), word(&found.status)),
            summary: found.reason.clone(),
        },
    ));
    differences
}

fn check(wanted: &ExpectedCheck, found: &CheckFinding, differences: &mut Vec<Difference>) {
    let mut compare = |field, expected: String, found_text: String| {
        if expected != found_text {
            differences.push(Difference::Field { what: check_name(found), field, expected, found: found_text });
        }
    };
    compare("grade", word(&wanted.grade), word(&found.grade));
    if let Some(summary) = &wanted.summary {
        compare("summary", summary.clone(), found.summary.clone());
    }
    if let Some(rows) = &wanted.rows {
        let cells: Vec<&Vec<String>> = found.rows.iter().map(|row| &row.cells).collect();
        compare("rows", shown(rows), shown(&cells));
    }
}

fn is_about(wanted: &ExpectedUpdate, found: &UpdateFinding, update: &Update) -> bool {
    wanted.bulletin == update.bulletin
        && wanted.article.as_ref().is_none_or(|article| *article == update.article)
        && wanted.product.as_ref().is_none_or(|product| *product == found.product)
        && (wanted.subject.is_none() || wanted.subject == found.subject)
}

/// Whether somebody has to do something about it; missing evidence included, for nobody knows.
fn needs_attention(grade: Grade) -> bool {
    match grade {
        Grade::Critical | Grade::NonCritical | Grade::BestPractice | Grade::UnableToScan | Grade::NotApproved => true,
        Grade::Passed | Grade::NotPerformed | Grade::Informational => false,
    }
}

fn calls_for_attention(status: UpdateStatus) -> bool {
    match status {
        UpdateStatus::Missing | UpdateStatus::Warning | UpdateStatus::PendingRestart | UpdateStatus::UnableToScan => {
            true
        }
        UpdateStatus::Installed | UpdateStatus::Note | UpdateStatus::Superseded | UpdateStatus::Included => false,
    }
}

fn check_name(finding: &CheckFinding) -> String {
    named(&finding.check, finding.subject.as_deref())
}

fn update_name(finding: &UpdateFinding, update: &Update) -> String {
    let name = format!("{} {} for {}", update.bulletin, update.article, finding.product);
    named(&name, finding.subject.as_deref())
}

fn named(name: &str, subject: Option<&str>) -> String {
    subject.map_or_else(|| name.to_owned(), |subject| format!("{name} ({subject})"))
}

/// A case of an enumeration in the contract's own word.
fn word(case: &impl serde::Serialize) -> String {
    shown(case).trim_matches('"').to_owned()
}

/// As it would stand in the case's files. The contract's types hold nothing that JSON cannot.
pub(super) fn shown(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
