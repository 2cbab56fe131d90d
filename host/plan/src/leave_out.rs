//! Which updates need not be installed because others are.

use std::collections::{HashMap, HashSet, VecDeque};

use wardline_report::UpdateReport;

/// Returns, for each of `updates`, the index of the update that supersedes it, if that one will be installed too.
///
/// Indices are into `updates`, all of which are for one machine. An update for one instance supersedes only updates for the same
/// instance. Updates that supersede each other in a cycle in the catalog are all installed, unless something outside the cycle
/// supersedes them: leaving out the wrong one would leave the machine vulnerable.
pub(super) fn superseded(updates: &[&UpdateReport]) -> Vec<Option<usize>> {
    // An update for several products is one node, so that the work grows only in proportion to the report.
    let key = |update: &&'_ UpdateReport| (update.number, update.subject.clone());
    let mut nodes: HashMap<(u32, Option<String>), usize> = HashMap::new();
    let mut first_places = Vec::new();
    for (place, update) in updates.iter().enumerate() {
        nodes.entry(key(update)).or_insert_with(|| {
            first_places.push(place);
            first_places.len() - 1
        });
    }
    let mut newer: Vec<HashSet<usize>> = vec![HashSet::new(); first_places.len()];
    for update in updates {
        let Some(&node) = nodes.get(&key(update)) else { continue };
        for &number in update.installation.iter().flat_map(|installation| &installation.superseding) {
            let by = nodes.get(&(number, update.subject.clone()));
            newer[node].extend(by.filter(|&&by| by != node));
        }
    }
    let by = last_of_chain(&newer);
    let place_of = |update: &&UpdateReport| by[*nodes.get(&key(update))?].map(|last| first_places[last]);
    updates.iter().map(place_of).collect()
}

/// Returns, for each node, the end of a chain that it leads to; `None` for the ends themselves, and for nodes that lead only into
/// cycles.
fn last_of_chain(newer: &[HashSet<usize>]) -> Vec<Option<usize>> {
    let mut older: Vec<Vec<usize>> = vec![Vec::new(); newer.len()];
    for (node, newer) in newer.iter().enumerate() {
        newer.iter().for_each(|&newer| older[newer].push(node));
    }
    let mut by: Vec<Option<usize>> = vec![None; newer.len()];
    // Breadth first, from the ends backwards.
    let mut reached: Vec<bool> = newer.iter().map(HashSet::is_empty).collect();
    let mut queue: VecDeque<usize> = (0..newer.len()).filter(|&node| reached[node]).collect();
    while let Some(node) = queue.pop_front() {
        for &before in &older[node] {
            if !std::mem::replace(&mut reached[before], true) {
                by[before] = Some(by[node].unwrap_or(node));
                queue.push_back(before);
            }
        }
    }
    by
}

#[cfg(test)]
mod tests {

    use super::*;

    fn update(number: u32, subject: Option<&str>, superseding: &[u32]) -> UpdateReport {
        serde_json::from_value(serde_json::json!({
            "number": number, "bulletin": "", "title": "", "family": "", "product": "", "subject": subject,
            "severity": "critical", "status": "missing", "reason": "", "cves": [], "tests": [],
            "installation": {"service_packs": [], "included_in": null, "superseding": superseding},
        }))
        .unwrap()
    }

    fn rest(updates: &[UpdateReport]) -> Vec<Option<usize>> {
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
