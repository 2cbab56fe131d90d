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
                // Of an update and several without builds that contain it, it is the oldest.
                let build = candidate.fix.map(|fix| fix.most);
                let build = build.max(self.contained_fix(at).map(|(fix, _)| fix.most));
                // Of one article for several groups of CVEs, the order in the catalog must not matter.
                let cves = self.index.articles.cves(candidate.update).len();
                (self.is_cumulative(at), build, candidate.fix.is_none(), self.age(candidate), cves, candidate.update)
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
            for &at in &open {
                let Some(candidate) = self.candidates.get(at).filter(|_| !heads.knows(at)) else { continue };
                if self.covers((head, newest), &older, &cves, at, candidate) {
                    heads.covered.insert(at, head);
                }
            }
        }
        heads
    }

    /// Whether an update contains those with lower builds: all do in a cumulative branch, and rollups in one with separate updates.
    pub(super) fn is_cumulative(&self, at: usize) -> bool {
        self.branch.is_some_and(Branch::is_cumulative) || self.rollups.contains(&at)
    }

    /// Whether the newest of some updates, which contains `older` and with them closes `closed`, contains a candidate.
    fn covers(
        &self,
        (head, newest): (usize, &Candidate<'_>),
        older: &BTreeSet<usize>,
        closed: &[bool],
        at: usize,
        candidate: &Candidate<'_>,
    ) -> bool {
        let cumulative = self.is_cumulative(head);
        let by_build = || {
            candidate.fix.is_some_and(|other| {
                newest.fix.is_some_and(|newest| newest.most > other.most)
                    || self.contained_fix(head).is_some_and(|(contained, _)| contained.most >= other.most)
            })
        };
        let by_cves = || {
            let cves = self.index.articles.cves(candidate.update);
            // A month's rollup and its security-only update have one build, and articles in either order.
            let is_of_month = cumulative
                && match newest.fix.zip(candidate.fix) {
                    Some((newest, other)) => newest.most == other.most,
                    None => {
                        (self.branch.is_some_and(Branch::is_cumulative) || !self.is_cumulative(at))
                            && self.are_of_one_month(newest, candidate)
                    }
                };
            (self.is_older(candidate, newest) || is_of_month)
                && !cves.is_empty()
                && cves.iter().all(|&cve| closed.get(cve as usize).is_some_and(|closed| *closed))
        };
        older.contains(&at) || cumulative && by_build() || by_cves()
    }
}
