//! Builds in the catalog that later updates contradict: rule 11.

use super::super::branch::{Branch, Revision};
use super::Serviced;

/// The number of later updates with lower builds that prove a build wrong. A single one may be wrong itself.
const WITNESSES: usize = 2;

impl Serviced<'_> {
    /// Treats a build as one that cannot be compared if later updates have lower ones. Of cumulative updates, those that are
    /// published later have higher builds.
    ///
    /// In the document of July 2021, KB5004945 has the build 10.0.19041.1803 instead of 1083, which some of its products never
    /// reached.
    pub(super) fn distrust_contradicted_builds(&mut self) {
        let reached = self.revision.map(|known| known.revision);
        let is_open = |fix: Revision| reached.is_none_or(|reached| reached < fix);
        let any_open = self.candidates.iter().any(|candidate| candidate.fix.is_some_and(|fix| is_open(fix.most)));
        if !any_open || !self.branch.is_some_and(Branch::is_cumulative) {
            return;
        }
        let mut newest_first: Vec<(&str, usize)> = Vec::with_capacity(self.candidates.len());
        for (at, candidate) in self.candidates.iter().enumerate() {
            if candidate.fix.is_some()
                && let Some(posted) = self.index.update(candidate.update).posted.as_deref().filter(|date| is_date(date))
            {
                newest_first.push((posted, at));
            }
        }
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        let mut lowest = Lowest::default();
        let mut contradicted = Vec::new();
        for of_a_day in newest_first.chunk_by(|one, other| one.0 == other.0) {
            let fixes = of_a_day.iter().filter_map(|&(_, at)| {
                let candidate = self.candidates.get(at)?;
                Some((at, candidate.article, candidate.fix?))
            });
            contradicted.extend(fixes.clone().filter(|(.., fix)| lowest.are_below(fix.least)).map(|(at, ..)| at));
            fixes.for_each(|(_, article, fix)| lowest.add(article, fix.most));
        }
        for at in contradicted {
            let Some(candidate) = self.candidates.get_mut(at) else { continue };
            if let Some(fix) = candidate.fix.take() {
                candidate.other_build = Some(fix.text);
                self.distrusted.extend(candidate.article);
            }
        }
    }
}

/// The lowest builds seen so far, of as many different articles.
#[derive(Default)]
struct Lowest([Option<(Revision, Option<u32>)>; WITNESSES]);

impl Lowest {
    fn add(&mut self, article: Option<u32>, build: Revision) {
        let mut next = Some((build, article));
        for place in &mut self.0 {
            match (*place, next) {
                (Some((lower, same)), Some((build, article))) if build >= lower => {
                    if same == article {
                        return;
                    }
                }
                (replaced, _) => {
                    *place = next;
                    if replaced.is_none_or(|(_, replaced)| next.is_some_and(|(_, article)| replaced == article)) {
                        return;
                    }
                    next = replaced;
                }
            }
        }
    }

    fn are_below(&self, build: Revision) -> bool {
        self.0.iter().all(|lowest| lowest.is_some_and(|(lower, _)| lower < build))
    }
}

/// Whether a text is a date as `update.posted` has it, so that the order of texts is that of dates.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit())));
    [4, 2, 2].into_iter().all(|length| parts.next() == Some((length, true))) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::branch::Numbers;

    fn revision(number: u32) -> Revision {
        let numbers = Numbers::parse(&format!("10.0.19041.{number}"));
        numbers.and_then(|numbers| Branch::new(["10.0.19041"]).revision(&numbers)).expect("a build of the branch")
    }

    #[test]
    fn the_lowest_builds_are_of_different_articles() {
        for (added, below) in [
            (&[(1, 10)][..], None),
            (&[(1, 10), (2, 20)], Some(20)),
            (&[(2, 20), (1, 10)], Some(20)),
            (&[(1, 10), (1, 5)], None),
            (&[(1, 5), (1, 10)], None),
            (&[(1, 10), (2, 20), (2, 5)], Some(10)),
            (&[(1, 30), (2, 20), (3, 10)], Some(20)),
        ] {
            let mut lowest = Lowest::default();
            added.iter().for_each(|&(article, build)| lowest.add(Some(article), revision(build)));
            let found = (1..40).find(|&build| lowest.are_below(revision(build)));
            assert_eq!(found, below.map(|below| below + 1), "{added:?}");
        }
    }

    #[test]
    fn only_whole_dates_are_compared() {
        for (text, expected) in
            [("2021-07-13", true), ("2021-7-13", false), ("13.07.2021", false), ("2021-07-13T08", false), ("", false)]
        {
            assert_eq!(is_date(text), expected, "{text}");
        }
    }
}
