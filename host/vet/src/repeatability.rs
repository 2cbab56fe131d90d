//! Laws about runs that must agree: repeated, alongside others, interpreted, and prepared in another way.

use wardline_contract::{Examination, Examiner, Question, Update};
use wardline_evidence::recording::{Conversation, Recording};

use super::law::{Case, CounterExample, Law, Remake, Subject, Trial};
use super::observation::converse;

/// The first difference between two examinations, in words. Costs are ignored.
pub fn difference(one: &Examination, other: &Examination) -> Option<String> {
    if one.outcome != other.outcome {
        return Some(format!("the outcome was {} and then {}", one.outcome.word(), other.outcome.word()));
    }
    let asked = |examination: &Examination| -> Vec<Question> {
        examination.exchanges.iter().map(|(question, _)| question.clone()).collect()
    };
    first("question", &asked(one), &asked(other))
        .or_else(|| first("check finding", &one.assessment.checks, &other.assessment.checks))
        .or_else(|| first("update finding", &one.assessment.updates, &other.assessment.updates))
        .or_else(|| first("product", &one.assessment.products, &other.assessment.products))
        .or_else(|| first("action", &one.actions, &other.actions))
}

/// The first index at which two lists differ, in words.
fn first<T: PartialEq>(name: &str, one: &[T], other: &[T]) -> Option<String> {
    let differs = one.iter().zip(other).position(|(one, other)| one != other);
    let place = differs.or_else(|| (one.len() != other.len()).then(|| one.len().min(other.len())))?;
    Some(format!("{name} {place} is not the same (of {} and of {}, counted from 0)", one.len(), other.len()))
}

fn look(subject: &Subject<'_>, examiner: &dyn Examiner, target: &Recording) -> Examination {
    converse(examiner, subject.options, subject.grants, target)
}

fn broken(subject: &Subject<'_>, target: &Recording, what: String, examinations: [Examination; 2]) -> CounterExample {
    let case = |examination: Examination| Case {
        target: target.clone(),
        conversation: Conversation::new(
            subject.examiner,
            subject.options,
            subject.updates,
            subject.grants,
            &examination,
        )
        .on_its_own(subject.updates),
        examination,
    };
    CounterExample { what, cases: examinations.map(case).into() }
}

/// The laws of this file, in report order.
pub(super) fn all<'a>(
    company: &'a CompanyChangesNothing<'_>,
    interpreted: &'a InterpretedAsCompiled<'_>,
) -> [&'a dyn Law; 4] {
    [&SameAgain, company, interpreted, &SnapshotChangesNothing]
}

/// Repeats one conversation.
#[derive(Clone, Copy, Debug)]
pub struct SameAgain;

/// The number of repetitions after the first conversation.
const REPETITIONS: u64 = 3;

impl Law for SameAgain {
    fn name(&self) -> &'static str {
        "same-findings-again"
    }

    fn explanation(&self) -> &'static str {
        "Asked the same and answered the same, a plugin says the same, and uses the same fuel. Otherwise no finding could be \
         shown to anybody else."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let first = look(subject, subject.examiner, target);
        for case in 1..=REPETITIONS {
            let again = look(subject, subject.examiner, target);
            let differs = difference(&first, &again).or_else(|| {
                let (one, other) = (first.fuel, again.fuel);
                (one != other).then(|| format!("it used {one} fuel and then {other}"))
            });
            if let Some(what) = differs {
                let what = format!("in conversation {} of the same kind {what}", case + 1);
                return Trial { cases: case, broken: Some(broken(subject, target, what, [first, again])) };
            }
        }
        Trial { cases: REPETITIONS, broken: None }
    }
}

/// Holds a conversation after others and concurrently with others.
#[derive(Clone, Copy, Debug)]
pub struct CompanyChangesNothing<'a> {
    /// The fleet that the other targets are taken from.
    pub fleet: &'a [Recording],
}

