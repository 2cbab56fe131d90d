//! Updates without a build that are absent because what they contain is: rule 16.

use std::collections::BTreeMap;

use super::{Candidate, Fix, Serviced};

impl Serviced<'_> {
    /// Finds the open candidates without a build that contain a cumulative update whose build has not been reached: by their links, or
    /// as later members of the branch's chain. Returns for each the contained one with the highest build, which its own is at least.
    pub(super) fn beyond(&self) -> BTreeMap<usize, usize> {
        let absent: Vec<(usize, &Candidate<'_>, Fix<'_>)> = self
            .candidates
            .iter()
            .enumerate()
            .filter(|(at, candidate)| {
                candidate.is_open() && candidate.kind.may_be_cumulative() && self.is_cumulative(*at)
            })
            .filter_map(|(at, candidate)| Some((at, candidate, candidate.fix.filter(|fix| self.is_below(*fix))?)))
            .collect();
        let mut beyond = BTreeMap::new();
        if absent.is_empty() {
            return beyond;
        }
        for (at, candidate) in self.candidates.iter().enumerate() {
            let has_build = candidate.fix.is_some() || candidate.other_build.is_some();
            if has_build || !candidate.is_open() || !candidate.kind.may_be_cumulative() {
                continue;
            }
            let superseded = self.superseded_by(at);
            // Of one month, a hotpatch may be installed in place of the cumulative update.
            let is_later = |other: &Candidate<'_>| {
                let months = self.age(candidate).month.zip(self.age(other).month);
                self.leads_chain(at) && months.is_some_and(|(own, other)| other < own)
            };
            let contained = absent.iter().filter(|(place, other, _)| superseded.contains(place) || is_later(other));
            if let Some((newest, ..)) = contained.max_by_key(|(.., fix)| fix.most) {
                beyond.insert(at, *newest);
            }
        }
        beyond
    }

    /// Returns the fix of the absent update that a candidate contains, and its bulletin.
    pub(super) fn contained_absent(&self, at: usize) -> Option<(Fix<'_>, &str)> {
        let contained = self.candidates.get(*self.beyond.get(&at)?)?;
        Some((contained.fix?, &self.index.update(contained.update).bulletin))
    }
}
