//! The vulnerabilities of older updates that are open because the update that replaces them is missing.
//!
//! Of the updates that a machine lacks, reports name the newest, which contains the others; these are superseded by it. What
//! they fix is open as well, and the newest closes it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use smol_str::SmolStr;
use wardline_contract::UpdateStatus;

use crate::model::{TargetReport, TestKind, UpdateReport};

/// An installed product of which updates may be missing: the family of the plugin, and the instance.
type Place<'r> = (&'r str, Option<&'r str>);

/// The vulnerabilities of older updates that are open on one machine, by the missing update that replaces these. Sorted, each once.
#[derive(Debug, Default)]
pub struct Replaced<'r>(BTreeMap<(Place<'r>, &'r str), Vec<&'r SmolStr>>);

impl<'r> Replaced<'r> {
    /// Collects them. A vulnerability that an installed update of the same product fixes is not open.
    pub fn of(report: &'r TargetReport) -> Replaced<'r> {
        let mut heads: BTreeMap<(Place<'r>, &str), Vec<&str>> = BTreeMap::new();
        for update in report.updates.iter().filter(|update| replaces_what_is_missing(update)) {
            heads.entry((place(update), &update.bulletin)).or_default().push(&update.product);
        }
        let mut replaced = Replaced::default();
        if heads.is_empty() {
            return replaced;
        }
        let head_of = |update: &'r UpdateReport| {
            let by = update.superseded_by.as_deref().filter(|_| update.status == UpdateStatus::Superseded)?;
            let key = (place(update), by);
            heads.get(&key).map(|products| (key, products))
        };
        let is_here = |update: &UpdateReport| matches!(update.status, UpdateStatus::Installed | UpdateStatus::Included);
        let here: BTreeSet<(Place<'r>, &str)> = report
            .updates
            .iter()
            .filter(|update| is_here(update))
            .map(|update| (place(update), &*update.bulletin))
            .collect();
        let is_contained = |update: &'r UpdateReport| {
            let by = update.superseded_by.as_deref().filter(|_| update.status == UpdateStatus::Superseded);
            by.is_some_and(|by| here.contains(&(place(update), by)))
        };
        let mut closed: BTreeMap<(Place<'r>, &str), HashSet<&str>> = BTreeMap::new();
        for update in report.updates.iter().filter(|update| is_here(update) || is_contained(update)) {
            let closed = closed.entry((place(update), &update.product)).or_default();
            closed.extend(update.cves.iter().map(SmolStr::as_str));
        }
        for update in &report.updates {
            let Some((key, products)) = head_of(update) else { continue };
            let products = products.iter().copied().chain([update.product.as_str()]);
            let closed: Vec<_> = products.filter_map(|product| closed.get(&(place(update), product))).collect();
            let is_open = |cve: &&SmolStr| !closed.iter().any(|closed| closed.contains(cve.as_str()));
            replaced.0.entry(key).or_default().extend(update.cves.iter().filter(is_open));
        }
        for open in replaced.0.values_mut() {
            open.sort_unstable();
            open.dedup();
        }
        replaced
    }

    /// Returns those that a missing update closes beside its own, sorted, each once.
    pub fn by<'a>(&'a self, update: &'a UpdateReport) -> impl Iterator<Item = &'r SmolStr> + 'a {
        let found = Some(update).filter(|update| replaces_what_is_missing(update));
        let found = found.and_then(|update| self.0.get(&(place(update), update.bulletin.as_str())));
        let own: HashSet<&str> = match found {
            Some(_) => update.cves.iter().map(SmolStr::as_str).collect(),
            None => HashSet::new(),
        };
        found.into_iter().flatten().copied().filter(move |cve| !own.contains(cve.as_str()))
    }
}

/// Whether what it supersedes is missing, too: it is missing, and was judged by the product's build and by what is recorded as
/// installed, as updates that documents list are. Of updates that are judged by their files, a superseded one is not looked at and may
/// be installed.
fn replaces_what_is_missing(update: &UpdateReport) -> bool {
    update.status == UpdateStatus::Missing && update.tests.iter().any(|test| test.kind == TestKind::Build)
}

fn place(update: &UpdateReport) -> Place<'_> {
    (&update.family, update.subject.as_deref())
}
