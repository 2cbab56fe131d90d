//! The order and the numbers of the catalog's updates affect nothing, nor do updates for products that the target does not
//! have.

use std::collections::HashMap;

use wardline_contract::compare::{Closeness, compare};
use wardline_contract::{Applicability, Examination, Operation, Outcome, Product, Update};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, ending};
use super::variant::{Variant, free_numbers};
use crate::{Law, Trial, VettedPlugin};

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
        "Findings do not depend on the order in which a catalog lists its updates, on their numbers in a scan, or on updates for \
         products that the target does not have. Two catalogs with the same content must give the same findings."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(last) = plugin.updates.last() else { return attempt.not_tried() };
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        let (renumbered, numbers) = reversed(plugin.updates);
        let with_more: Vec<Update> =
            std::iter::once(elsewhere(plugin.updates, last)).chain(plugin.updates.iter().cloned()).collect();
        for (updates, numbers, words) in [
            (renumbered, numbers, "the updates in reverse order and under other numbers"),
            (with_more, HashMap::new(), "an additional update for a product that the target does not have"),
        ] {
            let variant = Variant::of(&attempt, &updates);
            let examination = variant.converse(&attempt);
            let wrong = match examination.outcome {
                Outcome::Ok => {
                    let after = with_numbers(&examination, &numbers);
                    let differences = compare(&(&plain).into(), &(&after).into(), &attempt.names, Closeness::AnyOrder);
                    differences.first().map(ToString::to_string)
                }
                _ => Some(format!("the plugin ends as {}", ending(&examination))),
            };
            if let Some(wrong) = wrong {
                let what = format!("With {words}, {wrong}.");
                let case = attempt.case_of(variant.setup(&attempt), target.name(), examination);
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

/// The examination with each update's original number, which `numbers` maps the new ones to.
fn with_numbers(examination: &Examination, numbers: &HashMap<u32, u32>) -> Examination {
    let mut examination = examination.clone();
    let original = |number: &mut u32| *number = numbers.get(number).copied().unwrap_or(*number);
    examination.assessment.updates.iter_mut().for_each(|finding| original(&mut finding.update));
    for action in &mut examination.actions {
        for operation in std::iter::once(&mut action.operation).chain(&mut action.undo) {
            if let Operation::InstallUpdate(install) = operation {
                original(&mut install.update);
            }
        }
    }
    examination
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
