//! Chooses the build that has the fix, where documents disagree.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use wardline_contract::Product;

use super::build::{self, Build, Numbers};
use super::folding::{Fact, Folding};
use crate::UnresolvedKind;
use crate::error::printable;

/// The numbers of a build, and the first statement that gives it.
type Given<'a> = (&'a [u32], Fact);

impl Folding<'_> {
    /// Determines the build that has the fix, for each package and product. `facts` are sorted by both.
    ///
    /// Where documents give several, the one of the product's own branch counts: that of most of the product's updates. A build of
    /// another branch, given alone, is kept and noted: whoever compares it with a machine's sees that the two have nothing in common.
    pub(super) fn choose_builds(&mut self, facts: &[Fact]) {
        let mut given: BTreeMap<(u32, u32), Vec<Given<'_>>> = BTreeMap::new();
        let mut seen: HashSet<&[u32]> = HashSet::new();
        for facts in facts.chunk_by(|a, b| (a.package, a.product) == (b.package, b.product)) {
            seen.clear();
            for fact in facts {
                let build = self.builds.get(fact.document as usize).and_then(|builds| builds.get(fact.remedy as usize));
                if let Some(Build::Given { numbers, .. }) = build
                    && seen.insert(numbers)
                {
                    given.entry((fact.package, fact.product)).or_default().push((numbers, *fact));
                }
            }
        }
        let mut branches: HashMap<(u32, Numbers), u64> = HashMap::new();
        for ((_, product), builds) in &given {
            for (numbers, _) in builds {
                *branches.entry((*product, build::branch(numbers))).or_default() += 1;
            }
        }
        let mut own: HashMap<u32, (u64, Option<Numbers>)> = HashMap::new();
        for ((product, branch), count) in branches {
            let (most, best) = own.entry(product).or_insert((0, None));
            match count.cmp(most) {
                Ordering::Greater => (*most, *best) = (count, Some(branch)),
                Ordering::Equal => *best = None,
                Ordering::Less => {}
            }
        }

        let mut fixed: HashMap<(u32, u32), Numbers> = HashMap::with_capacity(given.len());
        let mut products_with_builds: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut notes = Vec::new();
        for ((package, product), builds) in &given {
            let branch = own.get(product).and_then(|(_, branch)| branch.as_ref());
            let is_own = |numbers: &[u32]| branch.is_none_or(|branch| build::branch(numbers) == *branch);
            let chosen = match builds.as_slice() {
                [(only, fact)] => {
                    if is_windows(self.products.all.get(*product as usize)) && !is_own(only) {
                        notes.push((UnresolvedKind::Branch, build::text(only), *fact));
                    }
                    Some(*only)
                }
                several => {
                    let mut candidates = several
                        .iter()
                        .map(|(numbers, _)| *numbers)
                        .filter(|numbers| branch.is_some() && is_own(numbers));
                    let first = candidates.next();
                    // Releases of one branch are at the same revision.
                    let chosen = first.filter(|first| candidates.all(|other| other.last() == first.last()));
                    match (chosen, several.first()) {
                        (Some(_), _) => self.dirt.builds_of_several_branches += 1,
                        (None, Some((_, fact))) => {
                            let list: Vec<String> = several.iter().map(|(numbers, _)| build::text(numbers)).collect();
                            notes.push((UnresolvedKind::Build, list.join(", "), *fact));
                        }
                        (None, None) => {}
                    }
                    chosen
                }
            };
            if let Some(chosen) = chosen {
                fixed.insert((*package, *product), chosen.to_vec());
                products_with_builds.entry(*package).or_default().push(*product);
            }
        }
        for (kind, text, fact) in notes {
            let documents = self.documents;
            let Some(document) = documents.get(fact.document as usize) else { continue };
            let Some(remedy) = document.remedies.get(fact.remedy as usize) else { continue };
            let product = self.products.all.get(fact.product as usize).map_or("", |product| product.name.as_str());
            let id = format!("{text} for {}", printable(product));
            self.note(kind, &id, document, remedy);
        }
        (self.fixed, self.products_with_builds) = (fixed, products_with_builds);
    }
}

/// Whether a product's builds are those of Windows itself, which has one branch for each product.
fn is_windows(product: Option<&Product>) -> bool {
    product.is_some_and(|product| {
        ["Windows 10", "Windows 11", "Windows Server"].iter().any(|name| product.name.starts_with(name))
    })
}