/// The number of targets examined before, and again concurrently.
const COMPANY: usize = 4;

impl Law for CompanyChangesNothing<'_> {
    fn name(&self) -> &'static str {
        "order-and-company-change-nothing"
    }

    fn explanation(&self) -> &'static str {
        "What is found on a target does not depend on which targets were looked at before it, or at the same time. Otherwise \
         one machine's state would reach another machine's report."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let alone = look(subject, subject.examiner, target);
        let own = self.fleet.iter().position(|other| std::ptr::eq(other, target)).unwrap_or(0);
        let others = || self.fleet.iter().cycle().skip(own + 1).take(COMPANY.min(self.fleet.len()));
        // Backwards, so that the order differs from the fleet's.
        let before: Vec<&Recording> = others().collect();
        for other in before.iter().rev() {
            look(subject, subject.examiner, other);
        }
        let after = look(subject, subject.examiner, target);
        let beside = std::thread::scope(|scope| {
            let company = std::thread::Builder::new().spawn_scoped(scope, || {
                for other in others() {
                    look(subject, subject.examiner, other);
                }
            });
            let company = company.ok()?;
            let beside = look(subject, subject.examiner, target);
            // The results of the other targets do not matter here.
            drop(company.join());
            Some(beside)
        });
        // The law cannot be tried without a thread for the other targets.
        let Some(beside) = beside else { return Trial { cases: 0, broken: None } };
        for (case, (when, then)) in (1..).zip([("after other targets", after), ("beside other targets", beside)]) {
            if let Some(what) = difference(&alone, &then) {
                let what = format!("looked at {when}, {what}");
                return Trial { cases: case, broken: Some(broken(subject, target, what, [alone, then])) };
            }
        }
        Trial { cases: 2, broken: None }
    }
}

/// Runs the plugin on the interpreter.
pub struct InterpretedAsCompiled<'a> {
    /// The plugin on the interpreter, prepared in the same way as the subject's own examiner.
    pub interpreted: &'a Remake<'a, [Update]>,
}

impl std::fmt::Debug for InterpretedAsCompiled<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("InterpretedAsCompiled")
    }
}

impl Law for InterpretedAsCompiled<'_> {
    fn name(&self) -> &'static str {
        "interpreted-as-compiled"
    }

    fn explanation(&self) -> &'static str {
        "Carried out by wasmtime's interpreter, Pulley, a plugin says the same for the same fuel as compiled by Cranelift. \
         Findings do not depend on the processor, and a mistake of the compiler would show."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let Ok(interpreted) = (self.interpreted)(subject.updates) else { return Trial { cases: 0, broken: None } };
        let one = look(subject, subject.examiner, target);
        let other = look(subject, interpreted.as_ref(), target);
        let differs = difference(&one, &other)
            .or_else(|| (one.fuel != other.fuel).then(|| format!("it used {} fuel and then {}", one.fuel, other.fuel)));
        let what = differs.map(|what| format!("compiled and interpreted, {what}"));
        Trial { cases: 1, broken: what.map(|what| broken(subject, target, what, [one, other])) }
    }
}

/// Prepares in the instance that holds the conversation instead of ahead of time.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotChangesNothing;

impl Law for SnapshotChangesNothing {
    fn name(&self) -> &'static str {
        "snapshot-changes-nothing"
    }

    fn explanation(&self) -> &'static str {
        "Findings are the same whether the plugin starts from the memory that it prepared ahead or prepares in each instance. \
         Otherwise the snapshot would have lost or kept something that matters."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let Ok(prepares) = (subject.prepare)(subject.updates) else { return Trial { cases: 0, broken: None } };
        let one = look(subject, subject.examiner, target);
        let other = look(subject, prepares.as_ref(), target);
        let what = difference(&one, &other).map(|what| format!("from the snapshot and without it, {what}"));
        Trial { cases: 1, broken: what.map(|what| broken(subject, target, what, [one, other])) }
    }
}
