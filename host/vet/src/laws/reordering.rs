//! The order and the numbers of the catalog's updates affect nothing, nor do updates for products that the target does not
//! have.

use std::collections::HashMap;

use serde_json::{Value, json};
use wardline_contract::{Applicability, Examination, Operation, Outcome, Product, Question, Update};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, ending};
use super::variant::{Variant, free_numbers};
use super::words;
use crate::{Law, Subject, Trial};

/// A product that no target has.
const NOWHERE: &str = "Product That Is Installed Nowhere 1.0";

/// With the updates in another order and under other numbers, and with an additional one for a product that the target does not
/// have, the findings and actions are the same except for the numbers and the order in which they are reported.
#[derive(Clone, Copy, Debug)]
pub struct Reordering;

impl Law for Reordering {
    fn name(&self) -> &'static str {
        "order-of-updates-changes-nothing"
    }

    fn explanation(&self) -> &'static str {
        "What is found does not depend on the order in which a catalog lists its updates, on the numbers that they get in a scan, or \
         on updates for products that the target has not. Two catalogs that say the same have to be judged the same."
    }

    fn try_on(&self, subject: &Subject<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(subject, target);
        let Some(last) = subject.updates.last() else { return attempt.not_tried() };
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let expected = said(&plain, &HashMap::new());
        let (renumbered, numbers) = reversed(subject.updates);
        let with_more: Vec<Update> =
            std::iter::once(elsewhere(subject.updates, last)).chain(subject.updates.iter().cloned()).collect();
        for (updates, numbers, words) in [
            (renumbered, numbers, "the updates in reverse order and under other numbers"),
            (with_more, HashMap::new(), "an update for a product that the target has not"),
        ] {
            let variant = Variant::of(&attempt, &updates);
            let examination = variant.converse(&attempt);
            let wrong = match examination.outcome {
                Outcome::Ok => difference(&expected, &said(&examination, &numbers)),
                _ => Some(format!("the plugin ends as {}", ending(&examination))),
            };
            if let Some(wrong) = wrong {
                let what = format!("With {words} {wrong}.");
                let case = attempt.case_of(variant.speaking(&attempt), target.name(), examination);
                return attempt.broken(what, vec![attempt.case(plain), case]);
            }
        }
        attempt.kept()
    }
}

/// The updates in reverse order with new numbers, and a map from the new numbers to the old.
fn reversed(updates: &[Update]) -> (Vec<Update>, HashMap<u32, u32>) {
    let new: HashMap<u32, u32> = updates.iter().map(|update| update.number).zip(free_numbers(updates)).collect();
    let renumbered = updates.iter().rev().map(|update| {
        let mut update = update.clone();
        update.number = new[&update.number];
        for number in update.superseded_by.iter_mut().flat_map(|by| &mut by.updates) {
            // A catalog may name an update that it does not hold.
            *number = new.get(number).copied().unwrap_or(*number);
        }
        update
    });
    (renumbered.collect(), new.iter().map(|(old, new)| (*new, *old)).collect())
}

fn elsewhere(updates: &[Update], like: &Update) -> Update {
    let product = Product { id: NOWHERE.to_owned(), name: NOWHERE.to_owned() };
    Update {
        number: free_numbers(updates).next().unwrap_or_default(),
        bulletin: "ADDED-1".to_owned(),
        applies_to: vec![Applicability {
            product,
            service_packs: Vec::new(),
            included_in: None,
            severity: None,
            fixed_build: None,
        }],
        superseded_by: Vec::new(),
        ..like.clone()
    }
}

/// All findings and actions, sorted, without the numbers of questions and findings. `numbers` maps an update's number to its
/// original one.
fn said(examination: &Examination, numbers: &HashMap<u32, u32>) -> Vec<String> {
    let had = |number: u32| numbers.get(&number).copied().unwrap_or(number);
    let asked = |number: u32| -> Option<&Question> { Some(&examination.exchanges.get(number as usize)?.0) };
    let found = &examination.assessment;
    let products = found.products.iter().map(|product| json!({ "product": product }));
    let checks: Vec<Value> = found
        .checks
        .iter()
        .map(|finding| {
            let mut value = json!({ "check": finding });
            value["check"]["evidence"] = finding.evidence.iter().map(|&number| json!(asked(number))).collect();
            value
        })
        .collect();
    let updates: Vec<Value> = found
        .updates
        .iter()
        .map(|finding| {
            let mut value = json!({ "update": finding });
            value["update"]["update"] = json!(had(finding.update));
            let tests = finding.tests.iter();
            value["update"]["tests"] =
                tests.map(|test| json!([test.subject, test.verdict, test.evidence.map(asked)])).collect();
            value
        })
        .collect();
    let actions = examination.actions.iter().map(|action| {
        let mut action = action.clone();
        for operation in std::iter::once(&mut action.operation).chain(&mut action.undo) {
            if let Operation::InstallUpdate(install) = operation {
                install.update = had(install.update);
            }
        }
        let mended = match action.mends {
            wardline_contract::FindingId::Check(place) => checks.get(place as usize),
            wardline_contract::FindingId::Update(place) => updates.get(place as usize),
        };
        let mut value = json!({ "action": action });
        value["action"]["mends"] = json!(mended);
        value
    });
    let mut all: Vec<String> = actions
        .chain(products)
        .chain(checks.iter().cloned())
        .chain(updates.iter().cloned())
        .map(|it| it.to_string())
        .collect();
    all.sort_unstable();
    all
}

fn difference(before: &[String], after: &[String]) -> Option<String> {
    let only_in = |these: &[String], those: &[String]| these.iter().find(|it| !those.contains(it)).cloned();
    if before == after {
        return None;
    }
    Some(match (only_in(after, before), only_in(before, after)) {
        (Some(new), Some(old)) => {
            format!("this is said: {}; and this is not: {}", words::short(&new), words::short(&old))
        }
        (Some(new), None) => format!("this is said besides: {}", words::short(&new)),
        (None, Some(old)) => format!("this is not said any more: {}", words::short(&old)),
        (None, None) => format!("{} findings and actions are reported and not {}", after.len(), before.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::variant::tests::update;
    use super::*;
    use wardline_contract::Superseding;

    #[test]
    fn reversed_updates_say_the_same_under_other_numbers() {
        let by = Superseding { bulletin: "EX-003".into(), updates: vec![3, 99], names_update: true };
        let updates = [Update { superseded_by: vec![by], ..update(1) }, update(3)];
        let (reversed, numbers) = reversed(&updates);
        let found: Vec<_> = reversed.iter().map(|update| (update.bulletin.as_str(), update.number)).collect();
        assert_eq!(found, [("EX-003", 5), ("EX-001", 4)]);
        assert_eq!(reversed[1].superseded_by[0].updates, [5, 99]);
        assert_eq!(numbers, HashMap::from([(5, 3), (4, 1)]));
    }
}
