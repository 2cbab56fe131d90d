//! The parts of the updates that rules 11 to 17 compare: articles' numbers, CVEs and builds, taken once from the texts.

use std::collections::BTreeMap;

use super::branch::Numbers;
use crate::contract::exports::wardline::check::types::Update;

/// By update, in the catalog's order.
#[derive(Debug)]
pub(super) struct Articles {
    numbers: Vec<Option<u32>>,
    /// (article, update), sorted.
    by_number: Vec<(u32, u32)>,
    /// CVEs as numbers, sorted.
    cves: Vec<Vec<u32>>,
    cve_count: usize,
    /// By row of `update.applies-to`.
    builds: Vec<Vec<Option<Numbers>>>,
}

impl Articles {
    pub(super) fn new(updates: &[Update]) -> Articles {
        let numbers: Vec<_> = updates.iter().map(|update| article_number(&update.article)).collect();
        let mut by_number: Vec<_> =
            numbers.iter().zip(0..).filter_map(|(number, place)| Some(((*number)?, place))).collect();
        by_number.sort_unstable();

        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        let mut cves = Vec::with_capacity(updates.len());
        for update in updates {
            let mut own: Vec<u32> = Vec::with_capacity(update.cves.len());
            for cve in update.cves.iter().map(|cve| cve.trim()).filter(|cve| !cve.is_empty()) {
                let next = known.len() as u32;
                own.push(*known.entry(cve.to_ascii_uppercase()).or_insert(next));
            }
            own.sort_unstable();
            own.dedup();
            cves.push(own);
        }
        let build = |update: &Update| {
            update.applies_to.iter().map(|row| row.fixed_build.as_deref().and_then(Numbers::parse)).collect()
        };
        Articles { numbers, by_number, cves, cve_count: known.len(), builds: updates.iter().map(build).collect() }
    }

    /// Returns the number of an update's article.
    pub(super) fn number(&self, update: u32) -> Option<u32> {
        self.numbers.get(update as usize).copied().flatten()
    }

    /// Returns the updates of an article: one for each group of products that it closes different CVEs for.
    pub(super) fn updates(&self, article: u32) -> impl Iterator<Item = u32> {
        let first = self.by_number.partition_point(|entry| entry.0 < article);
        let rest = self.by_number.get(first..).unwrap_or_default();
        rest.iter().take_while(move |entry| entry.0 == article).map(|entry| entry.1)
    }

    pub(super) fn cves(&self, update: u32) -> &[u32] {
        self.cves.get(update as usize).map_or(&[], Vec::as_slice)
    }

    /// Marks the CVEs of these updates, by their numbers.
    pub(super) fn marked(&self, updates: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut marked = vec![false; self.cve_count];
        for &cve in updates.flat_map(|update| self.cves(update)) {
            if let Some(mark) = marked.get_mut(cve as usize) {
                *mark = true;
            }
        }
        marked
    }

    /// Returns the builds of an update's rows.
    pub(super) fn builds(&self, update: u32) -> &[Option<Numbers>] {
        self.builds.get(update as usize).map_or(&[], Vec::as_slice)
    }
}

/// Returns 5035853 of `KB5035853`, and 296441 of `Q296441`.
pub(super) fn article_number(article: &str) -> Option<u32> {
    let article = article.trim();
    let digits = article.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all && article.len() - digits.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_numbers_with_a_prefix() {
        for (article, expected) in [
            ("KB5035853", Some(5_035_853)),
            (" kb5035853 ", Some(5_035_853)),
            ("Q296441", Some(296_441)),
            ("5035853", Some(5_035_853)),
            ("MS16-016", None),
            ("KB5035853v2", None),
            ("KB+1", None),
            ("KB99999999999", None),
            ("", None),
        ] {
            assert_eq!(article_number(article), expected, "{article}");
        }
    }
}
