//! The differences between two conversations, in words: the thing, the field, the old value and the new one.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use wardline_contract::{Action, Assessment, Examination, FindingId, Question, Update};
use wardline_evidence::recording::Conversation;
use wardline_report::question_in_words;

use crate::words::{of_check, of_update};

/// The maximum number of differences kept per conversation.
const MOST_KEPT: usize = 100;

/// The maximum number of bytes kept of a value written as JSON.
const LONGEST_VALUE: usize = 4 << 10;

/// Something that differs from the recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `outcome`, `question 3`, `check guest-account`, `update MS01-022 (Windows 2000 Server)`, `action 2`.
    pub of: String,
    /// The field that differs: `grade`, `rows[2].cells[0]`. None if the thing differs as a whole.
    pub field: Option<String>,
    /// None if the recording has no such thing.
    pub recorded: Option<Value>,
    /// None if the replay has no such thing.
    pub replayed: Option<Value>,
}

/// The differences of one conversation, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Differences {
    pub differences: Vec<Difference>,
    /// The number of further differences.
    pub more_differences: u64,
}

impl Differences {
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    fn add(&mut self, of: String, field: Option<String>, recorded: Option<&Value>, replayed: Option<&Value>) {
        if self.differences.len() < MOST_KEPT {
            let (recorded, replayed) = (recorded.map(bounded), replayed.map(bounded));
            self.differences.push(Difference { of, field, recorded, replayed });
        } else {
            self.more_differences += 1;
        }
    }

    /// Compares two things of the same kind field by field; for each field, records the first place that differs.
    fn compare(&mut self, of: &str, recorded: &Value, replayed: &Value) {
        if let (Value::Object(then), Value::Object(now)) = (recorded, replayed) {
            for (field, then) in then {
                if let Some((path, then, now)) = now.get(field).and_then(|now| first(then, now)) {
                    self.add(of.to_owned(), Some(format!("{field}{path}")), then, now);
                }
            }
        } else if recorded != replayed {
            self.add(of.to_owned(), None, Some(recorded), Some(replayed));
        }
    }

    /// Compares lists by their entries' names, which `named` makes. If the names are the same, also compares their order.
    fn compare_named<T: Serialize>(&mut self, what: &str, then: &[T], now: &[T], named: impl Fn(&T) -> String) {
        let (then, now) = (with_names(then, &named), with_names(now, &named));
        let places: HashMap<&(String, usize), &Value> = now.iter().map(|(name, value)| (name, value)).collect();
        let known: HashMap<&(String, usize), ()> = then.iter().map(|(name, _)| (name, ())).collect();
        for (name, recorded) in &then {
            match places.get(name) {
                Some(replayed) => self.compare(&name.0, recorded, replayed),
                None => self.add(name.0.clone(), None, Some(recorded), None),
            }
        }
        for (name, replayed) in &now {
            if !known.contains_key(name) {
                self.add(name.0.clone(), None, None, Some(replayed));
            }
        }
        if then.len() == now.len() && then.iter().all(|(name, _)| places.contains_key(name)) {
            let mut pairs = then.iter().zip(&now).map(|((then, _), (now, _))| (&then.0, &now.0));
            if let Some((then, now)) = pairs.find(|(then, now)| then != now) {
                let (then, now) = (Value::from(then.as_str()), Value::from(now.as_str()));
                self.add(format!("the order of {what}"), None, Some(&then), Some(&now));
            }
        }
    }
}

