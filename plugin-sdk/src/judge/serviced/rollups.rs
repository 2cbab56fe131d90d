//! Which updates are rollups, in a branch with separate updates: rule 17.

use std::collections::BTreeSet;

use super::super::articles::Kind;
use super::super::branch::Branch;
use super::{Candidate, Serviced};

/// The number of updates that only a rollup supersedes.
pub(super) const ROLLUP_SUPERSEDES: usize = 4;

/// The beginning of the names of Internet Explorer, as a product on a Windows.
const INTERNET_EXPLORER: &str = "Internet Explorer ";

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
        let mut rollups = BTreeSet::new();
        for of_article in self.by_article.values() {
            if of_article.iter().any(|&at| self.is_rollup(at, older)) {
                rollups.extend(of_article);
            }
        }
        rollups
    }

    /// Whether an update is a rollup: it says so, or it is the only one offered for its CVEs, or supersedes more than the other,
    /// which is the security-only update.
    fn is_rollup(&self, at: usize, older: &[usize]) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        match candidate.kind {
            Kind::Rollup => return true,
            Kind::ServicingStack | Kind::InternetExplorer | Kind::Setup | Kind::SecurityOnly => return false,
            Kind::Other => {}
        }
        let own = older.get(at).copied().unwrap_or_default();
        let rivals = self.rivals(at, candidate).map(|rival| older.get(rival).copied().unwrap_or_default());
        let most_of_rivals = rivals.max();
        let supersedes_more = most_of_rivals.is_none_or(|most| most < own);
        match candidate.fix {
            Some(_) => supersedes_more && !self.index.articles.cves(candidate.update).is_empty(),
            // Without a build, an update that is alone may be any.
            None => supersedes_more && (most_of_rivals.is_some() || own >= ROLLUP_SUPERSEDES),
        }
    }

    /// Returns the updates that are offered for all CVEs of another one: with builds, or in its month.
    fn rivals<'s>(&'s self, at: usize, candidate: &'s Candidate<'_>) -> impl Iterator<Item = usize> + 's {
        let articles = &self.index.articles;
        let cves = articles.cves(candidate.update);
        let others = self.candidates.iter().enumerate().filter(move |(other, _)| *other != at && !cves.is_empty());
        let rivals = others.filter(move |(_, other)| {
            let comparable = match candidate.fix {
                Some(_) => other.fix.is_some(),
                None => self.are_of_one_month(candidate, other),
            };
            let others = articles.cves(other.update);
            comparable
                && (other.article != candidate.article || other.article.is_none())
                && other.kind != Kind::InternetExplorer
                && cves.iter().all(|cve| others.binary_search(cve).is_ok())
        });
        rivals.map(|(other, _)| other)
    }

    /// Whether both updates were published in the same month, which is known.
    pub(super) fn are_of_one_month(&self, one: &Candidate<'_>, other: &Candidate<'_>) -> bool {
        let months = self.age(one).month.zip(self.age(other).month);
        months.is_some_and(|(one, other)| one == other)
    }
}
