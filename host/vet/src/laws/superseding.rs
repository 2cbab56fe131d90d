//! An update that supersedes another changes which one is named, and nothing else.

use std::collections::HashMap;

use wardline_contract::compare::Names;
use wardline_contract::{Assessment, Outcome, Superseding as Supersedence, Update, UpdateFinding, UpdateStatus};
use wardline_evidence::Source as _;
use wardline_evidence::recording::Recording;

use super::attempt::{Attempt, ending};
use super::variant::{Variant, free_numbers};
use super::words;
use crate::{Law, Trial, VettedPlugin};

/// Adds to each update one that supersedes it and has exactly its tests.
///
/// * If an update is judged and not missing, the one that supersedes it is not missing.
/// * If it is missing, one of the two is missing or unable to scan, and the two are never both missing.
/// * The same applies to a chain, in which a third update supersedes the second.
/// * If the two supersede each other in a cycle, the conversation ends well, and a missing update is not lost: at least one of
///   them is missing or unable to scan. Both may be.
///
/// *Judged* means installed, missing, pending restart, a warning or a note on the unmodified target; an update that is
/// superseded or unable to scan there says nothing about its successor.
#[derive(Clone, Copy, Debug)]
pub struct SupersedingUpdate;

impl Law for SupersedingUpdate {
    fn name(&self) -> &'static str {
        "superseding-adds-nothing-missing"
    }

    fn explanation(&self) -> &'static str {
        "An update that supersedes another and has the same tests is missing only where the other was, and is then reported \
         instead of it, not next to it, also in chains and cycles. Otherwise every new bulletin would change the past."
    }

    fn try_on(&self, plugin: &VettedPlugin<'_>, target: &Recording) -> Trial {
        let attempt = Attempt::new(plugin, target);
        let Some(plain) = attempt.plain_and_well() else { return attempt.not_tried() };
        if !plain.assessment.updates.iter().any(|finding| is_judged(finding.status)) {
            return attempt.not_tried();
        }
        for shape in [Shape::One, Shape::Chain, Shape::Circle] {
            let (updates, newer) = superseded(plugin.updates, shape);
            let variant = Variant::of(&attempt, &updates);
            let examination = variant.converse(&attempt);
            let wrong = match examination.outcome {
                Outcome::Ok => added(&plain.assessment, &examination.assessment, &newer, shape, &attempt.names),
                _ => Some(format!("the plugin ends as {}", ending(&examination))),
            };
            if let Some(wrong) = wrong {
                let what = format!("With {}, {wrong}.", shape.words());
                let case = attempt.case_of(variant.setup(&attempt), target.name(), examination);
                return attempt.broken(what, vec![attempt.case(plain), case]);
            }
        }
        attempt.kept()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    One,
    Chain,
    Circle,
}

impl Shape {
    fn words(self) -> &'static str {
        match self {
            Shape::One => "an update added to each that supersedes it and has the same tests",
            Shape::Chain => "a chain of two updates added to each that supersede it and have the same tests",
            Shape::Circle => "an update added to each that supersedes it, is superseded by it and has the same tests",
        }
    }
}

/// The updates that were added to supersede an update, by its number.
type Newer = HashMap<u32, Vec<u32>>;

fn superseded(updates: &[Update], shape: Shape) -> (Vec<Update>, Newer) {
    let mut numbers = free_numbers(updates);
    let mut newer = Newer::new();
    let mut all = Vec::with_capacity(updates.len() * 3);
    for update in updates {
        let length = if shape == Shape::Chain { 2 } else { 1 };
        let added: Vec<Update> = numbers
            .by_ref()
            .take(length)
            .map(|number| Update {
                number,
                bulletin: format!("ADDED-{number}"),
                superseded_by: Vec::new(),
                ..update.clone()
            })
            .collect();
        newer.insert(update.number, added.iter().map(|update| update.number).collect());
        let mut family = vec![update.clone()];
        family.extend(added);
        let followers: Vec<Supersedence> = family[1..].iter().map(supersedence).collect();
        for (older, by) in family.iter_mut().zip(followers) {
            older.superseded_by.push(by);
        }
        if shape == Shape::Circle
            && let Some(last) = family.last_mut()
        {
            last.superseded_by.push(supersedence(update));
        }
        all.extend(family);
    }
    (all, newer)
}

fn supersedence(by: &Update) -> Supersedence {
    Supersedence { bulletin: by.bulletin.clone(), updates: vec![by.number], names_update: true }
}

fn is_judged(status: UpdateStatus) -> bool {
    !matches!(status, UpdateStatus::Superseded | UpdateStatus::UnableToScan)
}

