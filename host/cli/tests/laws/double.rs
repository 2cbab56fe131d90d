//! Plugins that are functions, for behaviour that no component shows.

use wardline::contract::{
    Answer, Applicability, Ask, Change, CheckDescription, CheckFinding, Comparison, Deadline, Description, Examination,
    Examiner, Fact, Grade, Grants, Options, Outcome, Product, Question, RegistryData, RegistryKey, RegistryTest,
    RegistryValue, RegistryValueName, Scope, Severity, Superseding, Target, TestResult, TestSubject, Update,
    UpdateFinding, UpdateStatus, Verdict,
};
use wardline::evidence::recording::Recording;
use wardline::vet::{Trial, VettedPlugin, laws};

use crate::laws::fleet::options;

const KEY: &str = r"HKLM\SOFTWARE\Example";
pub(crate) const PRODUCT: &str = "Example 1.0";

/// Where Windows records packages.
pub(crate) const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

/// The behaviour of a double.
pub(crate) type Behaviour = fn(&mut Talk<'_>) -> Outcome;

struct Double {
    behaviour: Behaviour,
    description: Description,
    updates: Vec<Update>,
    fuel: u64,
}

/// One conversation of a double.
pub(crate) struct Talk<'a> {
    pub(crate) name: &'a str,
    pub(crate) updates: &'a [Update],
    /// Whether it runs out of fuel before it ends.
    pub(crate) starved: bool,
    ask: &'a Ask<'a>,
    pub(crate) so_far: Examination,
}

impl Talk<'_> {
    pub(crate) fn ask(&mut self, question: Question) -> (u32, Answer) {
        let answer = self.ask.answer(&question, Deadline::never());
        self.so_far.exchanges.push((question, answer.clone()));
        (self.so_far.exchanges.len() as u32 - 1, answer)
    }

    pub(crate) fn value(&mut self, name: &str) -> (u32, Answer) {
        self.ask(value(name))
    }

    pub(crate) fn check(&mut self, grade: Grade, evidence: &[u32]) {
        let (check, summary) = ("switch".to_owned(), format!("{} has it", self.name));
        let evidence = evidence.to_vec();
        let finding = CheckFinding { check, subject: None, grade, summary, rows: vec![], evidence };
        self.so_far.assessment.checks.push(finding);
    }

    /// Judges an update by its only registry test.
    pub(crate) fn judge(&mut self, update: &Update) {
        let (evidence, answer) = self.value(&update.registry[0].name);
        let (status, verdict) = match answer {
            Answer::Known(_) => (UpdateStatus::Installed, Verdict::Passed),
            Answer::Absent => (UpdateStatus::Missing, Verdict::Failed),
            _ => (UpdateStatus::UnableToScan, Verdict::Unknown),
        };
        let test = TestResult { subject: TestSubject::Registry(0), verdict, evidence: Some(evidence) };
        self.report(update, status, vec![test]);
    }

    pub(crate) fn report(&mut self, update: &Update, status: UpdateStatus, tests: Vec<TestResult>) {
        self.so_far.assessment.updates.push(UpdateFinding {
            update: update.number,
            product: PRODUCT.into(),
            subject: None,
            status,
            reason: String::new(),
            tests,
            superseded_by: None,
        });
    }
}

impl Examiner for Double {
    fn description(&self) -> &Description {
        &self.description
    }

    fn digest(&self) -> &str {
        "double"
    }

    fn examine(&self, target: &Target, _: &Options, ask: &Ask<'_>) -> Examination {
        let mut talk = Talk {
            name: &target.name,
            updates: &self.updates,
            starved: self.fuel < 1000,
            ask,
            so_far: Examination { fuel: 1000, ..Examination::nothing(Outcome::Ok, None) },
        };
        talk.so_far.outcome = (self.behaviour)(&mut talk);
        talk.so_far
    }
}

pub(crate) fn value(name: &str) -> Question {
    Question::RegistryValue(RegistryValueName { key: KEY.into(), name: name.into() })
}

pub(crate) fn text(text: &str) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Text(text.into())))
}

/// The key itself, whose values are a list.
pub(crate) fn key() -> Question {
    Question::RegistryKey(KEY.into())
}

fn description() -> Description {
    let check = CheckDescription {
        id: "switch".into(),
        mbsa: None,
        title: String::new(),
        columns: vec![],
        explanation: String::new(),
    };
    Description {
        name: "double".into(),
        version: "0.1.0".into(),
        family: "double".into(),
        summary: String::new(),
        checks: vec![check],
        products: vec![PRODUCT.into()],
        scopes: vec![Scope::Registry(KEY.into()), Scope::System, Scope::Registry(PACKAGES.into())],
        settings: vec![],
    }
}

