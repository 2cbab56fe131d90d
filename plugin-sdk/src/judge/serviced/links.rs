//! The links between the updates of a product.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::super::articles::Kind;
use super::super::branch::Branch;
use super::rollups::ROLLUP_SUPERSEDES;
use super::{Candidate, Serviced};

/// When an update was published, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Age {
    /// Since the year 0.
    pub(super) month: Option<u32>,
    pub(super) article: Option<u32>,
}

impl Age {
    /// Whether what is known of both shows that this one is older.
    pub(super) fn is_below(self, other: Age) -> bool {
        match self.month.zip(other.month) {
            Some((month, other)) if month != other => month < other,
            _ => self.article.zip(other.article).is_some_and(|(article, other)| article < other),
        }
    }

    /// Whether a link from this update to the other one is plausible. Articles are numbered before they are published, and a month
    /// is wrong where a document was revised or is partial: the link counts if either of them agrees with it.
    pub(super) fn may_supersede(self, other: Age) -> bool {
        !self.is_below(other) || self.article.zip(other.article).is_some_and(|(article, other)| article >= other)
    }
}

/// Room for walks along links, one after another.
#[derive(Default)]
pub(super) struct Walk {
    /// By candidate: the last round that came by.
    seen: Vec<usize>,
    round: usize,
    open: Vec<usize>,
}

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
            older.retain(|&older| self.candidates.get(older).is_some_and(|older| self.may_supersede(newer, older)));
            self.older.push(older);
        }
        self.link_kind(Kind::ServicingStack);
        self.link_kind(Kind::InternetExplorer);
        if self.branch.is_some_and(Branch::is_cumulative) {
            self.leading = self.leading();
        } else {
            let mut walk = Walk::default();
            let count = |at| {
                let mut count = 0;
                self.walk(at, &mut walk, |_| count += 1);
                count
            };
            let older: Vec<usize> = (0..self.candidates.len()).map(count).collect();
            self.rollups = self.rollups(&older);
            self.broad =
                (0..).zip(&older).filter(|(_, older)| **older >= ROLLUP_SUPERSEDES).map(|(at, _)| at).collect();
        }
    }

    /// Returns the members of the branch's chain that are known to contain the earlier ones, by their build or by how much they
    /// close. An article is a member as a whole: for a component it closes fewer CVEs than for Windows.
    fn leading(&self) -> BTreeSet<usize> {
        let articles = &self.index.articles;
        let mut leading = BTreeSet::new();
        for of_article in self.by_article.values() {
            // A build of another branch shows that the update is of a chain that is not this one.
            let members = of_article.iter().filter_map(|&at| Some((at, self.candidates.get(at)?)));
            let members: Vec<(usize, &Candidate<'_>)> = members
                .filter(|(_, candidate)| candidate.kind.may_be_cumulative())
                .filter(|(_, candidate)| candidate.fix.is_some() || candidate.other_build.is_none())
                .collect();
            let leads = |member: &Candidate<'_>| {
                member.kind == Kind::Rollup || member.fix.is_some() || articles.closes_many(member.update)
            };
            if members.iter().any(|(_, member)| leads(member)) {
                leading.extend(members.iter().map(|(at, _)| *at));
            }
        }
        leading
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
        self.candidates.iter().enumerate().filter(|(_, candidate)| candidate.kind == kind).map(|(at, _)| at).collect()
    }

    /// Whether a candidate is one of the cumulative updates of the branch, each of which contains the earlier ones: rule 18.
    fn is_in_chain(&self, at: usize) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        self.branch.is_some_and(Branch::is_cumulative)
            && candidate.kind.may_be_cumulative()
            && (self.linked.contains(&at) || self.leads_chain(at))
    }

    /// Whether a candidate is known to contain the earlier ones of its chain.
    pub(super) fn leads_chain(&self, at: usize) -> bool {
        self.leading.contains(&at)
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

    /// Visits the candidates that one supersedes, directly or through others, each once.
    pub(super) fn walk(&self, at: usize, walk: &mut Walk, mut visit: impl FnMut(usize)) {
        walk.seen.resize(self.candidates.len(), 0);
        walk.round += 1;
        walk.open.extend(self.older(at));
        while let Some(older) = walk.open.pop() {
            if let Some(seen) = walk.seen.get_mut(older)
                && *seen != walk.round
            {
                *seen = walk.round;
                visit(older);
                walk.open.extend(self.older(older));
            }
        }
    }

    /// Returns the candidates that this one supersedes, directly or through others.
    pub(super) fn superseded_by(&self, at: usize) -> BTreeSet<usize> {
        self.reach(self.older(at).iter().map(|&older| (older, 0)).collect()).into_keys().collect()
    }

    /// The order in a chain: by month, and within a month by article. Articles are numbered before they are published, so that
    /// KB4528760 of January 2020 is newer than KB4530684 of December 2019.
    pub(super) fn age(&self, candidate: &Candidate<'_>) -> Age {
        Age { month: self.index.articles.month(candidate.update), article: candidate.article }
    }

    /// Whether one candidate is older than another, by what is known of both.
    pub(super) fn is_older(&self, candidate: &Candidate<'_>, than: &Candidate<'_>) -> bool {
        self.age(candidate).is_below(self.age(than))
    }

    /// Catalogs have some links the wrong way round: to an update with a higher build, or else to a newer one.
    fn may_supersede(&self, newer: &Candidate<'_>, older: &Candidate<'_>) -> bool {
        match (newer.fix, older.fix) {
            (Some(newer), Some(older)) => newer.most >= older.most,
            _ => self.age(newer).may_supersede(self.age(older)),
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

    /// Returns the candidates that one contains: by the links of the catalog, and where a chain of links is broken because it
    /// led through an update that the catalog does not contain, those of the chain that are older than it. If it is not known to
    /// contain them, those older than the newest that it supersedes and that does.
    pub(super) fn contained(&self, at: usize, newest: &Candidate<'_>) -> BTreeSet<usize> {
        let mut contained = self.superseded_by(at);
        if newest.article.is_none() {
            return contained;
        }
        let cumulative = self.branch.is_some_and(Branch::is_cumulative);
        let is_rollup = self.is_cumulative(at);
        let leading = if self.leads_chain(at) {
            Some(newest)
        } else {
            let superseded = contained.iter().filter(|&&older| self.leads_chain(older));
            superseded.filter_map(|&older| self.candidates.get(older)).max_by_key(|older| self.age(older))
        };
        for (other, candidate) in self.candidates.iter().enumerate().filter(|(other, _)| *other != at) {
            let in_chain = !contained.contains(&other)
                && if cumulative {
                    leading.is_some_and(|leading| self.is_older_in_chain(other, leading))
                } else {
                    is_rollup
                        && self.is_older(candidate, newest)
                        && (newest.is_open() || self.is_of_rollups_time(candidate))
                        && (self.rollups.contains(&other) || self.broad.contains(&other))
                };
            if in_chain {
                contained.insert(other);
                contained.extend(self.superseded_by(other).into_iter().filter(|other| *other != at));
            }
        }
        contained
    }
}
