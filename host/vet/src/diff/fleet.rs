//! The findings that two plugins do not share over a fleet, and what each plugin costs.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use wardline_contract::compare::{Closeness, Difference, Field, Names, Part, compare};
use wardline_contract::{Assessment, Examination, Grade, Operation, Options, Outcome, Update, UpdateStatus};
use wardline_evidence::Source;
use wardline_report::operation_in_words;

use super::PreparedPlugin;
use crate::observation::{Observations, Observer, converse};

/// The maximum number of distinct changes listed. A plugin's text may name the target, which makes every change distinct.
const MAX_CHANGES: usize = 500;

/// The maximum number of targets named per change.
const MAX_EXAMPLES: usize = 5;

/// The maximum number of characters kept of a text.
const LONGEST_TEXT: usize = 400;

/// The comparison of two plugins over a fleet.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetDiff {
    /// The number of targets that both examined.
    pub targets: u64,
    /// The number of targets that could not be opened.
    pub unopened: u64,
    /// The number of updates that the old and the new build were given.
    pub updates: [u64; 2],
    /// Findings of either build, over all targets.
    pub findings: u64,
    /// The number of those findings that differ.
    pub changed: u64,
    /// Equal changes are merged. Those that ease a finding come first, then those that affect the most targets.
    pub changes: Vec<FindingChange>,
    /// The number of changes beyond the five hundred listed.
    pub more_changes: u64,
    pub cost: Cost,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    pub old: Observations,
    pub new: Observations,
}

/// A finding that differs between the two builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingChange {
    pub kind: FindingChangeKind,
    /// `check guest-account`, `update MS01-022 Q296441 (Windows 2000 Server)`; `outcome` for how the conversation ended.
    pub finding: String,
    /// Empty if the finding appeared or disappeared and has no grade or status.
    pub fields: Vec<FieldChange>,
    /// Whether the new build reports less wrong than the old one, as a plugin that hides something would.
    pub eased: bool,
    /// The number of targets affected.
    pub targets: u64,
    /// Some of these targets.
    pub examples: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FindingChangeKind {
    Changed,
    Gone,
    Appeared,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldChange {
    /// `outcome`, `grade`, `status`, `summary`, `reason`, `rows`, `remedy`, …
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// Accumulates the comparison over targets.
pub(super) struct Comparison<'a> {
    old: &'a PreparedPlugin,
    new: &'a PreparedPlugin,
    options: &'a Options,
    names: Names<'a>,
    observers: [Observer; 2],
    pub(super) targets: u64,
    pub(super) unopened: u64,
    findings: u64,
    changed: u64,
    /// Keyed by everything that makes two changes equal.
    changes: BTreeMap<Alike, FindingChange>,
    more: u64,
}

/// The kind of change, the finding, and the fields: fields with few possible values by value, texts by name only.
type Alike = (FindingChangeKind, String, Vec<(String, Option<String>, Option<String>)>);

impl<'a> Comparison<'a> {
    pub(super) fn new(
        old: &'a PreparedPlugin,
        new: &'a PreparedPlugin,
        options: &'a Options,
        updates: &'a [Update],
    ) -> Self {
        use wardline_contract::Examiner as _;
        let observer = |plugin: &PreparedPlugin| Observer::new(plugin.prepared.description(), &plugin.updates);
        Comparison {
            old,
            new,
            options,
            names: Names::new(updates),
            observers: [observer(old), observer(new)],
            targets: 0,
            unopened: 0,
            findings: 0,
            changed: 0,
            changes: BTreeMap::new(),
            more: 0,
        }
    }

    /// Runs both plugins on each of these targets, in parallel, and adds their findings in the targets' order.
    pub(super) fn look(&mut self, pool: &rayon::ThreadPool, sources: &[Box<dyn Source>]) {
        let (old, new, options) = (self.old, self.new, self.options);
        let hold =
            |plugin: &PreparedPlugin, source: &dyn Source| converse(&plugin.prepared, options, &plugin.grants, source);
        let examinations: Vec<[Examination; 2]> = pool.install(|| {
            sources.par_iter().map(|source| [hold(old, source.as_ref()), hold(new, source.as_ref())]).collect()
        });
        for (source, [old, new]) in sources.iter().zip(examinations) {
            self.observers[0].add(&old);
            self.observers[1].add(&new);
            self.targets += 1;
            self.compare(source.name(), &old, &new);
        }
    }

    fn compare(&mut self, target: &str, old: &Examination, new: &Examination) {
        let Assessment { products, checks, updates } = &old.assessment;
        let differences = compare(&old.into(), &new.into(), &self.names, Closeness::Conclusions);
        let appeared = differences.iter().filter(|difference| difference.before.is_none()).count();
        // One for the outcome.
        self.findings += (1 + products.len() + checks.len() + updates.len() + appeared) as u64;
        differences.into_iter().for_each(|difference| self.add(target, difference));
    }

    fn add(&mut self, target: &str, difference: Difference) {
        self.changed += 1;
        let kind = match (&difference.before, &difference.after) {
            (Some(_), Some(_)) => FindingChangeKind::Changed,
            (Some(_), None) => FindingChangeKind::Gone,
            (None, _) => FindingChangeKind::Appeared,
        };
        let fields = fields(&difference);
        let (verdict, values) = verdict(&difference);
        let [old, new] = values.map(|value| rank(difference.part, value));
        let alike = fields.iter().map(|change| {
            let (old, new) = if change.field == verdict { (&change.old, &change.new) } else { (&None, &None) };
            (change.field.clone(), old.clone(), new.clone())
        });
        let alike: Alike = (kind, difference.name.clone(), alike.collect());
        let room = self.changes.len() < MAX_CHANGES;
        match self.changes.get_mut(&alike) {
            Some(change) => {
                change.targets += 1;
                if change.examples.len() < MAX_EXAMPLES {
                    change.examples.push(target.to_owned());
                }
            }
            None if room => {
                let (finding, eased, examples) = (difference.name, new < old, vec![target.to_owned()]);
                self.changes.insert(alike, FindingChange { kind, finding, fields, eased, targets: 1, examples });
            }
            None => self.more += 1,
        }
    }

    pub(super) fn finish(self) -> FleetDiff {
        let mut changes: Vec<FindingChange> = self.changes.into_values().collect();
        changes.sort_by_key(|change| (!change.eased, std::cmp::Reverse(change.targets)));
        let [old, new] = self.observers.map(Observer::finish);
        FleetDiff {
            targets: self.targets,
            unopened: self.unopened,
            updates: [self.old.updates.len() as u64, self.new.updates.len() as u64],
            findings: self.findings,
            changed: self.changed,
            changes,
            more_changes: self.more,
            cost: Cost { old, new },
        }
    }
}

/// The fields that differ, as texts. For a finding that only one build has, its outcome, grade or status.
fn fields(difference: &Difference) -> Vec<FieldChange> {
    let change = |field: &Field<'_>| FieldChange {
        field: field.name.clone(),
        old: field.before.map(|value| text(&field.name, value)),
        new: field.after.map(|value| text(&field.name, value)),
    };
    let fields = difference.fields();
    if !fields.is_empty() {
        return fields.iter().map(change).collect();
    }
    let (name, [before, after]) = verdict(difference);
    let field = Field { name: name.to_owned(), before, after };
    Some(field).filter(|field| field.before.or(field.after).is_some()).iter().map(change).collect()
}

