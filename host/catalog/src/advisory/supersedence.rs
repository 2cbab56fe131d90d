//! Which article replaces which. Documents name the replaced one; updates name the one that replaces them.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::document::index_of;

/// The articles of all documents by what replaces them. Articles are given by their index.
#[derive(Debug)]
pub(super) struct Supersedence {
    /// By article: those that replace it, sorted.
    pub(super) newer: Vec<Vec<u32>>,
    /// Articles that a document says replace themselves.
    pub(super) themselves: Vec<u32>,
    /// Articles that no document defines, with the one that replaces each.
    pub(super) undefined: Vec<(u32, u32)>,
    /// The articles of each cycle. Their links stay: an update that supersedes others in a cycle is judged by itself.
    pub(super) cycles: Vec<Vec<u32>>,
    pub(super) links: u64,
    pub(super) higher_numbers: u64,
}

/// Inverts `replaces`, which gives for each article (by index in `numbers`) the numbers of those that it replaces.
pub(super) fn invert(numbers: &[u32], replaces: &[Vec<u32>]) -> Supersedence {
    let mut by_number: HashMap<u32, u32> = HashMap::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        by_number.insert(*number, index_of(index));
    }
    let mut found = Supersedence {
        newer: vec![Vec::new(); numbers.len()],
        themselves: Vec::new(),
        undefined: Vec::new(),
        cycles: Vec::new(),
        links: 0,
        higher_numbers: 0,
    };
    for ((by, own), replaced) in (0..).zip(numbers).zip(replaces) {
        let mut seen = HashSet::new();
        for number in replaced.iter().filter(|number| seen.insert(**number)) {
            found.links += 1;
            found.higher_numbers += u64::from(number > own);
            match by_number.get(number) {
                Some(older) if *older == by => found.themselves.push(by),
                Some(older) => found.newer[*older as usize].push(by),
                None => found.undefined.push((*number, by)),
            }
        }
    }
    found.newer.iter_mut().for_each(|newer| newer.sort_unstable());
    found.cycles = cycles(&found.newer);
    found
}

/// Returns the strongly connected components of more than one node, each sorted (Tarjan's algorithm, without recursion because chains
/// may be of any length).
fn cycles(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let mut order = vec![NEW; edges.len()];
    let mut lowest = vec![NEW; edges.len()];
    let mut pending = vec![false; edges.len()];
    let mut stack: Vec<u32> = Vec::new();
    let mut next = 0;
    let mut found = Vec::new();
    for start in 0..index_of(edges.len()) {
        let mut path = if order[start as usize] == NEW { vec![(start, 0)] } else { Vec::new() };
        while let Some((node, edge)) = path.last_mut() {
            let (at, place) = (*node as usize, *edge);
            if place == 0 {
                (order[at], lowest[at], pending[at]) = (next, next, true);
                stack.push(*node);
                next += 1;
            }
            match edges[at].get(place) {
                Some(&to) => {
                    *edge += 1;
                    let to = to as usize;
                    if order[to] == NEW {
                        path.push((index_of(to), 0));
                    } else if pending[to] {
                        lowest[at] = lowest[at].min(order[to]);
                    }
                }
                None => {
                    path.pop();
                    if let Some((parent, _)) = path.last() {
                        lowest[*parent as usize] = lowest[*parent as usize].min(lowest[at]);
                    }
                    if lowest[at] == order[at] {
                        let mut members = Vec::new();
                        while let Some(member) = stack.pop() {
                            pending[member as usize] = false;
                            members.push(member);
                            if member as usize == at {
                                break;
                            }
                        }
                        if members.len() > 1 {
                            members.sort_unstable();
                            found.push(members);
                        }
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_inverted_and_strange_ones_are_listed() {
        let numbers = [1, 2, 3, 4];
        let found = invert(&numbers, &[vec![], vec![1, 9, 1], vec![2, 3], vec![1]]);
        assert_eq!(found.newer, [vec![1, 3], vec![2], vec![], vec![]]);
        assert_eq!((found.themselves, found.undefined), (vec![2], vec![(9, 1)]));
        assert_eq!((found.links, found.higher_numbers), (5, 1));
        assert_eq!(found.cycles, Vec::<Vec<u32>>::new());
    }

    #[test]
    fn cycles_are_found_once_and_without_what_leads_to_them() {
        let found = invert(&[1, 2, 3, 4, 5, 6], &[vec![3], vec![1], vec![2], vec![3], vec![6], vec![5]]);
        assert_eq!(found.cycles, [vec![0, 1, 2], vec![4, 5]]);
    }

    #[test]
    fn a_long_chain_takes_no_stack() {
        let numbers: Vec<u32> = (0..200_000).collect();
        let replaces: Vec<Vec<u32>> =
            numbers.iter().map(|number| number.checked_sub(1).into_iter().collect()).collect();
        assert!(invert(&numbers, &replaces).cycles.is_empty());
        let closed: Vec<Vec<u32>> = numbers.iter().map(|number| vec![(number + 1) % 200_000]).collect();
        assert_eq!(invert(&numbers, &closed).cycles.len(), 1);
    }
}
