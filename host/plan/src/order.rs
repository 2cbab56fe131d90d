//! The installation order of packages that carry the same files.
//!
//! A package installs its version of a file regardless of the version that is already there or pending for the restart. So the
//! package with the lower version goes first, and the highest version is written last.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Four numbers; missing ones are 0.
pub(super) type Version = [u64; 4];

/// The files that a package carries, by lowercase path, with the version that it installs.
pub(super) type Carried = BTreeMap<String, Version>;

/// Parses a version such as `5.0.2195.4530`. Returns `None` if the text is not a version.
pub(super) fn version(text: &str) -> Option<Version> {
    let mut version = [0; 4];
    let mut parts = text.trim().split('.');
    for number in &mut version {
        let Some(part) = parts.next() else { break };
        *number = part.parse().ok()?;
    }
    (parts.next().is_none() && !text.trim().is_empty()).then_some(version)
}

/// Returns the packages' indices in installation order, and whether no order puts the highest version of every file last. Packages
/// without shared files keep their order.
pub(super) fn order(packages: &[Carried]) -> (Vec<usize>, bool) {
    let mut carriers: BTreeMap<&str, Vec<(Version, usize)>> = BTreeMap::new();
    for (place, package) in packages.iter().enumerate() {
        package.iter().for_each(|(file, version)| carriers.entry(file).or_default().push((*version, place)));
    }
    // Besides the packages, the graph has a barrier between every two consecutive versions of a file: all packages with the lower
    // version come before it, all with the next higher one after it. So the number of edges is linear in the number of carried
    // files, not quadratic.
    let mut graph = Graph { later: vec![Vec::new(); packages.len()], waits_for: vec![0; packages.len()] };
    for carriers in carriers.values_mut() {
        carriers.sort_unstable();
        let mut barrier = None;
        for group in carriers.chunk_by(|one, other| one.0 == other.0) {
            let next = graph.add();
            for (_, place) in group {
                barrier.into_iter().for_each(|barrier| graph.edge(barrier, *place));
                graph.edge(*place, next);
            }
            barrier = Some(next);
        }
    }
    graph.sort(packages.len())
}

struct Graph {
    /// By node: the nodes that come after it.
    later: Vec<Vec<usize>>,
    /// By node: the number of predecessors that have not been placed yet.
    waits_for: Vec<usize>,
}

impl Graph {
    fn add(&mut self) -> usize {
        self.later.push(Vec::new());
        self.waits_for.push(0);
        self.later.len() - 1
    }

    fn edge(&mut self, earlier: usize, later: usize) {
        self.later[earlier].push(later);
        self.waits_for[later] += 1;
    }

    /// Sorts the first `packages` nodes topologically, each as early as its edges allow. At a cycle, the first remaining node is
    /// taken, and the second result is true.
    fn sort(mut self, packages: usize) -> (Vec<usize>, bool) {
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..packages).filter(|&node| self.waits_for[node] == 0).map(Reverse).collect();
        let mut done = vec![false; self.later.len()];
        let (mut order, mut torn, mut first_left) = (Vec::with_capacity(packages), false, 0);
        while order.len() < packages {
            let node = match ready.pop() {
                Some(Reverse(node)) => node,
                None => {
                    torn = true;
                    while done[first_left] {
                        first_left += 1;
                    }
                    first_left
                }
            };
            done[node] = true;
            if node < packages {
                order.push(node);
            }
            // The nodes behind a barrier are ready at once, regardless of their position among the packages.
            for next in std::mem::take(&mut self.later[node]) {
                self.waits_for[next] -= 1;
                if self.waits_for[next] == 0 && !done[next] {
                    ready.push(Reverse(next));
                }
            }
        }
        (order, torn)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn package(files: &[(&str, u64)]) -> Carried {
        files.iter().map(|(file, revision)| ((*file).to_owned(), [5, 0, 2195, *revision])).collect()
    }

    #[test]
    fn the_higher_version_of_a_shared_file_is_installed_later() {
        let table: [(&[Carried], &[usize], bool); 5] = [
            (&[package(&[("a", 1)]), package(&[("b", 1)])], &[0, 1], false),
            (&[package(&[("a", 2)]), package(&[("a", 1)])], &[1, 0], false),
            (&[package(&[("a", 3)]), package(&[("b", 1)]), package(&[("a", 2), ("b", 2)])], &[1, 2, 0], false),
            (&[package(&[("a", 1)]), package(&[("a", 1)])], &[0, 1], false),
            (&[package(&[("a", 2), ("b", 1)]), package(&[("a", 1), ("b", 2)])], &[0, 1], true),
        ];
        for (packages, expected, torn) in table {
            assert_eq!(order(packages), (expected.to_vec(), torn), "{packages:?}");
        }
    }

    #[test]
    fn versions_are_numbers() {
        assert_eq!(version("5.0.2195.4530"), Some([5, 0, 2195, 4530]));
        assert_eq!(version("5.10"), Some([5, 10, 0, 0]));
        for text in ["", "present", "1.2.3.4.5", "1..2", "5.0.-1"] {
            assert_eq!(version(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn each_package_is_installed_once_and_what_is_not_torn_ends_newest(
            packages in prop::collection::vec(prop::collection::btree_map("[a-d]", 0u64..5, 0..4), 0..12)
        ) {
            let packages: Vec<Carried> = packages
                .into_iter()
                .map(|files| files.into_iter().map(|(file, revision)| (file, [0, 0, 0, revision])).collect())
                .collect();
            let (order, torn) = order(&packages);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..packages.len()).collect::<Vec<_>>());
            let mut disk = Carried::new();
            order.iter().for_each(|&place| disk.extend(packages[place].clone()));
            for (file, version) in packages.iter().flatten() {
                prop_assert!(torn || disk[file] >= *version, "{} {:?}", file, order);
            }
        }
    }
}
