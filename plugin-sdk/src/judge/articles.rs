//! The parts of the updates that rules 11 to 22 compare: articles' numbers, kinds, months, CVEs and builds, taken once from the texts.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::branch::Numbers;
use crate::contract::exports::wardline::check::types::Update;

/// The number of CVEs that only cumulative updates close: in the documents of 2016 to 2026, others for Windows 10 and later close at
/// most three.
const CVES_OF_CUMULATIVE: usize = 8;

/// The advisory that lists the newest update of the servicing stack for each release, and no other updates.
const SERVICING_STACK_UPDATES: &str = "ADV990001";

/// The kind of an update, where a catalog has neither a title nor a build that would say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArticleKind {
    /// An update of the servicing stack.
    ServicingStack,
    /// An update of Windows Setup.
    Setup,
    /// An update of the Windows Recovery Environment.
    Recovery,
    /// A cumulative update, or a monthly rollup.
    Cumulative,
}

/// The kind of an update by its title and CVEs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of the servicing stack, which installs the others.
    ServicingStack,
    /// Of Internet Explorer, beside the rollups that have its fixes, too.
    InternetExplorer,
    /// Of Windows Setup, for installation media.
    Setup,
    /// Of the Windows Recovery Environment, an image of its own.
    Recovery,
    /// A month's fixes and all earlier ones.
    Rollup,
    /// A month's fixes alone, before Windows 10.
    SecurityOnly,
    Other,
}

impl Kind {
    /// Catalogs name the kind at the end of the title: `2020-07 Servicing Stack Update`, `2019-10 Setup DU`.
    fn of(title: &str, cves: &[String]) -> Kind {
        let title = title.trim_end();
        let is = |kind: &str| {
            let start = title.len().checked_sub(kind.len());
            start.and_then(|start| title.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(kind))
        };
        if is("Servicing Stack Update") {
            Kind::ServicingStack
        } else if is("IE Cumulative") {
            Kind::InternetExplorer
        } else if is("Setup DU") {
            Kind::Setup
        } else if is("Monthly Rollup") {
            Kind::Rollup
        } else if is("Security Only") {
            Kind::SecurityOnly
        } else if !cves.is_empty() && cves.iter().all(|cve| cve.trim() == SERVICING_STACK_UPDATES) {
            Kind::ServicingStack
        } else {
            Kind::Other
        }
    }

    /// Whether an update is not of a chain of its own.
    pub(super) fn may_contain_others(self) -> bool {
        matches!(self, Kind::Rollup | Kind::SecurityOnly | Kind::Other)
    }

    /// Whether an update may be one of a branch's chain.
    pub(super) fn may_be_cumulative(self) -> bool {
        matches!(self, Kind::Rollup | Kind::Other)
    }
}

/// By update, in the catalog's order.
#[derive(Debug)]
pub(super) struct Articles {
    numbers: Vec<Option<u32>>,
    kinds: Vec<Kind>,
    /// Months of publication since the year 0.
    months: Vec<Option<u32>>,
    /// (article, update), sorted.
    by_number: Vec<(u32, u32)>,
    /// CVEs as numbers, sorted.
    cves: Vec<Vec<u32>>,
    cve_count: usize,
    /// The numbers of articles whose updates the vendor withdrew.
    withdrawn: BTreeSet<u32>,
    /// The numbers of articles whose updates are for products that are not judged here.
    of_others: BTreeSet<u32>,
    /// By row of `update.applies-to`.
    builds: Vec<Vec<Option<Numbers>>>,
}

impl Articles {
    pub(super) fn new(updates: &[Update]) -> Articles {
        let numbers: Vec<_> = updates.iter().map(|update| article_number(&update.article)).collect();
        let mut by_number: Vec<_> =
            numbers.iter().zip(0..).filter_map(|(number, place)| Some(((*number)?, place))).collect();
        by_number.sort_unstable();

        let mut known = CveNumbers::default();
        let mut cves = Vec::with_capacity(updates.len());
        for update in updates {
            let mut own: Vec<u32> = Vec::with_capacity(update.cves.len());
            own.extend(update.cves.iter().map(|cve| cve.trim()).filter(|cve| !cve.is_empty()).map(|cve| known.of(cve)));
            own.sort_unstable();
            own.dedup();
            cves.push(own);
        }
        let build = |update: &Update| {
            update.applies_to.iter().map(|row| row.fixed_build.as_deref().and_then(Numbers::parse)).collect()
        };
        Articles {
            numbers,
            kinds: updates.iter().map(|update| Kind::of(&update.title, &update.cves)).collect(),
            months: updates.iter().map(|update| month(update.posted.as_deref()?)).collect(),
            by_number,
            cves,
            cve_count: known.folded.len(),
            withdrawn: BTreeSet::new(),
            of_others: BTreeSet::new(),
            builds: updates.iter().map(build).collect(),
        }
    }

