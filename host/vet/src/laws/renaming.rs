//! The name that the operator gives a machine affects nothing.

use serde_json::Value;
use wardline_contract::Examination;
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::Attempt;
use super::words;
use crate::{Law, Subject, Trial};

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
        "What is found does not depend on the name under which a machine is scanned. A plugin that looks at names can treat \
         machines differently that are the same, and its findings cannot be compared from one scan to the next."
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(subject, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let before = said(&plain);
        for name in NAMES {
            let renamed = attempt.converse_with(attempt.plugin(), name, &|question| target.answer(question));
            let mut after = said(&renamed);
            replace(&mut after, name, target.name());
            if let Some(place) = difference(&before, &after) {
                let what = format!(
                    "Called {name:?} and not {:?}, the same target gets another result: {place}.",
                    words::short(target.name())
                );
                let other = attempt.case_of(attempt.plugin(), name, renamed);
                return attempt.broken(what, vec![attempt.case(plain), other]);
            }
        }
        attempt.kept()
    }
}

/// Everything that a plugin says and asks, as JSON.
fn said(examination: &Examination) -> Value {
    let questions: Vec<_> = examination.exchanges.iter().map(|(question, _)| question).collect();
    serde_json::json!({
        "outcome": examination.outcome,
        "asked": questions,
        "findings": examination.assessment,
        "actions": examination.actions,
    })
}

fn replace(value: &mut Value, name: &str, by: &str) {
    match value {
        Value::String(text) if text.contains(name) => *text = text.replace(name, by),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, name, by)),
        Value::Object(fields) => fields.values_mut().for_each(|item| replace(item, name, by)),
        _ => {}
    }
}

/// The first difference between two values: `findings.checks.0.grade is "passed", was "critical"`.
fn difference(before: &Value, after: &Value) -> Option<String> {
    let differs = |place: String, before: &Value, after: &Value| {
        difference(before, after)
            .map(|rest| if rest.starts_with(" is ") { place + &rest } else { format!("{place}.{rest}") })
    };
    match (before, after) {
        _ if before == after => None,
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => (0..)
            .zip(old.iter().zip(new))
            .find_map(|(place, (old, new)): (usize, _)| differs(place.to_string(), old, new)),
        (Value::Object(old), Value::Object(new)) if old.keys().eq(new.keys()) => {
            old.iter().find_map(|(key, old)| differs(key.clone(), old, new.get(key)?))
        }
        _ => Some(format!(" is {}, was {}", words::short(&after.to_string()), words::short(&before.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_may_occur_in_text_and_nothing_else_may_change() {
        let before = json!({"checks": [{"grade": "passed", "summary": "web01 is fine, web01"}], "n": 1});
        for (after, expected) in [
            (json!({"checks": [{"grade": "passed", "summary": "~7q is fine, ~7q"}], "n": 1}), None),
            (
                json!({"checks": [{"grade": "critical", "summary": "~7q is fine, ~7q"}], "n": 1}),
                Some(r#"checks.0.grade is "critical", was "passed""#),
            ),
            (json!({"checks": [], "n": 1}), Some("checks is [], was [{")),
        ] {
            let mut renamed = after.clone();
            replace(&mut renamed, "~7q", "web01");
            let found = difference(&before, &renamed);
            match expected {
                None => assert_eq!(found, None),
                Some(expected) => assert!(found.unwrap().starts_with(expected), "{after}"),
            }
        }
    }
}