/// The name of the field that decides a finding, with its old and its new value.
fn verdict(difference: &Difference) -> (&'static str, [Option<&Value>; 2]) {
    let values = [&difference.before, &difference.after].map(Option::as_ref);
    let field = |name| (name, values.map(|value| value?.get(name)));
    match difference.part {
        Part::Outcome => ("outcome", values),
        Part::Update => field("status"),
        _ => field("grade"),
    }
}

/// A field's value as text, bounded. A remedy is put into words.
fn text(field: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(remedies) if field == "remedy" => {
            remedies.iter().map(|it| remedy(it).unwrap_or_else(|| it.to_string())).collect::<Vec<_>>().join("; ")
        }
        value => value.to_string(),
    };
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A remedy in words, with the operations that undo it.
fn remedy(value: &Value) -> Option<String> {
    let operation = Operation::deserialize(value.get("operation")?).ok()?;
    let undo = Vec::<Operation>::deserialize(value.get("undo")?).ok()?;
    let undo: Vec<String> = undo.iter().map(operation_in_words).collect();
    let undo = if undo.is_empty() { String::new() } else { format!(" (undone by: {})", undo.join("; ")) };
    let restart = if value.get("restart")? == true { ", then restart" } else { "" };
    Some(format!("{}{restart}{undo}", operation_in_words(&operation)))
}

/// The severity of a finding; higher is worse.
fn rank(part: Part, verdict: Option<&Value>) -> u8 {
    let Some(verdict) = verdict else { return 0 };
    match part {
        Part::Outcome => u8::from(verdict != Outcome::Ok.word()),
        Part::Check => Grade::deserialize(verdict).map_or(0, grade_rank),
        Part::Update => UpdateStatus::deserialize(verdict).map_or(0, status_rank),
        Part::Question | Part::Product | Part::Action => 0,
    }
}

