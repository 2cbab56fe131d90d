//! Comparing what was found with what must be found.

use std::fmt;

use wardline_contract::scopes::Scopes;
use wardline_contract::{
    Assessment, CheckDescription, CheckFinding, Escaped, Examination, Grade, Outcome, Question, Update, UpdateFinding,
    UpdateStatus,
};

use super::{Expected, ExpectedCheck, ExpectedUpdate, Kind};

/// One deviation from what must be found. Displayed on one or more lines, safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The plugin did not end well.
    Ended {
        outcome: Outcome,
        detail: String,
    },
    /// It asked a question that it does not declare.
    Denied(Question),
    /// A check that is declared and has no finding.
    NotReported {
        check: String,
    },
    /// A good case in which something needs attention.
    NotGood {
        what: String,
    },
    /// A bad case in which nothing needs attention.
    NotBad,
    /// Expected, but there is no finding about it.
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
            Difference::NotReported { check } => write!(
                formatter,
                "{}: declared, and nothing was reported about it; report `not performed` where it does not apply",
                Escaped(check)
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

/// The requirements of every case of a kind, independent of its expectations.
pub(super) fn with_kind(
    kind: Kind,
    examination: &Examination,
    declared: &[CheckDescription],
    scopes: &Scopes,
) -> Vec<Difference> {
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
    let silent = declared.iter().filter(|check| checks.iter().all(|finding| finding.check != check.id));
    differences.extend(silent.map(|check| Difference::NotReported { check: check.id.clone() }));
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

/// Checks that everything expected was found, and nothing else that needs attention.
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

/// Whether someone has to act on it. Includes missing evidence, because the result is then unknown.
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

/// The contract's own word for a case of an enumeration.
fn word(case: &impl serde::Serialize) -> String {
    shown(case).trim_matches('"').to_owned()
}

/// The JSON form in the case's files. The contract's types hold nothing that JSON cannot represent.
pub(super) fn shown(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::Severity;

    fn finding(check: &str, subject: Option<&str>, grade: Grade) -> CheckFinding {
        CheckFinding {
            check: check.into(),
            subject: subject.map(str::to_owned),
            grade,
            summary: "It is so.".into(),
            rows: vec![],
            evidence: vec![],
        }
    }

    fn judged(update: u32, product: &str, status: UpdateStatus) -> UpdateFinding {
        UpdateFinding {
            update,
            product: product.into(),
            subject: None,
            status,
            reason: "For a reason.".into(),
            tests: vec![],
            superseded_by: None,
        }
    }

    fn update(number: u32, bulletin: &str, article: &str) -> Update {
        Update {
            number,
            bulletin: bulletin.into(),
            article: article.into(),
            title: String::new(),
            package: String::new(),
            url: None,
            posted: None,
            severity: Severity::Unrated,
            cves: vec![],
            restart: false,
            applies_to: vec![],
            files: vec![],
            registry: vec![],
            superseded_by: vec![],
            notes: vec![],
            language: None,
        }
    }

    fn assessment(checks: Vec<CheckFinding>, updates: Vec<UpdateFinding>) -> Assessment {
        Assessment { products: vec![], checks, updates }
    }

    fn told(expected: &str, assessment: &Assessment, updates: &[Update]) -> Vec<String> {
        let expected = serde_json::from_str(expected).unwrap();
        with_expected(&expected, assessment, updates).iter().map(Difference::to_string).collect()
    }

    #[test]
    fn every_grade_and_status_needs_attention_or_does_not() {
        use Grade::*;
        let bad = [Critical, NonCritical, BestPractice, UnableToScan, NotApproved];
        for grade in
            [Critical, NonCritical, BestPractice, Passed, NotPerformed, UnableToScan, Informational, NotApproved]
        {
            let found = assessment(vec![finding("a", None, grade)], vec![]);
            assert_eq!(told("{}", &found, &[]).len(), usize::from(bad.contains(&grade)), "{grade:?}");
        }
        use UpdateStatus as Status;
        let bad = [Status::Missing, Status::Warning, Status::PendingRestart, Status::UnableToScan];
        for status in [
            Status::Missing,
            Status::Installed,
            Status::Note,
            Status::Warning,
            Status::Superseded,
            Status::Included,
            Status::PendingRestart,
            Status::UnableToScan,
        ] {
            let found = assessment(vec![], vec![judged(1, "P", status)]);
            let count = told("{}", &found, &[update(1, "B", "Q1")]).len();
            assert_eq!(count, usize::from(bad.contains(&status)), "{status:?}");
        }
    }

    #[test]
    fn findings_are_found_again_by_check_and_subject() {
        let found = assessment(
            vec![finding("a", Some("one"), Grade::Passed), finding("a", Some("two"), Grade::Critical)],
            vec![],
        );
        for (expected, differences) in [
            (r#"{"checks":[{"check":"a","subject":"two","grade":"critical"}]}"#, vec![]),
            (
                r#"{"checks":[{"check":"a","subject":"one","grade":"critical"},{"check":"a","subject":"two","grade":"critical"}]}"#,
                vec!["a (one): grade\n    expected  critical\n    found     passed"],
            ),
            (
                r#"{"checks":[{"check":"a","grade":"critical"}]}"#,
                vec!["a: expected, and nothing was found", "a (two), critical: found, and not expected: It is so."],
            ),
            (
                r#"{"checks":[{"check":"a","subject":"two","grade":"critical","summary":"It is not."}]}"#,
                vec!["a (two): summary\n    expected  It is not.\n    found     It is so."],
            ),
        ] {
            assert_eq!(told(expected, &found, &[]), differences, "{expected}");
        }
    }

    #[test]
    fn updates_are_found_again_by_what_is_given_of_them() {
        let updates = [update(1, "EX-1", "Q1"), update(2, "EX-1", "Q2")];
        let found = assessment(
            vec![],
            vec![
                judged(1, "Windows", UpdateStatus::Installed),
                judged(2, "Windows", UpdateStatus::Missing),
                judged(2, "Office", UpdateStatus::Missing),
            ],
        );
        let both = r#"{"bulletin":"EX-1","article":"Q2","product":"Windows","status":"missing"},
                      {"bulletin":"EX-1","article":"Q2","product":"Office","status":"missing"}"#;
        for (entries, differences) in [
            (both.to_owned(), vec![]),
            (format!(r#"{both},{{"bulletin":"EX-1","status":"installed"}}"#), vec![]),
            (
                format!(r#"{both},{{"bulletin":"EX-1","article":"Q1","status":"missing"}}"#),
                vec!["EX-1 Q1 for Windows: status\n    expected  missing\n    found     installed: For a reason."],
            ),
            (
                format!(r#"{both},{{"bulletin":"EX-2","status":"missing"}}"#),
                vec!["EX-2: expected, and nothing was found"],
            ),
            (
                r#"{"bulletin":"EX-1","article":"Q2","product":"Windows","status":"missing"}"#.to_owned(),
                vec!["EX-1 Q2 for Office, missing: found, and not expected: For a reason."],
            ),
        ] {
            assert_eq!(told(&format!(r#"{{"updates":[{entries}]}}"#), &found, &updates), differences, "{entries}");
        }
    }

    #[test]
    fn what_a_plugin_says_reaches_no_terminal_as_it_is() {
        let mut hostile = finding("a", Some("\u{1b}[2J"), Grade::Critical);
        hostile.summary = "\u{1b}]0;owned\u{7}\n\u{202e}".into();
        let found = assessment(vec![hostile], vec![]);
        let expected = r#"{"checks":[{"check":"a","subject":"\u001b[2J","grade":"passed","summary":"x"}]}"#;
        let shown = [told("{}", &found, &[]), told(expected, &found, &[])].concat().join("");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
        let ended = Difference::Ended { outcome: Outcome::Trapped, detail: "\u{1b}".into() };
        assert!(!ended.to_string().contains('\u{1b}'));
    }

    #[test]
    fn a_plugin_that_does_not_end_well_fails_every_case() {
        let scopes = Scopes::new(
            &wardline_contract::Description {
                name: "a".into(),
                version: String::new(),
                family: "a".into(),
                summary: String::new(),
                checks: vec![],
                products: vec![],
                scopes: vec![],
                settings: vec![],
            },
            &[],
        );
        let mut examination = Examination::nothing(Outcome::OutOfFuel, Some("resume".into()));
        for kind in [Kind::Good, Kind::Bad] {
            assert!(matches!(with_kind(kind, &examination, &[], &scopes).as_slice(), [Difference::Ended { .. }]));
        }
        examination.outcome = Outcome::Ok;
        assert_eq!(with_kind(Kind::Good, &examination, &[], &scopes), []);
        assert_eq!(with_kind(Kind::Bad, &examination, &[], &scopes), [Difference::NotBad]);
        let declared = CheckDescription {
            id: "door".into(),
            mbsa: None,
            title: String::new(),
            columns: vec![],
            explanation: String::new(),
        };
        let silent = Difference::NotReported { check: "door".into() };
        assert_eq!(with_kind(Kind::Good, &examination, &[declared], &scopes), [silent]);
        let asked = (Question::Accounts, wardline_contract::Answer::Denied(String::new()));
        examination.exchanges = vec![asked.clone(), asked];
        assert_eq!(with_kind(Kind::Good, &examination, &[], &scopes), [Difference::Denied(Question::Accounts)]);
    }
}