/// Returns the differences in what a plugin did: how it ended, what it asked and in which order, its findings, its actions.
///
/// `updates` are those that the plugin was given, to name findings by.
pub fn compare(conversation: &Conversation, examination: &Examination, updates: &[Update]) -> Differences {
    let mut found = Differences::default();
    found.compare("outcome", &value(&conversation.outcome), &value(&examination.outcome));
    questions(conversation, examination, &mut found);

    let (then, now) = (&conversation.assessment, &examination.assessment);
    for (place, (then, now)) in pairs(&then.products, &now.products).enumerate() {
        found.compare(&format!("installed product {}", place + 1), &optional(then), &optional(now));
    }
    found.compare_named("checks' findings", &then.checks, &now.checks, of_check);
    let bulletins: HashMap<u32, &Update> = updates.iter().map(|update| (update.number, update)).collect();
    found.compare_named("updates' findings", &then.updates, &now.updates, |finding| of_update(finding, &bulletins));
    for (place, (action, other)) in pairs(&conversation.actions, &examination.actions).enumerate() {
        let mends = action.map(|action| mended(action, then, &bulletins));
        let mends = mends.or_else(|| other.map(|action| mended(action, now, &bulletins))).unwrap_or_default();
        found.compare(&format!("action {} for {mends}", place + 1), &optional(action), &optional(other));
    }
    found
}

/// The first question that differs. Later ones would differ only as a consequence.
fn questions(conversation: &Conversation, examination: &Examination, found: &mut Differences) {
    let now: Vec<&Question> = examination.exchanges.iter().map(|(question, _)| question).collect();
    let then: Vec<&Question> = conversation.asked.iter().collect();
    let differs = pairs(&then, &now).position(|(then, now)| then != now);
    if let Some(place) = differs {
        let words = |questions: &[&Question]| questions.get(place).map(|asked| Value::from(question_in_words(asked)));
        let of = format!("question {place}, of {} recorded and {} now", then.len(), now.len());
        found.add(of, None, words(&then).as_ref(), words(&now).as_ref());
    }
}

fn mended(action: &Action, assessment: &Assessment, updates: &HashMap<u32, &Update>) -> String {
    let known = match action.mends {
        FindingId::Check(place) => assessment.checks.get(place as usize).map(of_check),
        FindingId::Update(place) => assessment.updates.get(place as usize).map(|finding| of_update(finding, updates)),
    };
    known.unwrap_or_else(|| "no finding".to_owned())
}

/// Entries with their names; entries with the same name are numbered in order.
fn with_names<T: Serialize>(list: &[T], named: impl Fn(&T) -> String) -> Vec<((String, usize), Value)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    list.iter()
        .map(|entry| {
            let name = named(entry);
            let before = seen.entry(name.clone()).or_default();
            *before += 1;
            ((name, *before), value(entry))
        })
        .collect()
}

/// Both lists side by side, up to the end of the longer one.
fn pairs<'a, T>(then: &'a [T], now: &'a [T]) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    (0..then.len().max(now.len())).map(|place| (then.get(place), now.get(place)))
}

/// The path of the first place at which two values differ.
fn first<'v>(then: &'v Value, now: &'v Value) -> Option<(String, Option<&'v Value>, Option<&'v Value>)> {
    if then == now {
        return None;
    }
    match (then, now) {
        (Value::Array(then), Value::Array(now)) => pairs(then, now).enumerate().find_map(|(place, pair)| match pair {
            (Some(then), Some(now)) => {
                first(then, now).map(|(path, then, now)| (format!("[{place}]{path}"), then, now))
            }
            (then, now) => Some((format!("[{place}]"), then, now)),
        }),
        (Value::Object(then_fields), Value::Object(now_fields)) if then_fields.keys().eq(now_fields.keys()) => {
            then_fields.iter().find_map(|(field, then)| {
                first(then, &now_fields[field]).map(|(path, then, now)| (format!(".{field}{path}"), then, now))
            })
        }
        _ => Some((String::new(), Some(then), Some(now))),
    }
}

