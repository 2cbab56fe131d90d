//! The links between the updates of a product.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::super::articles::Kind;
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
        self.link_kind(Kind::ServicingStack);
        self.link_kind(Kind::InternetExplorer);
    }

    /// Of the kinds whose every update is cumulative, a newer one supersedes the older ones, whether or not the catalog says so:
    /// rule 19.
    fn link_kind(&mut self, kind: Kind) {
        let mut chain = self.of_kind(kind);
        chain.sort_by_key(|&at| self.candidates.get(at).map(|member| (self.age(member), member.update)));
        for pair in chain.windows(2) {
            let [older, newer] = *pair else { continue };
            if let Some(own) = self.older.get_mut(newer)
                && !own.contains(&older)
            {
                own.push(older);
            }
        }
    }

    pub(super) fn of_kind(&self, kind: Kind) -> Vec<usize> {
        let of_kind = |candidate: &Candidate<'_>| self.index.articles.kind(candidate.update) == kind;
        self.candidates.iter().enumerate().filter(|(_, candidate)| of_kind(candidate)).map(|(at, _)| at).collect()
    }

    /// Whether a candidate is one of the cumulative updates of the branch, each of which contains the earlier ones: rule 18.
    fn is_in_chain(&self, at: usize) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        self.branch.is_some_and(Branch::is_cumulative)
            && self.index.articles.kind(candidate.update) == Kind::Other
            && (candidate.fix.is_some() || self.linked.contains(&at) || self.closes_many(candidate))
    }

    /// Whether a candidate is known to contain the earlier ones of its chain: by its build, or by how much it closes.
    pub(super) fn leads_chain(&self, at: usize) -> bool {
        let leads = |candidate: &Candidate<'_>| candidate.fix.is_some() || self.closes_many(candidate);
        self.is_in_chain(at) && self.candidates.get(at).is_some_and(leads)
    }

    /// A build of another branch shows that the update is of a chain that is not this one.
    fn closes_many(&self, candidate: &Candidate<'_>) -> bool {
        candidate.other_build.is_none() && self.index.articles.closes_many(candidate.update)
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

    /// The order in a chain: by month, and within a month by article. Articles are numbered before they are published, so that
    /// KB4528760 of January 2020 is newer than KB4530684 of December 2019.
    pub(super) fn age(&self, candidate: &Candidate<'_>) -> (Option<u32>, Option<u32>) {
        (self.index.articles.month(candidate.update), candidate.article)
    }

    /// Whether one candidate is older than another, by what is known of both.
    pub(super) fn is_older(&self, candidate: &Candidate<'_>, than: &Candidate<'_>) -> bool {
        match (self.age(candidate), self.age(than)) {
            ((Some(month), _), (Some(other), _)) if month != other => month < other,
            ((_, article), (_, other)) => article < other,
        }
    }

    /// Whether a member of a chain without a build is contained in a newer one.
    fn is_older_in_chain(&self, at: usize, newest: &Candidate<'_>) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        candidate.fix.is_none()
            && candidate.article.is_some()
            && self.is_older(candidate, newest)
            && self.is_in_chain(at)
    }

    /// Returns the candidates that one contains by the links of the catalog, even where a chain of links is broken because it
    /// led through an update that the catalog does not contain.
    pub(super) fn contained(&self, at: usize, newest: &Candidate<'_>) -> BTreeSet<usize> {
        let mut contained = self.superseded_by(at);
        let Some(article) = newest.article else { return contained };
        let cumulative = self.branch.is_some_and(Branch::is_cumulative);
        let is_rollup = contained.len() >= ROLLUP_SUPERSEDES || self.is_cumulative(at);
        let leads = self.leads_chain(at);
        for (other, candidate) in self.candidates.iter().enumerate().filter(|(other, _)| *other != at) {
            let in_chain = !contained.contains(&other)
                && if cumulative {
                    leads && self.is_older_in_chain(other, newest)
                } else {
                    is_rollup
                        && candidate.article < Some(article)
                        && self.superseded_by(other).len() >= ROLLUP_SUPERSEDES
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
