//! The name that the operator gives a machine affects nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wardline_contract::compare::{Closeness, compare};
use wardline_contract::{Answer, Examination, Question};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::Attempt;
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// Names of various lengths and kinds. Each contains a mark that occurs in no evidence, to distinguish it from other text.
const NAMES: [&str; 12] = [
    "~7q",
    "~7qA",
    "~7q-WEB01",
    "sql-server-~7q",
    "DC~7q.corp.example",
    "~7q test machine with a name of more than one word",
    "~7qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    "0~7q",
    "/mnt/~7q/volume.recording",
    "~7q\u{e9}\u{65e5}\u{672c}",
    "localhost ~7q",
    "99999~7q99999",
];

/// With another `target.name`, the questions, findings and actions are the same except for the name where it occurs in text.
#[derive(Clone, Copy, Debug)]
pub struct Renaming;

impl Law for Renaming {
    fn name(&self) -> &'static str {
        "renaming-changes-nothing"
    }

    fn explanation(&self) -> &'static str {
        "Findings do not depend on the name under which a machine is scanned. A plugin that looks at names can treat equal machines \
         differently, and its findings cannot be compared from one scan to the next."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        for name in NAMES {
            let renamed = attempt.converse_with(attempt.unmodified(), name, &|question| target.answer(question));
            let under_its_own = with_name(&renamed, name, target.name());
            let differences = compare(&(&plain).into(), &(&under_its_own).into(), &attempt.names, Closeness::Exact);
            if let Some(difference) = differences.first() {
                let what = format!(
                    "Under the name {name:?} instead of {:?}, the same target gets another result: {difference}.",
                    words::short(target.name())
                );
                let other = attempt.case_of(attempt.unmodified(), name, renamed);
                return attempt.broken(what, vec![attempt.case(plain), other]);
            }
        }
        attempt.kept()
    }
}

/// The examination without its answers, with `by` in place of `name` in every text of questions, findings and actions.
fn with_name(examination: &Examination, name: &str, by: &str) -> Examination {
    let asked: Vec<Question> = examination.exchanges.iter().map(|(question, _)| question.clone()).collect();
    Examination {
        assessment: replaced(&examination.assessment, name, by),
        actions: replaced(&examination.actions, name, by),
        exchanges: replaced(&asked, name, by).into_iter().map(|question| (question, Answer::Absent)).collect(),
        ..Examination::nothing(examination.outcome, None)
    }
}

/// Returns the value unchanged if it cannot be read back, in which case the law finds the name and reports it.
fn replaced<T: Serialize + DeserializeOwned + Clone>(of: &T, name: &str, by: &str) -> T {
    let mut value = serde_json::to_value(of).unwrap_or_default();
    replace(&mut value, name, by);
    serde_json::from_value(value).unwrap_or_else(|_| of.clone())
}

fn replace(value: &mut Value, name: &str, by: &str) {
    match value {
        Value::String(text) if text.contains(name) => *text = text.replace(name, by),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, name, by)),
        Value::Object(fields) => fields.values_mut().for_each(|item| replace(item, name, by)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::compare::Names;
    use wardline_contract::{CheckFinding, Grade, Outcome};

    #[test]
    fn a_name_may_occur_in_text_and_nothing_else_may_change() {
        let examination = |subject: &str, grade: Grade, summary: &str| {
            let check = CheckFinding {
                check: "guest".to_owned(),
                subject: Some(subject.to_owned()),
                grade,
                summary: summary.to_owned(),
                rows: vec![],
                evidence: vec![],
            };
            let mut examination = Examination::nothing(Outcome::Ok, None);
            examination.assessment.checks.push(check);
            examination
        };
        let plain = examination("web01", Grade::Passed, "web01 is fine, web01");
        for (renamed, expected) in [
            (examination("~7q", Grade::Passed, "~7q is fine, ~7q"), None),
            (
                examination("~7q", Grade::Critical, "~7q is fine, ~7q"),
                Some(r#"check guest about web01: grade is "critical", was "passed""#),
            ),
            (Examination::nothing(Outcome::Ok, None), Some("check guest about web01 is gone")),
        ] {
            let renamed = with_name(&renamed, "~7q", "web01");
            let found = compare(&(&plain).into(), &(&renamed).into(), &Names::default(), Closeness::Exact);
            assert_eq!(found.first().map(ToString::to_string).as_deref(), expected);
        }
    }
}
