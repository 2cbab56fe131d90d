//! Comparing what was found with what must be found.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize as _;
use serde_json::{Value, json};
use wardline_contract::compare::{
    self, Closeness, Entry, Names, Part, case_name, check_name, compare_entries, update_name,
};
use wardline_contract::scopes::Scopes;
use wardline_contract::{
    Assessment, CheckDescription, CheckFinding, Escaped, Examination, Grade, Outcome, Question, Update, UpdateFinding,
    UpdateStatus,
};

use super::{Expected, ExpectedUpdate, Kind};

/// One deviation from the requirements of a case. Displayed on one or more lines, safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The plugin did not end well.
    Ended { outcome: Outcome, detail: String },
    /// It asked a question that it does not declare.
    Denied(Question),
    /// It declares a check and reports no finding of it.
    NotReported { check: String },
    /// Something needs attention in a good case: `check guest-account is critical`.
    NotGood { what: String },
    /// Nothing needs attention in a bad case.
    NotBad,
    /// A finding that is expected and missing, not expected, or not as expected.
    Finding(compare::Difference),
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
                "{}: declared but not reported; report `not performed` where it does not apply",
                Escaped(&check_name(check, None))
            ),
            Difference::NotGood { what } => {
                write!(formatter, "{}; in a good case, nothing may need attention", Escaped(what))
            }
            Difference::NotBad => write!(formatter, "nothing needs attention; in a bad case, something must"),
            Difference::Finding(difference) => finding(difference, formatter),
        }
    }
}

fn finding(difference: &compare::Difference, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = Escaped(&difference.name);
    let text = |name: &str| difference.after.as_ref().and_then(|found| found.get(name)).map(word);
    let Some(found) = &difference.after else { return write!(formatter, "{name}: expected, but not found") };
    let verdict = text("grade").or_else(|| text("status")).unwrap_or_default();
    let reason = text("summary").or_else(|| text("reason")).unwrap_or_default();
    if difference.before.is_none() {
        return write!(formatter, "{name}: {verdict}, but not expected: {}", Escaped(&reason));
    }
    let fields = difference.fields().into_iter().filter_map(|field| Some((field.name, field.before?)));
    for (place, (field, expected)) in fields.enumerate() {
        let found = match field.as_str() {
            "status" => format!("{verdict}: {reason}"),
            _ => found.get(&field).map(word).unwrap_or_default(),
        };
        let line = if place > 0 { "\n" } else { "" };
        let (expected, found) = (word(expected), Escaped(&found));
        write!(formatter, "{line}{name}: {field}\n    expected  {}\n    found     {found}", Escaped(&expected))?;
    }
    Ok(())
}

/// The deviations from the requirements of every case of a kind, independent of its expectations. `updates` are those that the
/// plugin was given.
pub(super) fn with_kind(
    kind: Kind,
    examination: &Examination,
    declared: &[CheckDescription],
    updates: &[Update],
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
    let Assessment { checks, updates: judged, .. } = &examination.assessment;
    let reported: HashSet<&str> = checks.iter().map(|finding| finding.check.as_str()).collect();
    let silent = declared.iter().filter(|check| !reported.contains(check.id.as_str()));
    differences.extend(silent.map(|check| Difference::NotReported { check: check.id.clone() }));
    let graded = checks.iter().filter(|finding| needs_attention(finding.grade)).map(|finding| {
        format!("{} is {}", check_name(&finding.check, finding.subject.as_deref()), case_name(&finding.grade))
    });
    let names = Names::new(updates);
    let judged = judged.iter().filter(|finding| calls_for_attention(finding.status));
    let judged = judged.map(|finding| format!("{} is {}", names.update(finding), case_name(&finding.status)));
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
    let known: HashMap<u32, &Update> = updates.iter().map(|update| (update.number, update)).collect();
    let judged = assessment.updates.iter().filter_map(|found| Some((found, *known.get(&found.update)?)));
    let mut judged: Vec<(&UpdateFinding, &Update)> = judged.collect();
    let checks = assessment.checks.iter().map(|found| {
        let cells: Vec<&Vec<String>> = found.rows.iter().map(|row| &row.cells).collect();
        let CheckFinding { check, subject, grade, summary, .. } = found;
        let value = json!({ "check": check, "subject": subject, "grade": grade, "summary": summary, "rows": cells });
        Entry::new(Part::Check, check_name(check, subject.as_deref()), &value)
    });
    let found: Vec<Entry> = checks.chain(judged.iter().map(|(found, update)| update_entry(found, update))).collect();

    let checks = expected.checks.iter();
    let checks =
        checks.map(|wanted| Entry::new(Part::Check, check_name(&wanted.check, wanted.subject.as_deref()), wanted));
    // The parts of an update's name that an expectation leaves out are taken from the finding.
    let updates = expected.updates.iter().map(|wanted| {
        let place = judged.iter().position(|(found, update)| is_about(wanted, found, update));
        let name = place.map(|place| judged.remove(place)).map(|(found, update)| update_entry(found, update).name);
        let name = name.unwrap_or_else(|| {
            let ExpectedUpdate { bulletin, article, product, subject, .. } = wanted;
            let [article, product] = [article, product].map(|part| part.as_deref().unwrap_or_default());
            update_name(bulletin, article, product, subject.as_deref())
        });
        Entry::new(Part::Update, name, wanted)
    });
    let expected: Vec<Entry> = checks.chain(updates).collect();
    let differences = compare_entries(&expected, &found, Closeness::Partial).into_iter();
    let counts = |difference: &compare::Difference| match &difference.after {
        Some(found) if difference.before.is_none() => is_bad(found),
        _ => true,
    };
    differences.filter(counts).map(Difference::Finding).collect()
}

