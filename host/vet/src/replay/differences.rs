//! The differences between a recorded conversation and its replay.

use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use wardline_contract::compare::{Closeness, Names, Part, Statement, compare};
use wardline_contract::{Examination, Question, Update};
use wardline_evidence::recording::Conversation;
use wardline_report::question_in_words;

/// The maximum number of differences kept per conversation.
const MAX_KEPT: usize = 100;

/// The maximum number of bytes kept of a value written as JSON.
const LONGEST_VALUE: usize = 4 << 10;

/// Something that differs from the recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// `outcome`, `question 3, …`, `check guest-account`, `action for update MS01-022 Q296441 (Windows 2000 Server)`.
    pub of: String,
    /// The field that differs: `grade`, `rows[2].cells[0]`. Null if the thing differs as a whole.
    pub field: Option<String>,
    /// Null if the recording has no such thing.
    pub recorded: Option<Value>,
    /// Null if the replay has no such thing.
    pub replayed: Option<Value>,
}

/// The differences of one conversation, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Differences {
    /// The first hundred differences.
    pub differences: Vec<Difference>,
    /// The number of further differences.
    pub more_differences: u64,
}

impl Differences {
    /// Compares everything that a plugin did. `updates` are those that it was given.
    pub(super) fn of(conversation: &Conversation, examination: &Examination, updates: &[Update]) -> Self {
        let recorded = Statement {
            outcome: conversation.outcome,
            asked: conversation.asked.iter().collect(),
            assessment: &conversation.assessment,
            actions: &conversation.actions,
        };
        let mut found = Differences::default();
        for difference in compare(&recorded, &examination.into(), &Names::new(updates), Closeness::Exact) {
            let value = |value: &Option<Value>| match (difference.part, value) {
                (Part::Question, Some(question)) => {
                    Question::deserialize(question).ok().map(|question| Value::from(question_in_words(&question)))
                }
                (_, value) => value.as_ref().map(bounded),
            };
            let fields = difference.fields();
            if fields.is_empty() {
                let (recorded, replayed) = (value(&difference.before), value(&difference.after));
                found.add(Difference { of: difference.name.clone(), field: None, recorded, replayed });
            }
            for place in fields.iter().map(|field| field.first_place()) {
                let (recorded, replayed) = (place.before.map(bounded), place.after.map(bounded));
                found.add(Difference { of: difference.name.clone(), field: Some(place.name), recorded, replayed });
            }
        }
        found
    }

    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    fn add(&mut self, difference: Difference) {
        if self.differences.len() < MAX_KEPT {
            self.differences.push(difference);
        } else {
            self.more_differences += 1;
        }
    }
}

/// A value, or the beginning of its JSON text if that is too long.
fn bounded(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST_VALUE {
        return value.clone();
    }
    Value::from(text.chars().take(LONGEST_VALUE / 4).chain(['…']).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{
        Action, Assessment, CheckFinding, ChecksumMode, FindingId, Grade, Operation, Options, Outcome, Row,
    };
    use wardline_evidence::recording::Speaker;

    fn finding(check: &str, grade: Grade) -> CheckFinding {
        CheckFinding {
            check: check.to_owned(),
            subject: None,
            grade,
            summary: String::new(),
            rows: vec![Row { cells: vec!["a".to_owned(), "b".to_owned()], grade }],
            evidence: vec![0],
        }
    }

    fn examination() -> Examination {
        Examination {
            assessment: Assessment {
                products: Vec::new(),
                checks: vec![finding("one", Grade::Passed), finding("two", Grade::Critical)],
                updates: Vec::new(),
            },
            actions: vec![Action {
                mends: FindingId::Check(1),
                operation: Operation::ManualStep("Mend it.".to_owned()),
                undo: Vec::new(),
                restart: false,
                risk: None,
                article: None,
            }],
            exchanges: vec![
                (Question::System, wardline_contract::Answer::Absent),
                (Question::Shares, wardline_contract::Answer::Absent),
            ],
            ..Examination::nothing(Outcome::Ok, None)
        }
    }

    fn conversation(examination: Examination) -> Conversation {
        let speaker = Speaker {
            name: "example".to_owned(),
            version: "0.1.0".to_owned(),
            digest: String::new(),
            products: Vec::new(),
        };
        Conversation {
            plugin: speaker,
            options: Options { checksums: ChecksumMode::Always, registry: true, settings: Vec::new() },
            updates_digest: String::new(),
            updates: None,
            fuel_limit: None,
            asked: examination.exchanges.into_iter().map(|(question, _)| question).collect(),
            denied: Vec::new(),
            outcome: examination.outcome,
            detail: None,
            assessment: examination.assessment,
            actions: examination.actions,
            fuel: 0,
        }
    }

    /// The differences after `change`, one line each.
    fn changed(change: impl FnOnce(&mut Examination)) -> Vec<String> {
        let mut now = examination();
        change(&mut now);
        let found = Differences::of(&conversation(examination()), &now, &[]);
        let words = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
        let lines = found.differences.iter().map(|difference| {
            let field = difference.field.as_deref().unwrap_or("");
            format!("{}|{field}|{}|{}", difference.of, words(&difference.recorded), words(&difference.replayed))
        });
        lines.collect()
    }

    #[test]
    fn a_difference_is_told_by_thing_field_and_place() {
        assert_eq!(changed(|_| {}), [""; 0]);
        assert_eq!(changed(|now| now.outcome = Outcome::Trapped), [r#"outcome||"ok"|"trapped""#]);
        assert_eq!(
            changed(|now| now.exchanges[1].0 = Question::Service("W3SVC".to_owned())),
            [r#"question 1, of 2 before and 2 after||"shares"|"service W3SVC""#]
        );
        assert_eq!(
            changed(|now| {
                now.assessment.checks[1].grade = Grade::Passed;
                now.assessment.checks[1].rows[0].cells[1] = "c".to_owned();
            }),
            [r#"check two|grade|"critical"|"passed""#, r#"check two|rows[0].cells[1]|"b"|"c""#]
        );
        assert_eq!(changed(|now| now.actions[0].restart = true), ["action for check two|restart|false|true"]);
        let gone = changed(|now| drop(now.assessment.checks.remove(0)));
        assert!(gone[0].starts_with("check one||{") && gone[0].ends_with("|-"), "{gone:?}");
    }

    #[test]
    fn many_and_long_differences_are_bounded() {
        let mut now = examination();
        now.assessment.checks =
            (0..1_000).map(|number| finding(&format!("{number}{}", "x".repeat(100_000)), Grade::Passed)).collect();
        let found = Differences::of(&conversation(examination()), &now, &[]);
        assert_eq!((found.differences.len(), found.more_differences), (MAX_KEPT, 1_004 - MAX_KEPT as u64));
        let longest = found.differences.iter().filter_map(|difference| difference.replayed.as_ref());
        assert!(longest.map(|value| value.to_string().len()).max().unwrap() <= LONGEST_VALUE);
    }
}
