//! Which of the missing updates are named, and which these contain: rule 17.

use std::collections::{BTreeMap, BTreeSet};

use super::super::branch::Branch;
use super::verdicts::Doubt;
use super::{Candidate, Serviced};

#[derive(Default)]
pub(super) struct Heads {
    all: BTreeSet<usize>,
    /// The updates that are open, and the missing one that contains each.
    pub(super) covered: BTreeMap<usize, usize>,
}

impl Heads {
    pub(super) fn knows(&self, at: usize) -> bool {
        self.all.contains(&at) || self.covered.contains_key(&at)
    }

    pub(super) fn of(&self, head: usize) -> Vec<usize> {
        self.covered.iter().filter(|(_, by)| **by == head).map(|(&at, _)| at).collect()
    }
}

impl Serviced<'_> {
    /// Finds the missing updates that no other missing one contains: rule 17.
    pub(super) fn heads(&self, doubts: &[Option<Doubt>]) -> Heads {
        let mut open: Vec<usize> = Vec::new();
        let mut missing: Vec<usize> = Vec::new();
        for (at, (candidate, doubt)) in self.candidates.iter().zip(doubts).enumerate() {
            if candidate.is_open() {
                open.push(at);
                if doubt.is_none() {
                    missing.push(at);
                }
            }
        }
        missing.sort_by_cached_key(|&at| {
            let rank = self.candidates.get(at).map(|candidate| {
                (self.is_cumulative(at), candidate.fix.map(|fix| fix.most), self.age(candidate), candidate.update)
            });
            std::cmp::Reverse(rank)
        });
        let mut heads = Heads::default();
        for head in missing {
            if heads.covered.contains_key(&head) {
                continue;
            }
            heads.all.insert(head);
            let Some(newest) = self.candidates.get(head) else { continue };
            let older = self.contained(head, newest);
            let contained = older.iter().filter_map(|&at| self.candidates.get(at)).chain([newest]);
            let cves = self.index.articles.marked(contained.map(|candidate| candidate.update));
            let cumulative = self.is_cumulative(head);
            for &at in &open {
                let Some(candidate) = self.candidates.get(at).filter(|_| !heads.knows(at)) else { continue };
                if self.covers(newest, &older, &cves, cumulative, at, candidate) {
                    heads.covered.insert(at, head);
                }
            }
        }
        heads
    }

    /// Whether an update contains those with lower builds: all do in a cumulative branch. Of separate updates, a rollup does. It
    /// is the only one offered for its CVEs, or supersedes more than the other, which is the security-only update.
    pub(super) fn is_cumulative(&self, at: usize) -> bool {
        if self.branch.is_some_and(Branch::is_cumulative) {
            return true;
        }
        let Some(candidate) = self.candidates.get(at).filter(|candidate| candidate.fix.is_some()) else { return false };
        let cves = self.index.articles.cves(candidate.update);
        let older = self.superseded_by(at).len();
        let is_first = self.candidates.iter().enumerate().filter(|(other, _)| *other != at).all(|(place, other)| {
            let others = self.index.articles.cves(other.update);
            let same = other.fix.is_some() && cves.iter().all(|cve| others.binary_search(cve).is_ok());
            !same || self.superseded_by(place).len() < older
        });
        !cves.is_empty() && is_first
    }

    /// Whether the newest of some updates, which contains `older` and with them closes `closed`, contains a candidate.
    fn covers(
        &self,
        newest: &Candidate<'_>,
        older: &BTreeSet<usize>,
        closed: &[bool],
        cumulative: bool,
        at: usize,
        candidate: &Candidate<'_>,
    ) -> bool {
        let by_build = || newest.fix.zip(candidate.fix).is_some_and(|(newest, other)| newest.most > other.most);
        let by_cves = || {
            let cves = self.index.articles.cves(candidate.update);
            // A month's rollup and its security-only update have one build, and articles in either order.
            let is_of_month =
                newest.fix.zip(candidate.fix).is_some_and(|(newest, other)| cumulative && newest.most == other.most);
            (self.is_older(candidate, newest) || is_of_month)
                && !cves.is_empty()
                && cves.iter().all(|&cve| closed.get(cve as usize).is_some_and(|closed| *closed))
        };
        older.contains(&at) || cumulative && by_build() || by_cves()
    }
}
