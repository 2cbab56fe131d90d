//! Splits an article's products by what it closes for each.

use foldhash::{HashMap, HashMapExt};

use super::folding::Fact;

/// An update in the making.
pub(super) struct Group {
    pub(super) package: u32,
    /// Sorted by product; those of one product are consecutive.
    pub(super) facts: Vec<Fact>,
    /// Sorted.
    pub(super) products: Vec<u32>,
    pub(super) weaknesses: Vec<u32>,
}

/// Splits sorted facts by package and, within one, by the set of weaknesses that each product has in it.
pub(super) fn groups(facts: Vec<Fact>) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    let mut rest = facts.as_slice();
    while let Some(package) = rest.first().map(|fact| fact.package) {
        let (facts, after) = rest.split_at(rest.partition_point(|fact| fact.package == package));
        rest = after;
        let mut by_weaknesses: HashMap<Vec<u32>, usize> = HashMap::new();
        for facts in facts.chunk_by(|a, b| a.product == b.product) {
            let mut weaknesses: Vec<u32> = facts.iter().map(|fact| fact.weakness).collect();
            weaknesses.dedup();
            let at = *by_weaknesses.entry(weaknesses).or_insert_with_key(|weaknesses| {
                let weaknesses = weaknesses.iter().copied().filter(|weakness| *weakness != u32::MAX).collect();
                found.push(Group { package, facts: Vec::new(), products: Vec::new(), weaknesses });
                found.len() - 1
            });
            if let (Some(group), Some(first)) = (found.get_mut(at), facts.first()) {
                group.products.push(first.product);
                group.facts.extend(facts);
            }
        }
    }
    found
}
