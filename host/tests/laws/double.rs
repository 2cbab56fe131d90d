//! Plugins that are closures: each law is broken by one that is written to break it, and kept by one that is honest.

use wardline::contract::{
    Action, Answer, Applicability, Change, CheckDescription, CheckFinding, Comparison, Description, Fact, FindingId,
    Grade, Operation, Options, Product, Question, RegistryData, RegistryTest, RegistryValueName, Scope, Severity,
    Superseding, Target, TestResult, TestSubject, Update, UpdateFinding, UpdateStatus, Verdict,
};
use wardline::evidence::recording::Recording;
use wardline::evidence::scopes::Scopes;
use wardline::sandbox::{Examination, Examiner, Outcome};
use wardline::scan::Permit;
use wardline::vet::{Subject, Trial, laws};

use crate::fleet::options;

const KEY: &str = r"HKLM\SOFTWARE\Example";
const PRODUCT: &str = "Example 1.0";

/// How a double behaves.
type Behaviour = fn(&mut Talk<'_>) -> Outcome;

struct Double {
    behaviour: Behaviour,
    description: Description,
    updates: Vec<Update>,
    fuel: u64,
}

/// One conversation of a double.
struct Talk<'a> {
    name: &'a str,
    updates: &'a [Update],
    /// Whether it runs out of fuel before its end.
    starved: bool,
    ask: &'a dyn Fn(&Question) -> Answer,
    so_far: Examination,
}

impl Talk<'_> {
    fn ask(&mut self, question: Question) -> (u32, Answer) {
        let answer = (self.ask)(&question);
        self.so_far.exchanges.push((question, answer.clone()));
        (self.so_far.exchanges.len() as u32 - 1, answer)
    }

    fn value(&mut self, name: &str) -> (u32, Answer) {
        self.ask(value(name))
    }

    fn check(&mut self, grade: Grade, evidence: &[u32]) {
        let (check, summary) = ("switch".to_owned(), format!("{} has it", self.name));
        let evidence = evidence.to_vec();
        let finding = CheckFinding { check, subject: None, grade, summary, rows: vec![], evidence };
        self.so_far.assessment.checks.push(finding);
    }

    /// Judges an update by its one registry test.
    fn judge(&mut self, update: &Update) {
        let (evidence, answer) = self.value(&update.registry[0].name);
        let (status, verdict) = match answer {
            Answer::Known(_) => (UpdateStatus::Installed, Verdict::Passed),
            Answer::Absent => (UpdateStatus::Missing, Verdict::Failed),
            _ => (UpdateStatus::UnableToScan, Verdict::Unknown),
        };
        let test = TestResult { subject: TestSubject::Registry(0), verdict, evidence: Some(evidence) };
        self.report(update, status, vec![test]);
    }

    fn report(&mut self, update: &Update, status: UpdateStatus, tests: Vec<TestResult>) {
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

    fn examine(&self, target: &Target, _: &Options, ask: &dyn Fn(&Question) -> Answer) -> Examination {
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

fn value(name: &str) -> Question {
    Question::RegistryValue(RegistryValueName { key: KEY.into(), name: name.into() })
}

fn text(text: &str) -> Answer {
    Answer::Known(Fact::RegistryValue(RegistryData::Text(text.into())))
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
        scopes: vec![Scope::Registry(KEY.into())],
        settings: vec![],
    }
}

fn update(number: u32, superseded_by: &[u32]) -> Update {
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
        number,
        bulletin: format!("EX-{number}"),
        article: String::new(),
        title: String::new(),
        package: String::new(),
        url: None,
        posted: None,
        severity: Severity::Critical,
        cves: vec![],
        restart: false,
        applies_to: vec![Applicability {
            product,
            service_packs: vec![],
            included_in: None,
            severity: None,
            fixed_build: None,
        }],
        files: vec![],
        registry: vec![test],
        superseded_by: superseded_by.iter().map(by).collect(),
        notes: vec![],
        language: None,
    }
}

/// A target with the switch at 1, and one of three updates installed.
fn target() -> Recording {
    let known = ["Switch", "Product", "Update1"].map(|name| (value(name), text("1")));
    let absent = ["Update2", "Update3", "Other"].map(|name| (value(name), Answer::Absent));
    Recording::new("machine", "built by a test", known.into_iter().chain(absent))
}

/// What becomes of every law, by name.
fn trials(behaviour: Behaviour) -> Vec<(&'static str, Trial)> {
    let (description, options) = (description(), options());
    let updates = [update(1, &[]), update(2, &[3]), update(3, &[])];
    let made = |updates: &[Update], fuel| {
        Box::new(Double { behaviour, description: description.clone(), updates: updates.to_vec(), fuel })
    };
    let scopes = Scopes::new(&description, &updates);
    let permit: Box<Permit> = Box::new(move |question| scopes.check(question));
    let examiner = made(&updates, u64::MAX);
    let subject = Subject {
        examiner: examiner.as_ref(),
        description: &description,
        updates: &updates,
        options: &options,
        permit: permit.as_ref(),
        prepare: &|updates| Ok(made(updates, u64::MAX)),
        with_fuel: &|fuel| Ok(made(&updates, *fuel)),
    };
    let target = target();
    laws::ALL.iter().map(|law| (law.name(), law.try_on(&subject, &target))).collect()
}

