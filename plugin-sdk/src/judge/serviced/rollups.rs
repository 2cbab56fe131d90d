//! Which updates are rollups, in a branch with separate updates: rule 17.

use std::collections::{BTreeMap, BTreeSet};

use super::super::articles::Kind;
use super::super::branch::Branch;
use super::{Candidate, Serviced};

/// The number of updates that only a rollup supersedes.
pub(super) const ROLLUP_SUPERSEDES: usize = 4;

/// The month of the first monthly rollups, October 2016, counted as [`month`](super::super::articles::Articles::month) does. They contain
/// each other. Of what was published before, an installed one is known to contain only what it supersedes; .NET's updates, say, it does not
/// contain, and catalogs list them for Windows.
const FIRST_ROLLUPS: u32 = 2016 * 12 + 10;

/// The beginning of the names of Internet Explorer, as a product on a Windows.
const INTERNET_EXPLORER: &str = "Internet Explorer ";

/// The updates among which several may be offered for the same CVEs.
#[derive(Default)]
struct Rivals {
    with_builds: Vec<usize>,
    /// By month of publication.
    of_months: BTreeMap<u32, Vec<usize>>,
}

impl Serviced<'_> {
    /// Returns what an update is of. In a branch with separate updates, one that is for Internet Explorer alone is of it, even if
    /// the catalog does not say so. In a cumulative branch it is the branch's own, and no update has a month's fixes alone.
    pub(super) fn kind(&self, update: u32) -> Kind {
        let articles = &self.index.articles;
        let kind = articles.kind(update);
        if self.branch.is_none_or(Branch::is_cumulative) {
            return match kind {
                Kind::SecurityOnly => Kind::Other,
                kind => kind,
            };
        }
        if kind != Kind::Other {
            return kind;
        }
        let of_article = articles.number(update).map(|article| articles.updates(article).collect());
        let of_article: Vec<u32> = of_article.unwrap_or_else(|| vec![update]);
        let mut rows = of_article.iter().flat_map(|&update| &self.index.update(update).applies_to);
        let is_for_explorer = |name: &str| {
            name.get(..INTERNET_EXPLORER.len()).is_some_and(|start| start.eq_ignore_ascii_case(INTERNET_EXPLORER))
        };
        match rows.all(|row| is_for_explorer(row.product.name.trim())) {
            true => Kind::InternetExplorer,
            false => Kind::Other,
        }
    }

    /// Returns the candidates that contain the earlier ones. An article is a rollup as a whole: for a component it closes fewer CVEs
    /// than for Windows. `older` is how many each candidate supersedes.
    pub(super) fn rollups(&self, older: &[usize]) -> BTreeSet<usize> {
        let mut rivals = Rivals::default();
        for (at, candidate) in
            self.candidates.iter().enumerate().filter(|(_, other)| other.kind != Kind::InternetExplorer)
        {
            if candidate.fix.is_some() {
                rivals.with_builds.push(at);
            }
            if let Some(month) = self.age(candidate).month {
                rivals.of_months.entry(month).or_default().push(at);
            }
        }
        let mut rollups = BTreeSet::new();
        for of_article in self.by_article.values() {
            if of_article.iter().any(|&at| self.is_rollup(at, older, &rivals)) {
                rollups.extend(of_article);
            }
        }
        rollups
    }

    /// Whether an update is a rollup: it says so, or it is the only one offered for its CVEs, or supersedes more than the other,
    /// which is the security-only update.
    fn is_rollup(&self, at: usize, older: &[usize], rivals: &Rivals) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        match candidate.kind {
            Kind::Rollup => return true,
            Kind::ServicingStack | Kind::InternetExplorer | Kind::Setup | Kind::Recovery | Kind::SecurityOnly => {
                return false;
            }
            Kind::Other => {}
        }
        let articles = &self.index.articles;
        let cves = articles.cves(candidate.update);
        let own = older.get(at).copied().unwrap_or_default();
        let may_be = match candidate.fix {
            Some(_) => rivals.with_builds.as_slice(),
            None => {
                self.age(candidate).month.and_then(|month| rivals.of_months.get(&month)).map_or(&[][..], Vec::as_slice)
            }
        };
        let rivals = may_be.iter().filter(|&&other| {
            self.candidates.get(other).filter(|_| other != at && !cves.is_empty()).is_some_and(|other| {
                let others = articles.cves(other.update);
                let same_article = other.article.is_some() && other.article == candidate.article;
                !same_article && cves.iter().all(|cve| others.binary_search(cve).is_ok())
            })
        });
        let most = rivals.map(|&rival| older.get(rival).copied().unwrap_or_default()).max();
        let supersedes_more = most.is_none_or(|most| most < own);
        match candidate.fix {
            Some(_) => supersedes_more && !cves.is_empty(),
            // Without a build, an update that is alone may be any.
            None => supersedes_more && (most.is_some() || own >= ROLLUP_SUPERSEDES),
        }
    }

    /// Whether an update was published since there are monthly rollups, as far as its month is known.
    pub(super) fn is_of_rollups_time(&self, candidate: &Candidate<'_>) -> bool {
        self.age(candidate).month.is_none_or(|month| month >= FIRST_ROLLUPS)
    }

    /// Whether both updates were published in the same month, which is known.
    pub(super) fn are_of_one_month(&self, one: &Candidate<'_>, other: &Candidate<'_>) -> bool {
        let months = self.age(one).month.zip(self.age(other).month);
        months.is_some_and(|(one, other)| one == other)
    }
}