pub(crate) fn update(number: u32, superseded_by: &[u32]) -> Update {
    let product = Product { id: "1".into(), name: PRODUCT.into() };
    let by =
        |number: &u32| Superseding { bulletin: format!("EX-{number}"), updates: vec![*number], names_update: true };
    let test = RegistryTest {
        key: KEY.into(),
        name: format!("Update{number}"),
        change: Change::Add,
        expected: None,
        comparison: Comparison::Equal,
    };
    Update {
        bulletin: format!("EX-{number}"),
        severity: Severity::Critical,
        applies_to: vec![Applicability {
            product,
            service_packs: vec![],
            included_in: None,
            severity: None,
            fixed_build: None,
        }],
        registry: vec![test],
        superseded_by: superseded_by.iter().map(by).collect(),
        ..Update::numbered(number)
    }
}

/// A target with the switch at 1, a key with two values, and one of three updates installed.
fn target() -> Recording {
    let known = ["Switch", "Product", "Update1"].map(|name| (value(name), text("1")));
    let absent = ["Update2", "Update3", "Other"].map(|name| (value(name), Answer::Absent));
    let values = ["Switch", "Other"].map(|name| RegistryValue { name: name.into(), data: RegistryData::Dword(1) });
    let listing = RegistryKey { values: values.into(), subkeys: vec![], truncated: false, last_written: 0 };
    let listed = (key(), Answer::Known(Fact::RegistryKey(listing)));
    Recording::new("machine", "built by a test", known.into_iter().chain(absent).chain([listed]))
}

/// The result of every law, by name.
pub(crate) fn trials(behaviour: Behaviour) -> Vec<(&'static str, Trial)> {
    trials_on(behaviour, &[update(1, &[]), update(2, &[3]), update(3, &[])], &target())
}

/// The result of every law with these updates on this target, by name.
pub(crate) fn trials_on(behaviour: Behaviour, updates: &[Update], target: &Recording) -> Vec<(&'static str, Trial)> {
    let (description, options) = (description(), options());
    let made = |updates: &[Update], fuel| {
        Box::new(Double { behaviour, description: description.clone(), updates: updates.to_vec(), fuel })
    };
    let grants = Grants::declared(&description, updates);
    let examiner = made(updates, u64::MAX);
    let plugin = VettedPlugin {
        examiner: examiner.as_ref(),
        description: &description,
        updates,
        options: &options,
        grants: &grants,
        prepare: &|updates| Ok(made(updates, u64::MAX)),
        with_fuel: &|fuel| Ok(made(updates, *fuel)),
    };
    laws::ALL.iter().map(|law| (law.name(), law.try_on(&plugin, target))).collect()
}

pub(crate) fn broken(behaviour: Behaviour) -> Vec<(&'static str, String)> {
    let broken = trials(behaviour).into_iter().filter_map(|(law, trial)| Some((law, trial.broken?.what)));
    broken.collect()
}

pub(crate) fn is_known(answer: &Answer) -> bool {
    matches!(answer, Answer::Known(_) | Answer::Absent)
}

/// Keeps every law. The other doubles combine its parts, or leave some out.
pub(crate) fn honest(talk: &mut Talk<'_>) -> Outcome {
    if talk.starved {
        return Outcome::OutOfFuel;
    }
    let (evidence, answer) = talk.value("Switch");
    match answer {
        Answer::Known(_) => talk.check(Grade::Critical, &[evidence]),
        Answer::Absent => talk.check(Grade::Passed, &[evidence]),
        _ => talk.check(Grade::UnableToScan, &[evidence]),
    }
    talk.ask(key());
    judge_all(talk);
    Outcome::Ok
}

/// Judges each update for the product that no other in the list supersedes; cycles are judged.
fn judge_all(talk: &mut Talk<'_>) {
    let (_, product) = talk.value("Product");
    for update in talk.updates.iter().cloned() {
        if update.applies_to[0].product.name != PRODUCT || product == Answer::Absent {
            continue;
        }
        if !is_known(&product) {
            talk.report(&update, UpdateStatus::UnableToScan, vec![]);
            continue;
        }
        let in_circle = |newer: &u32| {
            let newer = talk.updates.iter().find(|other| other.number == *newer);
            newer.is_some_and(|newer| newer.superseded_by.iter().any(|by| by.updates.contains(&update.number)))
        };
        let mut newer = update.superseded_by.iter().flat_map(|by| &by.updates);
        match newer.any(|newer| !in_circle(newer)) {
            true => talk.report(&update, UpdateStatus::Superseded, vec![]),
            false => talk.judge(&update),
        }
    }
}
