//! The links between the updates of a product.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::super::branch::Branch;
use super::{Candidate, Serviced};

/// The number of updates that only a rollup supersedes.
const ROLLUP_SUPERSEDES: usize = 4;

impl Serviced<'_> {
    pub(super) fn link(&mut self) {
        for (at, candidate) in self.candidates.iter().enumerate() {
            self.by_article.entry(self.supersedence.article(candidate.update)).or_default().push(at);
        }
        for (at, newer) in self.candidates.iter().enumerate() {
            let mut older = self.older_of(self.supersedence.article(newer.update));
            older.retain(|&older| older != at);
            self.linked.extend(older.iter().copied());
            if !older.is_empty() {
                self.linked.insert(at);
            }
            older.retain(|&older| self.candidates.get(older).is_some_and(|older| may_supersede(newer, older)));
            self.older.push(older);
        }
    }

    /// Returns the nearest candidates that an article supersedes. Links lead through articles for other products.
    pub(super) fn older_of(&self, article: u32) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut seen: BTreeSet<u32> = BTreeSet::from([article]);
        let mut open: Vec<u32> = vec![article];
        while let Some(article) = open.pop() {
            for &older in self.supersedence.older(article) {
                if seen.insert(older) {
                    match self.by_article.get(&older) {
                        Some(candidates) => found.extend(candidates),
                        None => open.push(older),
                    }
                }
            }
        }
        found
    }

    pub(super) fn older(&self, at: usize) -> &[usize] {
        self.older.get(at).map_or(&[], Vec::as_slice)
    }

    /// Returns these candidates and those that they supersede, directly or through others, each with one of the marks.
    pub(super) fn reach(&self, start: Vec<(usize, u32)>) -> BTreeMap<usize, u32> {
        let mut found: BTreeMap<usize, u32> = BTreeMap::new();
        let mut open = start;
        while let Some((at, mark)) = open.pop() {
            if let Entry::Vacant(place) = found.entry(at) {
                place.insert(mark);
                open.extend(self.older(at).iter().map(|&older| (older, mark)));
            }
        }
        found
    }

    /// Returns the candidates that this one supersedes, directly or through others.
    pub(super) fn superseded_by(&self, at: usize) -> BTreeSet<usize> {
        self.reach(self.older(at).iter().map(|&older| (older, 0)).collect()).into_keys().collect()
    }

    /// Whether an update without a build is contained in a cumulative one with this article.
    pub(super) fn is_older_in_chain(&self, at: usize, article: u32) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        self.branch.is_some_and(Branch::is_cumulative)
            && candidate.fix.is_none()
            && candidate.article.is_some_and(|older| older < article)
            && self.linked.contains(&at)
    }

    /// Returns the candidates that one contains by the links of the catalog, even where a chain of links is broken because it
    /// led through an update that the catalog does not contain.
    pub(super) fn contained(&self, at: usize, newest: &Candidate<'_>) -> BTreeSet<usize> {
        let mut contained = self.superseded_by(at);
        let Some(article) = newest.article else { return contained };
        let cumulative = self.branch.is_some_and(Branch::is_cumulative);
        let is_rollup = contained.len() >= ROLLUP_SUPERSEDES;
        for (other, candidate) in self.candidates.iter().enumerate().filter(|(other, _)| *other != at) {
            if candidate.article >= Some(article) || contained.contains(&other) {
                continue;
            }
            let in_chain = if cumulative {
                newest.fix.is_some() && self.is_older_in_chain(other, article)
            } else {
                is_rollup && self.superseded_by(other).len() >= ROLLUP_SUPERSEDES
            };
            if in_chain {
                contained.insert(other);
                contained.extend(self.superseded_by(other).into_iter().filter(|other| *other != at));
            }
        }
        contained
    }
}

/// Catalogs have some links the wrong way round: to an update with a higher build, or else a higher article.
fn may_supersede(newer: &Candidate<'_>, older: &Candidate<'_>) -> bool {
    match (newer.fix, older.fix) {
        (Some(newer), Some(older)) => newer.most >= older.most,
        _ => newer.article.zip(older.article).is_none_or(|(newer, older)| newer >= older),
    }
}
