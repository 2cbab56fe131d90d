//! Which updates need not be installed because others are.

use std::collections::{HashMap, HashSet, VecDeque};

use super::machine::Missing;

/// For each of `updates` the place of the one that takes its place, if that one is to be installed too.
///
/// Places are those in `updates`, which are to be installed on one machine. An update for one instance takes the place of
/// updates for that instance only. Updates that the catalog lets supersede each other in a circle are all installed, unless
/// something beyond the circle supersedes them: leaving out the wrong one would leave a hole.
pub(super) fn superseded(updates: &[&Missing]) -> Vec<Option<usize>> {
    let mut places: HashMap<(u32, Option<&str>), Vec<usize>> = HashMap::new();
    for (place, update) in updates.iter().enumerate() {
        places.entry((update.number, update.subject.as_deref())).or_default().push(place);
    }
    let newer = |place: usize| {
        let update = updates[place];
        let numbers = update.installation.iter().flat_map(|installation| &installation.superseding);
        numbers
            .filter(|&&number| number != update.number)
            .filter_map(|&number| places.get(&(number, update.subject.as_deref())))
            .flatten()
            .copied()
    };
    let mut older: Vec<Vec<usize>> = vec![Vec::new(); updates.len()];
    let mut lasts = VecDeque::new();
    for place in 0..updates.len() {
        // A catalog may name the same one any number of times.
        let newer: HashSet<usize> = newer(place).collect();
        if newer.is_empty() {
            lasts.push_back(place);
        }
        newer.into_iter().for_each(|newer| older[newer].push(place));
    }
    // From the last of each chain backwards, nearest first: what a circle alone leads to is never reached.
    let mut by: Vec<Option<usize>> = vec![None; updates.len()];
    let mut reached: HashSet<usize> = lasts.iter().copied().collect();
    while let Some(place) = lasts.pop_front() {
        for &before in &older[place] {
            if reached.insert(before) {
                // The last of the chain is the one that is installed in the end.
                by[before] = Some(by[place].unwrap_or(place));
                lasts.push_back(before);
            }
        }
    }
    by
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::UpdateStatus;
    use crate::remediation::machine::Installation;

    fn update(number: u32, subject: Option<&str>, superseding: &[u32]) -> Missing {
        Missing {
            number,
            bulletin: String::new(),
            kb: None,
            title: String::new(),
            product: String::new(),
            subject: subject.map(str::to_owned),
            status: UpdateStatus::Missing,
            package: None,
            tests: Vec::new(),
            installation: Some(Installation { superseding: superseding.to_vec(), ..Installation::default() }),
        }
    }

    fn rest(updates: &[Missing]) -> Vec<Option<usize>> {
        superseded(&updates.iter().collect::<Vec<_>>())
    }

    #[test]
    fn of_a_chain_only_the_last_that_is_to_be_installed_is_left() {
        let plain = |number, superseding: &[u32]| update(number, None, superseding);
        assert_eq!(rest(&[plain(1, &[2]), plain(2, &[3]), plain(3, &[])]), [Some(2), Some(2), None]);
        assert_eq!(rest(&[plain(1, &[2]), plain(3, &[])]), [None, None], "the superseding one is not to be installed");
        assert_eq!(rest(&[plain(1, &[1]), plain(2, &[9, 9])]), [None, None]);
        assert_eq!(rest(&[]), []);
    }

    #[test]
    fn a_circle_is_installed_whole_unless_something_supersedes_it() {
        let plain = |number, superseding: &[u32]| update(number, None, superseding);
        assert_eq!(rest(&[plain(1, &[2]), plain(2, &[1]), plain(3, &[1])]), [None, None, None]);
        assert_eq!(rest(&[plain(1, &[2]), plain(2, &[1, 3]), plain(3, &[])]), [Some(2), Some(2), None]);
    }

    #[test]
    fn instances_are_superseded_each_for_itself() {
        let updates = [update(1, Some("A"), &[2]), update(1, Some("B"), &[2]), update(2, Some("A"), &[])];
        assert_eq!(rest(&updates), [Some(2), None, None]);
    }
}