fn update_entry(found: &UpdateFinding, update: &Update) -> Entry {
    let Update { bulletin, article, .. } = update;
    let UpdateFinding { product, subject, status, reason, .. } = found;
    let value = json!({
        "bulletin": bulletin, "article": article, "product": product, "subject": subject, "status": status, "reason": reason
    });
    Entry::new(Part::Update, update_name(bulletin, article, product, subject.as_deref()), &value)
}

fn is_about(wanted: &ExpectedUpdate, found: &UpdateFinding, update: &Update) -> bool {
    wanted.bulletin == update.bulletin
        && wanted.article.as_ref().is_none_or(|article| *article == update.article)
        && wanted.product.as_ref().is_none_or(|product| *product == found.product)
        && (wanted.subject.is_none() || wanted.subject == found.subject)
}

/// Whether a finding's grade or status needs attention.
fn is_bad(found: &Value) -> bool {
    let grade = found.get("grade").and_then(|grade| Grade::deserialize(grade).ok());
    let status = found.get("status").and_then(|status| UpdateStatus::deserialize(status).ok());
    grade.is_some_and(needs_attention) || status.is_some_and(calls_for_attention)
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

/// A text as it is, another value in its JSON form.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The JSON form in the case's files. The contract's types hold nothing that JSON cannot represent.
pub(super) fn shown(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Update { bulletin: bulletin.into(), article: article.into(), ..Update::numbered(number) }
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
                vec!["check a about one: grade\n    expected  critical\n    found     passed"],
            ),
            (
                r#"{"checks":[{"check":"a","grade":"critical"}]}"#,
                vec!["check a: expected, but not found", "check a about two: critical, but not expected: It is so."],
            ),
            (
                r#"{"checks":[{"check":"a","subject":"two","grade":"critical","summary":"It is not."}]}"#,
                vec!["check a about two: summary\n    expected  It is not.\n    found     It is so."],
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
                vec!["update EX-1 Q1 (Windows): status\n    expected  missing\n    found     installed: For a reason."],
            ),
            (
                format!(r#"{both},{{"bulletin":"EX-2","status":"missing"}}"#),
                vec!["update EX-2: expected, but not found"],
            ),
            (
                r#"{"bulletin":"EX-1","article":"Q2","product":"Windows","status":"missing"}"#.to_owned(),
                vec!["update EX-1 Q2 (Office): missing, but not expected: For a reason."],
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
            assert!(matches!(with_kind(kind, &examination, &[], &[], &scopes).as_slice(), [Difference::Ended { .. }]));
        }
        examination.outcome = Outcome::Ok;
        assert_eq!(with_kind(Kind::Good, &examination, &[], &[], &scopes), []);
        assert_eq!(with_kind(Kind::Bad, &examination, &[], &[], &scopes), [Difference::NotBad]);
        let declared = CheckDescription {
            id: "door".into(),
            mbsa: None,
            title: String::new(),
            columns: vec![],
            explanation: String::new(),
        };
        let silent = Difference::NotReported { check: "door".into() };
        assert_eq!(with_kind(Kind::Good, &examination, &[declared], &[], &scopes), [silent]);
        let asked = (Question::Accounts, wardline_contract::Answer::Denied(String::new()));
        examination.exchanges = vec![asked.clone(), asked];
        assert_eq!(with_kind(Kind::Good, &examination, &[], &[], &scopes), [Difference::Denied(Question::Accounts)]);
    }
}
