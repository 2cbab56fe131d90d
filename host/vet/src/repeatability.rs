//! Laws about runs that must agree: repeated, alongside others, interpreted, and prepared in another way.

use wardline_contract::compare::{Closeness, Difference, Names, compare};
use wardline_contract::{Examination, Examiner, Update};
use wardline_evidence::recording::{Conversation, Recording};

use super::law::{Case, CounterExample, Law, Remake, Trial, VettedPlugin};
use super::observation::converse;

/// The first difference between two examinations, in words. Costs are ignored.
fn difference(plugin: &VettedPlugin<'_>, one: &Examination, other: &Examination) -> Option<String> {
    let names = Names::new(plugin.updates);
    compare(&one.into(), &other.into(), &names, Closeness::Exact).first().map(Difference::to_string)
}

/// The same, or the difference in fuel.
fn difference_or_fuel(plugin: &VettedPlugin<'_>, one: &Examination, other: &Examination) -> Option<String> {
    let fuel = || (one.fuel != other.fuel).then(|| format!("fuel is {}, was {}", other.fuel, one.fuel));
    difference(plugin, one, other).or_else(fuel)
}

fn look(plugin: &VettedPlugin<'_>, examiner: &dyn Examiner, target: &Recording) -> Examination {
    converse(examiner, plugin.options, plugin.grants, target)
}

fn broken(
    plugin: &VettedPlugin<'_>,
    target: &Recording,
    what: String,
    examinations: [Examination; 2],
) -> CounterExample {
    let case = |examination: Examination| Case {
        target: target.clone(),
        conversation: Conversation::new(plugin.examiner, plugin.options, plugin.updates, plugin.grants, &examination)
            .on_its_own(plugin.updates),
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
        "With the same answers, a plugin reports the same findings and uses the same fuel. Otherwise nobody could reproduce a \
         finding."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let first = look(plugin, plugin.examiner, target);
        for case in 1..=REPETITIONS {
            let again = look(plugin, plugin.examiner, target);
            if let Some(what) = difference_or_fuel(plugin, &first, &again) {
                let what = format!("In repetition {case} of the same conversation, {what}.");
                return Trial { cases: case, broken: Some(broken(plugin, target, what, [first, again])) };
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
        "Findings on a target do not depend on which targets are examined before it or at the same time. Otherwise one machine's \
         state would reach another machine's report."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let alone = look(plugin, plugin.examiner, target);
        let own = self.fleet.iter().position(|other| std::ptr::eq(other, target)).unwrap_or(0);
        let others = || self.fleet.iter().cycle().skip(own + 1).take(COMPANY.min(self.fleet.len()));
        // Backwards, so that the order differs from the fleet's.
        let before: Vec<&Recording> = others().collect();
        for other in before.iter().rev() {
            look(plugin, plugin.examiner, other);
        }
        let after = look(plugin, plugin.examiner, target);
        let beside = std::thread::scope(|scope| {
            let company = std::thread::Builder::new().spawn_scoped(scope, || {
                for other in others() {
                    look(plugin, plugin.examiner, other);
                }
            });
            let company = company.ok()?;
            let beside = look(plugin, plugin.examiner, target);
            // The results of the other targets do not matter here.
            drop(company.join());
            Some(beside)
        });
        // The law cannot be tried without a thread for the other targets.
        let Some(beside) = beside else { return Trial { cases: 0, broken: None } };
        for (case, (when, then)) in
            (1..).zip([("after other targets", after), ("concurrently with other targets", beside)])
        {
            if let Some(what) = difference(plugin, &alone, &then) {
                let what = format!("Examined {when} rather than alone, {what}.");
                return Trial { cases: case, broken: Some(broken(plugin, target, what, [alone, then])) };
            }
        }
        Trial { cases: 2, broken: None }
    }
}

/// Runs the plugin on the interpreter.
pub struct InterpretedAsCompiled<'a> {
    /// The plugin on the interpreter, prepared in the same way as the vetted plugin's own examiner.
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
        "In wasmtime's interpreter, Pulley, a plugin reports the same findings for the same fuel as compiled by Cranelift. Findings \
         do not depend on the processor, and a compiler bug would show."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let Ok(interpreted) = (self.interpreted)(plugin.updates) else { return Trial { cases: 0, broken: None } };
        let one = look(plugin, plugin.examiner, target);
        let other = look(plugin, interpreted.as_ref(), target);
        let what =
            difference_or_fuel(plugin, &one, &other).map(|what| format!("Interpreted rather than compiled, {what}."));
        Trial { cases: 1, broken: what.map(|what| broken(plugin, target, what, [one, other])) }
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
        "Findings are the same whether the plugin starts from a snapshot of its prepared memory or prepares in each instance. \
         Otherwise the snapshot would lose or keep something that matters."
    }

    fn is_always_tried(&self) -> bool {
        true
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let Ok(prepares) = (plugin.prepare)(plugin.updates) else { return Trial { cases: 0, broken: None } };
        let one = look(plugin, plugin.examiner, target);
        let other = look(plugin, prepares.as_ref(), target);
        let what = difference(plugin, &one, &other).map(|what| format!("Without the snapshot, {what}."));
        Trial { cases: 1, broken: what.map(|what| broken(plugin, target, what, [one, other])) }
    }
}