fn grade_rank(grade: Grade) -> u8 {
    match grade {
        Grade::Critical => 4,
        Grade::NonCritical => 3,
        Grade::BestPractice => 2,
        Grade::UnableToScan => 1,
        Grade::Passed | Grade::NotPerformed | Grade::Informational | Grade::NotApproved => 0,
    }
}

fn status_rank(status: UpdateStatus) -> u8 {
    match status {
        UpdateStatus::Missing => 4,
        UpdateStatus::PendingRestart => 3,
        UpdateStatus::Warning | UpdateStatus::Note => 2,
        UpdateStatus::UnableToScan => 1,
        UpdateStatus::Installed | UpdateStatus::Superseded | UpdateStatus::Included => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wardline_contract::{Action, CheckFinding, FindingId, TestResult, TestSubject, UpdateFinding, Verdict};

    fn examination() -> Examination {
        let check = CheckFinding {
            check: "guest".to_owned(),
            subject: None,
            grade: Grade::Critical,
            summary: "It is on.".to_owned(),
            rows: Vec::new(),
            evidence: vec![0, 1],
        };
        let update = UpdateFinding {
            update: 3,
            product: "Example".to_owned(),
            subject: None,
            status: UpdateStatus::Missing,
            reason: "Its file is old.".to_owned(),
            tests: vec![TestResult {
                subject: TestSubject::FileVersion(0),
                verdict: Verdict::Failed,
                evidence: Some(1),
            }],
            superseded_by: None,
        };
        Examination {
            assessment: Assessment { products: Vec::new(), checks: vec![check], updates: vec![update] },
            actions: vec![Action {
                mends: FindingId::Check(0),
                operation: Operation::ManualStep("Turn it off".to_owned()),
                undo: Vec::new(),
                restart: false,
                risk: None,
                article: None,
            }],
            ..Examination::nothing(Outcome::Ok, None)
        }
    }

    /// The differences after a change: the finding, its first field, and whether it was eased.
    fn after(change: impl FnOnce(&mut Examination)) -> Vec<String> {
        let mut now = examination();
        change(&mut now);
        let found = compare(&(&examination()).into(), &(&now).into(), &Names::default(), Closeness::Conclusions);
        let line = |difference: Difference| {
            let [old, new] = verdict(&difference).1.map(|value| rank(difference.part, value));
            let eased = if new < old { " eased" } else { "" };
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let fields = fields(&difference);
            let first =
                fields.first().map(|field| format!("{}: {} > {}", field.field, value(&field.old), value(&field.new)));
            format!("{} {}{eased}", difference.name, first.unwrap_or_default())
        };
        found.into_iter().map(line).collect()
    }

    #[test]
    fn what_eases_a_finding_is_told_from_what_does_not() {
        assert_eq!(after(|_| {}), [""; 0]);
        assert_eq!(after(|now| now.assessment.checks[0].evidence.clear()), [""; 0], "numbers of questions");
        assert_eq!(after(|now| now.assessment.updates[0].tests[0].evidence = None), [""; 0]);
        assert_eq!(
            after(|now| now.assessment.checks[0].grade = Grade::Passed),
            ["check guest grade: critical > passed eased"]
        );
        assert_eq!(
            after(|now| now.assessment.checks[0].grade = Grade::UnableToScan),
            ["check guest grade: critical > unable-to-scan eased"]
        );
        assert_eq!(
            after(|now| now.assessment.checks[0].summary = "It is on!".to_owned()),
            ["check guest summary: It is on. > It is on!"]
        );
        assert_eq!(
            after(|now| now.assessment.updates[0].status = UpdateStatus::Installed),
            ["update number 3 (Example) status: missing > installed eased"]
        );
        assert_eq!(
            after(|now| now.assessment.updates.clear()),
            ["update number 3 (Example) status: missing > - eased"]
        );
        assert_eq!(after(|now| now.actions.clear()), ["check guest remedy: Turn it off > -"]);
        assert_eq!(after(|now| now.outcome = Outcome::Trapped), ["outcome outcome: ok > trapped"]);
        let twice = after(|now| {
            let mut again = now.assessment.checks[0].clone();
            again.grade = Grade::Passed;
            now.assessment.checks.push(again);
        });
        assert_eq!(twice, ["check guest grade: - > passed"]);
    }
}