/// Finds a change that the added updates made to more than names.
fn added(plain: &Assessment, with: &Assessment, newer: &Newer, shape: Shape, names: &Names<'_>) -> Option<String> {
    type Place<'a> = (u32, &'a str, Option<&'a str>);
    fn place(number: u32, finding: &UpdateFinding) -> Place<'_> {
        (number, &finding.product, finding.subject.as_deref())
    }
    let now: HashMap<Place<'_>, UpdateStatus> =
        with.updates.iter().map(|finding| (place(finding.update, finding), finding.status)).collect();
    plain.updates.iter().filter(|finding| is_judged(finding.status)).find_map(|finding| {
        let family = newer.get(&finding.update).into_iter().flatten().copied();
        let family = std::iter::once(finding.update).chain(family);
        let statuses: Vec<UpdateStatus> =
            family.filter_map(|number| now.get(&place(number, finding)).copied()).collect();
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        let missing = count(UpdateStatus::Missing);
        let of = words::update(finding, names);
        if finding.status != UpdateStatus::Missing {
            let was = words::case_name(&finding.status);
            (missing > 0).then(|| format!("one of {of} and its successors is missing, although the update was {was}"))
        } else if missing == 0 && count(UpdateStatus::UnableToScan) == 0 {
            Some(format!("neither {of} nor one of its successors is missing any more"))
        } else {
            let too_many = missing > 1 && shape != Shape::Circle;
            too_many.then(|| format!("{of} and its successors are missing {missing} times, not once"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::variant::tests::update;
    use super::*;

    fn found(statuses: &[(u32, UpdateStatus)]) -> Assessment {
        let updates = statuses.iter().map(|(number, status)| UpdateFinding {
            update: *number,
            product: "Example".into(),
            subject: None,
            status: *status,
            reason: String::new(),
            tests: vec![],
            superseded_by: None,
        });
        Assessment { products: vec![], checks: vec![], updates: updates.collect() }
    }

    #[test]
    fn what_may_become_of_an_update_and_its_successor() {
        use UpdateStatus::*;
        let newer = Newer::from([(1, vec![2])]);
        for (before, after, shape, kept) in [
            (Missing, &[(1, Superseded), (2, Missing)][..], Shape::One, true),
            (Missing, &[(2, Missing)], Shape::One, true),
            (Missing, &[(1, Superseded), (2, UnableToScan)], Shape::One, true),
            (Missing, &[(1, Missing), (2, Missing)], Shape::One, false),
            (Missing, &[(1, Missing), (2, Missing)], Shape::Circle, true),
            (Missing, &[(1, Superseded), (2, Installed)], Shape::One, false),
            (Missing, &[(1, Superseded), (2, Superseded)], Shape::Circle, false),
            (Missing, &[], Shape::One, false),
            (Installed, &[(1, Superseded), (2, Installed)], Shape::One, true),
            (Installed, &[(1, Superseded), (2, Missing)], Shape::One, false),
            (Installed, &[(1, Missing), (2, Installed)], Shape::Circle, false),
            (Installed, &[], Shape::One, true),
            (Warning, &[(1, Superseded), (2, Missing)], Shape::One, false),
            (Superseded, &[(1, Superseded), (2, Missing)], Shape::One, true),
        ] {
            let broken = added(&found(&[(1, before)]), &found(after), &newer, shape, &Names::default());
            assert_eq!(broken.is_none(), kept, "{before:?}, {after:?}, {shape:?}: {broken:?}");
        }
    }

    #[test]
    fn what_is_added_supersedes_in_the_shape_that_is_wanted() {
        for (shape, expected) in [
            (Shape::One, &[(1, &[5][..]), (5, &[]), (4, &[6]), (6, &[])][..]),
            (Shape::Chain, &[(1, &[5]), (5, &[6]), (6, &[]), (4, &[7]), (7, &[8]), (8, &[])]),
            (Shape::Circle, &[(1, &[5]), (5, &[1]), (4, &[6]), (6, &[4])]),
        ] {
            let (updates, _) = superseded(&[update(1), update(4)], shape);
            let by = |update: &Update| update.superseded_by.iter().flat_map(|by| by.updates.clone()).collect();
            let found: Vec<(u32, Vec<u32>)> = updates.iter().map(|update| (update.number, by(update))).collect();
            let expected: Vec<_> = expected.iter().map(|(number, by)| (*number, by.to_vec())).collect();
            assert_eq!(found, expected, "{shape:?}");
        }
    }
}
