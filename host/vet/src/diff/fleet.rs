//! The findings that two plugins do not share over a fleet, and what each plugin costs.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;
use wardline_contract::{Action, Assessment, Examination, FindingId, Grade, Options, Outcome, Update, UpdateStatus};
use wardline_evidence::Source;
use wardline_report::operation_in_words;

use super::LoadedPlugin;
use crate::observation::{Observations, Observer, converse};
use crate::words::{of_check, of_update};

/// The maximum number of distinct changes listed. A plugin's text may name the target, which makes every change distinct.
const MOST_CHANGES: usize = 500;

/// The maximum number of targets named per change.
const MOST_EXAMPLES: usize = 5;

/// The maximum number of characters kept of a text.
const LONGEST_TEXT: usize = 400;

/// The comparison of two plugins over a fleet.
#[derive(Clone, Debug, Serialize)]
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
pub struct Cost {
    pub old: Observations,
    pub new: Observations,
}

/// A finding that differs between the two builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[serde(rename_all = "kebab-case")]
pub enum FindingChangeKind {
    Changed,
    Gone,
    Appeared,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// `outcome`, `grade`, `status`, `summary`, `reason`, `rows`, `remedy`, …
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// Accumulates the comparison over targets.
pub(super) struct Comparison<'a> {
    old: &'a LoadedPlugin,
    new: &'a LoadedPlugin,
    options: &'a Options,
    bulletins: HashMap<u32, &'a Update>,
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

/// One plugin's finding on one target.
struct Found {
    /// The severity; higher is worse.
    rank: u8,
    /// Each field with its value; the first is the grade or status.
    fields: Vec<(String, String)>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        old: &'a LoadedPlugin,
        new: &'a LoadedPlugin,
        options: &'a Options,
        updates: &'a [Update],
    ) -> Self {
        use wardline_contract::Examiner as _;
        let observer = |plugin: &LoadedPlugin| Observer::new(plugin.prepared.description(), &plugin.updates);
        Comparison {
            old,
            new,
            options,
            bulletins: updates.iter().map(|update| (update.number, update)).collect(),
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
            |plugin: &LoadedPlugin, source: &dyn Source| converse(&plugin.prepared, options, &plugin.grants, source);
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
        let mut old = found(old, &self.bulletins);
        let new = found(new, &self.bulletins);
        for (name, new) in new {
            self.findings += 1;
            match old.remove(&name) {
                None => self.add(target, FindingChangeKind::Appeared, name, None, Some(&new)),
                Some(old) if old.fields != new.fields => {
                    self.add(target, FindingChangeKind::Changed, name, Some(&old), Some(&new));
                }
                Some(_) => {}
            }
        }
        for (name, old) in old {
            self.findings += 1;
            self.add(target, FindingChangeKind::Gone, name, Some(&old), None);
        }
    }

    fn add(
        &mut self,
        target: &str,
        kind: FindingChangeKind,
        (finding, _): (String, usize),
        old: Option<&Found>,
        new: Option<&Found>,
    ) {
        self.changed += 1;
        let fields = fields(old, new);
        let rank = |found: Option<&Found>| found.map_or(0, |found| found.rank);
        let alike = fields.iter().map(|change| match change.field.as_str() {
            "outcome" | "grade" | "status" => (change.field.clone(), change.old.clone(), change.new.clone()),
            _ => (change.field.clone(), None, None),
        });
        let alike: Alike = (kind, finding.clone(), alike.collect());
        let room = self.changes.len() < MOST_CHANGES;
        match self.changes.get_mut(&alike) {
            Some(change) => {
                change.targets += 1;
                if change.examples.len() < MOST_EXAMPLES {
                    change.examples.push(target.to_owned());
                }
            }
            None if room => {
                let eased = rank(new) < rank(old);
                let examples = vec![target.to_owned()];
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

/// Everything that a plugin said about a target, by name; entries with the same name are numbered in order. Question numbers
/// are left out: they shift as soon as one more question is asked.
fn found(examination: &Examination, bulletins: &HashMap<u32, &Update>) -> BTreeMap<(String, usize), Found> {
    let mut all = BTreeMap::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut add = |name: String, rank: u8, fields: Vec<(String, String)>| {
        let before = seen.entry(name.clone()).or_default();
        all.insert((name, *before), Found { rank, fields });
        *before += 1;
    };
    let mut remedies: HashMap<FindingId, Vec<String>> = HashMap::new();
    for action in &examination.actions {
        remedies.entry(action.mends).or_default().push(remedy(action));
    }
    let mut mended = |finding: FindingId| Some(("remedy".to_owned(), remedies.remove(&finding)?.join("; ")));
    let outcome = examination.outcome;
    add(
        "outcome".to_owned(),
        u8::from(outcome != Outcome::Ok),
        vec![("outcome".to_owned(), outcome.word().to_owned())],
    );
    let Assessment { products, checks, updates } = &examination.assessment;
    for (place, product) in products.iter().enumerate() {
        let value = serde_json::to_value(product).unwrap_or_default();
        add(format!("installed product {}", place + 1), 0, texts(&value, &[]));
    }
    for (place, finding) in (0..).zip(checks) {
        let value = serde_json::to_value(finding).unwrap_or_default();
        let mut fields = texts(&value, &["check", "subject", "evidence"]);
        fields.extend(mended(FindingId::Check(place)));
        add(of_check(finding), grade_rank(finding.grade), fields);
    }
    for (place, finding) in (0..).zip(updates) {
        let value = serde_json::to_value(finding).unwrap_or_default();
        let mut fields = texts(&value, &["update", "product", "subject", "tests"]);
        let verdicts = finding.tests.iter().map(|test| (&test.subject, test.verdict));
        let verdicts = serde_json::to_value(verdicts.collect::<Vec<_>>()).unwrap_or_default();
        fields.push(("tests".to_owned(), verdicts.to_string()));
        fields.extend(mended(FindingId::Update(place)));
        add(of_update(finding, bulletins), status_rank(finding.status), fields);
    }
    all
}

/// The fields of a finding as texts, without those that name it or count questions.
fn texts(value: &Value, without: &[&str]) -> Vec<(String, String)> {
    let fields = value.as_object().into_iter().flatten().filter(|(field, _)| !without.contains(&field.as_str()));
    fields
        .map(|(field, value)| {
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            (field.clone(), text)
        })
        .collect()
}

/// An action in words, with the operations that undo it.
fn remedy(action: &Action) -> String {
    let undo: Vec<String> = action.undo.iter().map(operation_in_words).collect();
    let undo = if undo.is_empty() { String::new() } else { format!(" (undone by: {})", undo.join("; ")) };
    let restart = if action.restart { ", then restart" } else { "" };
    format!("{}{restart}{undo}", operation_in_words(&action.operation))
}

/// The fields that differ. For a finding that only one build has, its grade or status.
fn fields(old: Option<&Found>, new: Option<&Found>) -> Vec<FieldChange> {
    let text = |text: &String| match text.char_indices().nth(LONGEST_TEXT) {
        None => text.clone(),
        Some((end, _)) => format!("{}…", &text[..end]),
    };
    let change = |field: &str, old: Option<&String>, new: Option<&String>| FieldChange {
        field: field.to_owned(),
        old: old.map(text),
        new: new.map(text),
    };
    let judged = |found: &Found| {
        let judged = found.fields.iter().find(|(field, _)| ["outcome", "grade", "status"].contains(&field.as_str()));
        judged.cloned()
    };
    match (old, new) {
        (Some(old), Some(new)) => {
            let value = |found: &'_ Found, field: &str| {
                found.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
            };
            let mut names: Vec<&String> = old.fields.iter().chain(&new.fields).map(|(field, _)| field).collect();
            names.sort_unstable();
            names.dedup();
            // The outcome, grade or status first, then the rest.
            names.sort_by_key(|name| !["outcome", "grade", "status"].contains(&name.as_str()));
            let pairs = names.into_iter().map(|name| (name, value(old, name), value(new, name)));
            pairs
                .filter(|(_, old, new)| old != new)
                .map(|(name, old, new)| change(name, old.as_ref(), new.as_ref()))
                .collect()
        }
        (Some(old), None) => judged(old).map(|(field, value)| change(&field, Some(&value), None)).into_iter().collect(),
        (None, Some(new)) => judged(new).map(|(field, value)| change(&field, None, Some(&value))).into_iter().collect(),
        (None, None) => Vec::new(),
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
    use wardline_contract::{CheckFinding, Operation, TestResult, TestSubject, UpdateFinding, Verdict};

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
        let bulletins = HashMap::new();
        let (mut old, new) = (found(&examination(), &bulletins), found(&now, &bulletins));
        let mut lines = Vec::new();
        let mut line = |name: &str, old: Option<&Found>, new: Option<&Found>| {
            let rank = |found: Option<&Found>| found.map_or(0, |found| found.rank);
            let eased = if rank(new) < rank(old) { " eased" } else { "" };
            let fields = fields(old, new);
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let first =
                fields.first().map(|field| format!("{}: {} > {}", field.field, value(&field.old), value(&field.new)));
            lines.push(format!("{name} {}{eased}", first.unwrap_or_default()));
        };
        for (name, new) in &new {
            match old.remove(name) {
                Some(old) if old.fields == new.fields => {}
                old => line(&name.0, old.as_ref(), Some(new)),
            }
        }
        old.iter().for_each(|(name, old)| line(&name.0, Some(old), None));
        lines
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
        assert_eq!(after(|now| now.actions.clear())[0].split(':').next(), Some("check guest remedy"));
        assert_eq!(after(|now| now.outcome = Outcome::Trapped), ["outcome outcome: ok > trapped"]);
        let twice = after(|now| {
            let mut again = now.assessment.checks[0].clone();
            again.grade = Grade::Passed;
            now.assessment.checks.push(again);
        });
        assert_eq!(twice, ["check guest grade: - > passed"]);
    }
}
