//! Updates without a build that contain cumulative ones with a build, and are absent if these are: rules 16 and 17.

use std::collections::BTreeMap;

use super::super::branch::Revision;
use super::links::Walk;
use super::{Fix, Serviced};

impl Serviced<'_> {
    /// Finds the open candidates without a build that contain an open cumulative update with one: by their links, or as later members
    /// of the branch's chain. Returns for each the contained one with the highest build, which its own is at least.
    pub(super) fn beyond(&self) -> BTreeMap<usize, usize> {
        // The order of the catalog's updates must not matter: of two with one build, the article decides.
        let mut builds: Vec<Option<(Revision, Option<u32>, usize)>> = vec![None; self.candidates.len()];
        // By month: the newest update with a build.
        let mut months: BTreeMap<u32, (Revision, Option<u32>, usize)> = BTreeMap::new();
        for (at, candidate) in self.candidates.iter().enumerate() {
            let is_cumulative = candidate.kind.may_be_cumulative() && self.is_cumulative(at);
            let Some(fix) = candidate.fix.filter(|_| candidate.is_open() && is_cumulative) else { continue };
            let rank = (fix.most, candidate.article, at);
            if let Some(build) = builds.get_mut(at) {
                *build = Some(rank);
            }
            if let Some(month) = self.age(candidate).month {
                let newest = months.entry(month).or_insert(rank);
                *newest = (*newest).max(rank);
            }
        }
        let mut beyond = BTreeMap::new();
        if builds.iter().all(Option::is_none) {
            return beyond;
        }
        let mut walk = Walk::default();
        for (at, candidate) in self.candidates.iter().enumerate() {
            let has_build = candidate.fix.is_some() || candidate.other_build.is_some();
            if has_build || !candidate.is_open() || !candidate.kind.may_be_cumulative() {
                continue;
            }
            // Of one month, a hotpatch may be installed in place of the cumulative update.
            let month = self.age(candidate).month.filter(|_| self.leads_chain(at)).unwrap_or_default();
            let mut newest = months.range(..month).map(|(_, newest)| *newest).max();
            self.walk(at, &mut walk, |older| newest = newest.max(builds.get(older).copied().flatten()));
            if let Some((.., newest)) = newest {
                beyond.insert(at, newest);
            }
        }
        beyond
    }

    /// Returns the fix of the newest update with a build that a candidate without one contains, and its bulletin.
    pub(super) fn contained_fix(&self, at: usize) -> Option<(Fix<'_>, &str)> {
        let contained = self.candidates.get(*self.beyond.get(&at)?)?;
        Some((contained.fix?, &self.index.update(contained.update).bulletin))
    }

    /// Like [`contained_fix`](Serviced::contained_fix), if the product's build proves that update absent.
    pub(super) fn contained_absent(&self, at: usize) -> Option<(Fix<'_>, &str)> {
        self.contained_fix(at).filter(|(fix, _)| self.is_below(*fix))
    }
}