/// The contract's types hold nothing that JSON cannot represent.
fn value<T: Serialize>(of: &T) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn optional<T: Serialize>(of: Option<&T>) -> Value {
    of.map(value).unwrap_or_default()
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
    use wardline_contract::Outcome;
    use wardline_contract::{
        CheckFinding, ChecksumMode, Grade, InstalledProduct, Operation, Options, Row, UpdateFinding, UpdateStatus,
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

    fn judged(update: u32, status: UpdateStatus) -> UpdateFinding {
        UpdateFinding {
            update,
            product: "Example".to_owned(),
            subject: None,
            status,
            reason: String::new(),
            tests: Vec::new(),
            superseded_by: None,
        }
    }

    fn examination() -> Examination {
        Examination {
            assessment: Assessment {
                products: vec![InstalledProduct {
                    name: "Example".to_owned(),
                    version: None,
                    service_pack: None,
                    subject: None,
                }],
                checks: vec![finding("one", Grade::Passed), finding("two", Grade::Critical)],
                updates: vec![judged(7, UpdateStatus::Missing)],
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
        let found = compare(&conversation(examination()), &now, &[]);
        let words = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
        let lines = found.differences.iter().map(|difference| {
            let field = difference.field.as_deref().unwrap_or("");
            format!("{}|{field}|{}|{}", difference.of, words(&difference.recorded), words(&difference.replayed))
        });
        lines.collect()
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        assert_eq!(changed(|_| {}), [""; 0]);
        assert_eq!(changed(|now| now.outcome = Outcome::Trapped), [r#"outcome||"ok"|"trapped""#]);
        assert_eq!(
            changed(|now| now.exchanges[1].0 = Question::Groups),
            [r#"question 1, of 2 recorded and 2 now||"shares"|"groups""#]
        );
        assert_eq!(changed(|now| now.exchanges.truncate(1)), [r#"question 1, of 2 recorded and 1 now||"shares"|-"#]);
        assert_eq!(
            changed(|now| now.assessment.checks[1].grade = Grade::Passed),
            [r#"check two|grade|"critical"|"passed""#]
        );
        assert_eq!(
            changed(|now| now.assessment.checks[0].rows[0].cells[1] = "c".to_owned()),
            [r#"check one|rows[0].cells[1]|"b"|"c""#]
        );
        assert_eq!(changed(|now| now.assessment.checks[0].evidence.push(1)), ["check one|evidence[1]|-|1"]);
        assert_eq!(
            changed(|now| now.assessment.updates[0].status = UpdateStatus::Installed),
            [r#"update number 7 (Example)|status|"missing"|"installed""#]
        );
        assert_eq!(changed(|now| now.actions[0].restart = true), ["action 1 for check two|restart|false|true"]);
        let gone = changed(|now| drop(now.assessment.checks.pop()));
        assert!(gone[0].starts_with("check two||{") && gone[0].ends_with("|-"), "{gone:?}");
        assert_eq!(
            changed(|now| now.assessment.checks.reverse()),
            [r#"the order of checks' findings||"check one"|"check two""#]
        );
        let renamed = changed(|now| now.assessment.products[0].name = "Other".to_owned());
        assert_eq!(renamed, [r#"installed product 1|name|"Example"|"Other""#]);
        assert_eq!(changed(|now| now.actions.clear()).len(), 1);
    }

    #[test]
    fn findings_of_one_name_are_compared_in_their_order() {
        let twice = |grades: [Grade; 2]| {
            let mut twice = examination();
            twice.assessment.checks = grades.map(|grade| finding("one", grade)).to_vec();
            twice
        };
        let then = conversation(twice([Grade::Passed, Grade::Critical]));
        assert!(compare(&then, &twice([Grade::Passed, Grade::Critical]), &[]).is_empty());
        assert!(!compare(&then, &twice([Grade::Critical, Grade::Passed]), &[]).is_empty());
    }

    #[test]
    fn many_and_long_differences_are_bounded() {
        let mut now = examination();
        now.assessment.checks =
            (0..1_000).map(|number| finding(&format!("{number}{}", "x".repeat(100_000)), Grade::Passed)).collect();
        let found = compare(&conversation(examination()), &now, &[]);
        assert_eq!((found.differences.len(), found.more_differences), (MOST_KEPT, 1_002 - MOST_KEPT as u64));
        let longest = found.differences.iter().filter_map(|difference| difference.replayed.as_ref());
        assert!(longest.map(|value| value.to_string().len()).max().unwrap() <= LONGEST_VALUE);
    }
}