    /// Sets what updates of these articles are, if the catalog does not say.
    pub(super) fn set_kinds(&mut self, kinds: impl IntoIterator<Item = (u32, ArticleKind)>) {
        for (article, told) in kinds {
            let updates: Vec<u32> = self.updates(article).collect();
            for update in updates {
                if let Some(kind @ Kind::Other) = self.kinds.get_mut(update as usize) {
                    *kind = match told {
                        ArticleKind::ServicingStack => Kind::ServicingStack,
                        ArticleKind::Setup => Kind::Setup,
                        ArticleKind::Recovery => Kind::Recovery,
                        ArticleKind::Cumulative => Kind::Rollup,
                    };
                }
            }
        }
    }

    pub(super) fn withdraw(&mut self, articles: impl IntoIterator<Item = u32>) {
        self.withdrawn.extend(articles);
    }

    pub(super) fn is_withdrawn(&self, update: u32) -> bool {
        self.number(update).is_some_and(|article| self.withdrawn.contains(&article))
    }

    pub(super) fn add_others(&mut self, articles: impl IntoIterator<Item = u32>) {
        self.of_others.extend(articles);
    }

    /// Whether an article is of a product that is not judged here.
    pub(super) fn is_of_others(&self, article: u32) -> bool {
        self.of_others.contains(&article)
    }

    pub(super) fn kind(&self, update: u32) -> Kind {
        self.kinds.get(update as usize).copied().unwrap_or(Kind::Other)
    }

    /// Returns the month in which an update was published, since the year 0.
    pub(super) fn month(&self, update: u32) -> Option<u32> {
        self.months.get(update as usize).copied().flatten()
    }

    /// Whether an update closes so many CVEs that it is cumulative, even if the catalog links it with no other.
    pub(super) fn closes_many(&self, update: u32) -> bool {
        self.cves(update).len() >= CVES_OF_CUMULATIVE
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

/// Numbers for CVEs, which are written in either case.
#[derive(Default)]
struct CveNumbers<'u> {
    folded: Hashed<String>,
    /// Nearly every mention is spelled like an earlier one, and needs no folding.
    spelled: Hashed<&'u str>,
}

/// A hash that is the same in every run: nothing here depends on its order, but fuel has to.
type Hashed<K> = HashMap<K, u32, BuildHasherDefault<DefaultHasher>>;

impl<'u> CveNumbers<'u> {
    fn of(&mut self, cve: &'u str) -> u32 {
        if let Some(number) = self.spelled.get(cve) {
            return *number;
        }
        let next = self.folded.len() as u32;
        let number = *self.folded.entry(cve.to_ascii_uppercase()).or_insert(next);
        self.spelled.insert(cve, number);
        number
    }
}

/// Returns 5035853 of `KB5035853`, and 296441 of `Q296441`.
pub fn article_number(article: &str) -> Option<u32> {
    let article = article.trim();
    let digits = article.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all && article.len() - digits.len() <= 2)
}

/// Returns the month of an ISO date, since the year 0.
fn month(date: &str) -> Option<u32> {
    let mut parts = date.trim().splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month) = (parts.next()??, parts.next()??);
    (1..=12).contains(&month).then(|| u32::from(year) * 12 + u32::from(month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_the_ends_of_titles() {
        for (title, expected) in [
            ("2020-07 Servicing Stack Update", Kind::ServicingStack),
            ("servicing stack update", Kind::ServicingStack),
            ("2025-02 IE Cumulative", Kind::InternetExplorer),
            ("2019-10 Setup DU", Kind::Setup),
            ("2020-10 Monthly Rollup", Kind::Rollup),
            ("2020-10 Security Only", Kind::SecurityOnly),
            ("2019-10 Setup DU for Windows", Kind::Other),
            ("2024-03 Security Update", Kind::Other),
            ("ü", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(title, &["CVE-1".to_owned()]), expected, "{title}");
        }
    }

    #[test]
    fn the_advisory_on_servicing_stacks_has_no_other_updates() {
        for (title, cves, expected) in [
            ("2024-09 Update", &["ADV990001"][..], Kind::ServicingStack),
            ("2024-09 Update", &["ADV990001", "CVE-1"], Kind::Other),
            ("2024-09 Update", &[], Kind::Other),
            ("2024-09 Monthly Rollup", &["ADV990001"], Kind::Rollup),
        ] {
            let cves: Vec<String> = cves.iter().map(|&cve| cve.to_owned()).collect();
            assert_eq!(Kind::of(title, &cves), expected, "{title} {cves:?}");
        }
    }

    #[test]
    fn months_are_counted() {
        for (date, expected) in [
            ("2020-07-14", Some(2020 * 12 + 7)),
            ("2020-07", Some(2020 * 12 + 7)),
            ("2020-13-01", None),
            ("2020", None),
            ("-1-1", None),
            ("99999-01", None),
        ] {
            assert_eq!(month(date), expected, "{date}");
        }
    }

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