fn broken(behaviour: Behaviour) -> Vec<(&'static str, String)> {
    let broken = trials(behaviour).into_iter().filter_map(|(law, trial)| Some((law, trial.broken?.what)));
    broken.collect()
}

fn is_known(answer: &Answer) -> bool {
    matches!(answer, Answer::Known(_) | Answer::Absent)
}

/// Keeps every law: the parts of it that others are made of, and what they leave out.
fn honest(talk: &mut Talk<'_>) -> Outcome {
    if talk.starved {
        return Outcome::OutOfFuel;
    }
    let (evidence, answer) = talk.value("Switch");
    match answer {
        Answer::Known(_) => talk.check(Grade::Critical, &[evidence]),
        Answer::Absent => talk.check(Grade::Passed, &[evidence]),
        _ => talk.check(Grade::UnableToScan, &[evidence]),
    }
    judge_all(talk);
    Outcome::Ok
}

/// Each update for the product that no other in the list supersedes; circles are judged.
fn judge_all(talk: &mut Talk<'_>) {
    let (_, product) = talk.value("Product");
    for update in talk.updates.to_vec() {
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

#[test]
fn an_honest_plugin_keeps_every_law_and_every_law_is_tried() {
    for (law, trial) in trials(honest) {
        assert!(trial.broken.is_none(), "{law}: {:?}", trial.broken);
        assert!(trial.cases > 1, "{law} was tried {} times", trial.cases);
    }
}

#[test]
fn a_plugin_that_fails_on_a_forged_answer_is_caught() {
    let ways: [(Behaviour, &str); 4] = [
        (|talk| trapped_if(talk, |answer| matches!(answer, Answer::Known(Fact::Volumes(_)))), "another kind"),
        (|talk| trapped_if(talk, |answer| *answer == Answer::Unsupported), "unsupported"),
        (
            |talk| {
                let binary =
                    |answer: &Answer| matches!(answer, Answer::Known(Fact::RegistryValue(RegistryData::Binary(_))));
                trapped_if(talk, binary)
            },
            "another type",
        ),
        (|talk| trapped_if(talk, |answer| *answer == text("")), "empty texts"),
    ];
    for (behaviour, words) in ways {
        let found = broken(behaviour);
        assert_eq!(found[0].0, "never-fails", "{found:?}");
        assert!(found[0].1.contains(words), "{found:?}");
    }
}

/// Honest, but for the answers that fell it.
fn trapped_if(talk: &mut Talk<'_>, fells: impl Fn(&Answer) -> bool) -> Outcome {
    let (_, answer) = talk.value("Switch");
    if fells(&answer) { Outcome::Trapped } else { honest(talk) }
}

/// Honest, but for a text that ends it in this way.
fn ended_if(talk: &mut Talk<'_>, by: impl Fn(&str) -> bool, outcome: Outcome) -> Outcome {
    match talk.value("Switch").1 {
        Answer::Known(Fact::RegistryValue(RegistryData::Text(text))) if by(&text) => outcome,
        _ => honest(talk),
    }
}

#[test]
fn a_plugin_that_says_something_though_it_was_ended_is_caught() {
    let found = broken(|talk| {
        let starved = std::mem::replace(&mut talk.starved, false);
        let outcome = honest(talk);
        if starved { Outcome::OutOfFuel } else { outcome }
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "ended-by-fuel-says-nothing");

    let found = broken(|talk| if talk.starved { Outcome::Ok } else { honest(talk) });
    assert!(found[0].1.contains("other findings"), "{found:?}");
}

#[test]
fn a_plugin_that_asks_outside_where_it_is_led_there_is_caught() {
    let found = broken(|talk| {
        if matches!(talk.value("Switch").1, Answer::Absent) {
            talk.ask(Question::Accounts);
        }
        honest(talk)
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "asks-only-what-it-declares");
}

#[test]
fn every_way_of_calling_the_unknown_good_is_caught() {
    let ways: [(Behaviour, &str); 6] = [
        // What cannot be read is taken for what is not there.
        (
            |talk| {
                let (evidence, answer) = talk.value("Switch");
                let grade = if matches!(answer, Answer::Known(_)) { Grade::Critical } else { Grade::Passed };
                let evidence = [evidence];
                talk.check(grade, if is_known(&answer) { &evidence } else { &[] });
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // A finding vanishes.
        (
            |talk| {
                let (evidence, answer) = talk.value("Switch");
                if is_known(&answer) {
                    talk.check(Grade::Critical, &[evidence]);
                }
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // It does not apply, says who could not read it.
        (
            |talk| {
                let (evidence, answer) = talk.value("Switch");
                let grade = if is_known(&answer) { Grade::Critical } else { Grade::NotPerformed };
                talk.check(grade, &[evidence]);
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // Evidence that was not told.
        (
            |talk| {
                let (first, switch) = talk.value("Switch");
                let (second, other) = talk.value("Other");
                let unknown = !is_known(&switch) && !is_known(&other);
                talk.check(if unknown { Grade::UnableToScan } else { Grade::Passed }, &[first, second]);
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // An update that was missing is installed.
        (
            |talk| {
                let update = talk.updates[0].clone();
                let (_, answer) = talk.value("Other");
                let status = if answer == Answer::Absent { UpdateStatus::Missing } else { UpdateStatus::Installed };
                talk.report(&update, status, vec![]);
                talk.check(if is_known(&answer) { Grade::Critical } else { Grade::UnableToScan }, &[]);
                Outcome::Ok
            },
            "missing-evidence-is-never-passed",
        ),
        // Passed whatever comes, as long as anything at all is known.
        (
            |talk| {
                let (evidence, switch) = talk.value("Switch");
                let known = is_known(&switch) || is_known(&talk.value("Other").1);
                let evidence = [evidence];
                let named: &[u32] = if is_known(&switch) { &evidence } else { &[] };
                talk.check(if known { Grade::Passed } else { Grade::UnableToScan }, named);
                Outcome::Ok
            },
            "removed-evidence-gives-unknown",
        ),
    ];
    for (place, (behaviour, law)) in ways.into_iter().enumerate() {
        let found = broken(behaviour);
        assert!(found.iter().any(|(broken, _)| *broken == law), "{place}: {found:?}");
    }
}

#[test]
fn a_plugin_that_looks_at_the_name_is_caught_and_one_that_repeats_it_is_not() {
    let found = broken(|talk| {
        if talk.name.len() > 40 {
            return Outcome::Ok;
        }
        honest(talk)
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "renaming-changes-nothing");
}

#[test]
fn a_plugin_that_depends_on_the_catalog_s_order_is_caught() {
    let orders: [Behaviour; 2] = [
        |talk| {
            if let Some(first) = talk.updates.first().cloned() {
                talk.judge(&first);
            }
            Outcome::Ok
        },
        // Its numbers are none of its business either.
        |talk| {
            for update in talk.updates.iter().filter(|update| update.number < 4).cloned().collect::<Vec<_>>() {
                talk.judge(&update);
            }
            Outcome::Ok
        },
    ];
    for behaviour in orders {
        let found = broken(behaviour);
        assert!(found.iter().any(|(law, _)| *law == "order-of-updates-changes-nothing"), "{found:?}");
    }
}

#[test]
fn a_plugin_that_names_an_update_beside_its_successor_or_neither_is_caught() {
    let ways: [(Behaviour, &str); 2] = [
        (
            |talk| {
                talk.updates.to_vec().iter().for_each(|update| talk.judge(update));
                Outcome::Ok
            },
            "missing 2 times",
        ),
        (
            |talk| {
                for update in talk.updates.to_vec() {
                    match update.superseded_by.is_empty() && update.number < 4 {
                        true => talk.judge(&update),
                        false => talk.report(&update, UpdateStatus::Superseded, vec![]),
                    }
                }
                Outcome::Ok
            },
            "any more",
        ),
    ];
    for (behaviour, words) in ways {
        let found = broken(behaviour);
        let law = found.iter().find(|(law, _)| *law == "superseding-adds-nothing-missing");
        assert!(law.is_some_and(|(_, what)| what.contains(words)), "{found:?}");
    }
}

#[test]
fn a_plugin_that_hostile_text_fells_is_caught_and_a_long_text_may_meet_a_limit() {
    let ways: [(Behaviour, bool); 4] = [
        (|talk| ended_if(talk, |text| text.contains('\0'), Outcome::Trapped), true),
        (|talk| ended_if(talk, |text| text.contains('\0'), Outcome::OutputTooLarge), true),
        (|talk| ended_if(talk, |text| text.len() > 1000, Outcome::OutputTooLarge), false),
        (|talk| ended_if(talk, |text| text.len() > 1000, Outcome::Trapped), true),
    ];
    for (place, (behaviour, caught)) in ways.into_iter().enumerate() {
        let found = broken(behaviour);
        let laws: Vec<_> = found.iter().map(|(law, _)| *law).collect();
        assert_eq!(laws, if caught { &["hostile-text-stays-text"][..] } else { &[] }, "{place}: {found:?}");
    }
}

#[test]
fn what_an_action_says_counts_as_well() {
    let found = broken(|talk| {
        let outcome = honest(talk);
        if outcome == Outcome::Ok {
            talk.so_far.actions.push(Action {
                mends: FindingId::Check(0),
                operation: Operation::ManualStep(format!("Look at it {} times.", talk.name.len())),
                undo: vec![],
                restart: false,
                risk: None,
                article: None,
            });
        }
        outcome
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("actions.0.operation"), "{found:?}");
}
