//! Which updates supersede which.

use foldhash::{HashSet, HashSetExt};
use wardline_contract::Superseding;

use super::folding::Folding;
use super::groups::Group;
use super::{build, names, supersedence};
use crate::{CatalogError, UnresolvedKind};

impl Folding<'_> {
    /// Returns for each group the updates that supersede it.
    pub(super) fn superseding(&mut self, groups: &[Group]) -> Result<Vec<Vec<Superseding>>, CatalogError> {
        let numbers: Vec<u32> = self.packages.iter().map(|package| package.article().unwrap_or(0)).collect();
        let mut replaces: Vec<Vec<u32>> = vec![Vec::new(); self.packages.len()];
        let mut stated: Vec<Option<(u32, u32)>> = vec![None; self.packages.len()];
        let mut groups_of: Vec<Vec<u32>> = vec![Vec::new(); self.packages.len()];
        // The groups of a package are consecutive, and share remedies.
        let mut seen: HashSet<(u32, u32)> = HashSet::new();
        let mut last = None;
        for (number, group) in (0..).zip(groups) {
            let package = group.package as usize;
            if last.replace(package) != Some(package) {
                seen.clear();
            }
            if let Some(groups) = groups_of.get_mut(package) {
                groups.push(number);
            }
            for fact in group.facts.iter().filter(|fact| seen.insert((fact.document, fact.remedy))) {
                let remedy =
                    self.documents.get(fact.document as usize).and_then(|it| it.remedies.get(fact.remedy as usize));
                if let (Some(remedy), Some(replaces), Some(stated)) =
                    (remedy, replaces.get_mut(package), stated.get_mut(package))
                    && numbers.get(package).is_some_and(|number| *number > 0)
                {
                    replaces.extend(names::superseded(&remedy.text.supersedes).0);
                    stated.get_or_insert((fact.document, fact.remedy));
                }
            }
        }
        let links = supersedence::invert(&numbers, &replaces);
        self.counts.superseded = links.links;
        self.counts.superseded_higher_numbers = links.higher_numbers;
        let name =
            |package: u32| numbers.get(package as usize).map_or_else(String::new, |number| format!("KB{number}"));
        // Notes something about the first statement on what a package replaces.
        let note = |folding: &mut Self, kind: UnresolvedKind, id: &str, by: u32| {
            let documents = folding.documents;
            let Some((document, remedy)) = stated.get(by as usize).copied().flatten() else { return };
            let Some(document) = documents.get(document as usize) else { return };
            let Some(remedy) = document.remedies.get(remedy as usize) else { return };
            folding.note(kind, id, document, remedy);
        };
        for at in &links.themselves {
            note(self, UnresolvedKind::SupersedesItself, &name(*at), *at);
        }
        for (number, by) in &links.undefined {
            note(self, UnresolvedKind::SupersededArticle, &format!("KB{number}"), *by);
        }
        for cycle in &links.cycles {
            let members = cycle.iter().take(10).map(|at| name(*at)).collect::<Vec<_>>().join(", ");
            if let Some(at) = cycle.first() {
                note(self, UnresolvedKind::SupersedenceCycle, &members, *at);
            }
        }

        let mut found = Vec::with_capacity(groups.len());
        for group in groups {
            let mut entries = Vec::new();
            for by in links.newer.get(group.package as usize).into_iter().flatten() {
                if self.is_lower(*by, group) {
                    note(self, UnresolvedKind::SupersedesHigherBuild, &name(group.package), *by);
                    continue;
                }
                let updates = groups_of.get(*by as usize).cloned().unwrap_or_default();
                let bulletin = name(*by);
                self.spend(size_of::<Superseding>() + bulletin.len() + updates.len() * size_of::<u32>())?;
                entries.push(Superseding { bulletin, updates, names_update: true });
            }
            found.push(entries);
        }
        Ok(found)
    }

    /// Whether a package's build is lower than a group's, in one branch, for a product of both. Such a package cannot contain what the
    /// group's does, whatever a document says.
    fn is_lower(&self, package: u32, group: &Group) -> bool {
        let is_lower_for = |product: &u32| {
            let (Some(newer), Some(older)) =
                (self.fixed.get(&(package, *product)), self.fixed.get(&(group.package, *product)))
            else {
                return false;
            };
            build::branch(newer) == build::branch(older) && newer.last() < older.last()
        };
        // Only the shorter list of products is looked through: a package for many may be superseded by many for one.
        let given = self.products_with_builds.get(&package).map_or(&[][..], Vec::as_slice);
        if given.len() < group.products.len() {
            given.iter().any(|product| group.products.binary_search(product).is_ok() && is_lower_for(product))
        } else {
            group.products.iter().any(is_lower_for)
        }
    }
}
