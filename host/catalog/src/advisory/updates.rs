//! Makes the contract's updates.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;
use wardline_contract::{Applicability, Severity, Superseding, Update};

use super::build;
use super::document::{Document, Remedy};
use super::folding::{Folding, Package};
use super::groups::Group;
use crate::CatalogError;
use crate::parallel::in_pool;

/// The number of updates that are made before the sizes of their texts are added up.
const MADE_AT_ONCE: usize = 512;

/// Marks a CVE in an update's notes.
const EXPLOITED: &str = "exploited: ";

impl<'a> Folding<'a> {
    pub(super) fn updates(&mut self, groups: &[Group]) -> Result<Vec<Update>, CatalogError> {
        let superseding = self.superseding(groups)?;
        // What is repeated in several updates is accounted for before it is copied.
        for group in groups {
            self.spend(self.size(group))?;
        }
        let mut wanted: Vec<(u32, &Group, Vec<Superseding>)> =
            (0..).zip(groups).zip(superseding).map(|((number, group), by)| (number, group, by)).collect();
        let updates = in_pool(|| self.make(&mut wanted))?;
        for row in updates.iter().flat_map(|update| &update.applies_to) {
            self.counts.update_products += 1;
            self.counts.fixed_builds += u64::from(row.fixed_build.is_some());
        }
        let mut used = vec![false; self.weaknesses.len()];
        for weakness in groups.iter().flat_map(|group| &group.weaknesses) {
            if let Some(used) = used.get_mut(*weakness as usize) {
                *used = true;
            }
        }
        let used = used.iter().zip(&self.exploited).filter(|(used, _)| **used);
        let exploited: Vec<bool> = used.map(|(_, exploited)| *exploited).collect();
        self.counts.cves = exploited.len() as u64;
        self.counts.exploited_cves = exploited.iter().filter(|exploited| **exploited).count() as u64;
        self.counts.articles = self.packages.iter().filter(|package| package.article().is_some()).count() as u64;
        self.counts.updates_named_by_build = self.packages.len() as u64 - self.counts.articles;
        self.counts.updates = updates.len() as u64;
        Ok(updates)
    }

    /// Returns the size of the lists that an update of this group has, in bytes.
    fn size(&self, group: &Group) -> usize {
        let products = group.products.iter().filter_map(|product| self.products.all.get(*product as usize));
        let rows: usize =
            products.map(|product| size_of::<Applicability>() + product.name.len() + product.id.len()).sum();
        let cves: usize = group
            .weaknesses
            .iter()
            .filter_map(|weakness| {
                let exploited = self.exploited.get(*weakness as usize) == Some(&true);
                let text = size_of::<String>() + self.weaknesses.get(*weakness as usize)?.len();
                Some(if exploited { 2 * text + EXPLOITED.len() } else { text })
            })
            .sum();
        size_of::<Update>() + rows + cves
    }

    fn make(&mut self, wanted: &mut [(u32, &Group, Vec<Superseding>)]) -> Result<Vec<Update>, CatalogError> {
        let mut updates = Vec::with_capacity(wanted.len());
        for part in wanted.chunks_mut(MADE_AT_ONCE) {
            let folding = &*self;
            let make = |(number, group, superseded_by): &mut (u32, &Group, Vec<Superseding>)| {
                folding.update(*number, group, std::mem::take(superseded_by))
            };
            updates.par_extend(part.par_iter_mut().map(make));
            let made = updates.get(updates.len() - part.len()..).unwrap_or_default();
            let own = |update: &Update| {
                update.bulletin.len() + update.title.len() + update.url.as_ref().map_or(0, String::len)
            };
            let size = made.iter().map(own).sum();
            self.spend(size)?;
        }
        Ok(updates)
    }

    fn update(&self, number: u32, group: &Group, superseded_by: Vec<Superseding>) -> Update {
        let remedies = self.remedies(group);
        let posted = posted(&remedies);
        let kind = most_frequent(remedies.iter().map(|(_, remedy, facts)| (remedy.text.kind.as_str(), *facts)));
        let hotpatch = is_hotpatch(kind);
        let package = self.packages.get(group.package as usize);
        let bulletin = package.map_or_else(String::new, |package| self.bulletin(package));
        let number_text = package.and_then(Package::article).map(|article| article.to_string());
        let restart =
            !hotpatch && !remedies.iter().all(|(_, remedy, _)| remedy.text.restart.eq_ignore_ascii_case("no"));

        let mut cves: Vec<String> = Vec::with_capacity(group.weaknesses.len());
        let mut exploited: Vec<String> = Vec::new();
        for weakness in &group.weaknesses {
            if let Some(name) = self.weaknesses.get(*weakness as usize) {
                cves.push(name.clone());
                if self.exploited.get(*weakness as usize) == Some(&true) {
                    exploited.push(format!("{EXPLOITED}{name}"));
                }
            }
        }
        cves.sort_unstable();
        exploited.sort_unstable();
        let notes: Vec<String> = hotpatch.then(|| "hotpatch".to_owned()).into_iter().chain(exploited).collect();

        let mut applies_to: Vec<Applicability> = Vec::with_capacity(group.products.len());
        for product in &group.products {
            let severity = group
                .weaknesses
                .iter()
                .filter_map(|weakness| self.ratings.get(*weakness, *product))
                .min_by_key(|severity| gravity(*severity));
            let fixed = self.fixed.get(&(group.package, *product));
            let Some(product) = self.products.all.get(*product as usize) else { continue };
            applies_to.push(Applicability {
                product: product.clone(),
                service_packs: Vec::new(),
                included_in: None,
                severity,
                fixed_build: fixed.map(|numbers| build::text(numbers)),
            });
        }
        let severity = applies_to.iter().filter_map(|row| row.severity).min_by_key(|severity| gravity(*severity));
        let severity = severity.unwrap_or(Severity::Unrated);
        for row in &mut applies_to {
            row.severity = row.severity.filter(|own| *own != severity);
        }

        Update {
            number,
            article: if number_text.is_some() { bulletin.clone() } else { String::new() },
            bulletin,
            title: title(kind, hotpatch, posted),
            package: String::new(),
            url: url(&remedies, number_text.as_deref()).map(str::to_owned),
            posted: posted.map(str::to_owned),
            severity,
            cves,
            restart,
            applies_to,
            files: Vec::new(),
            registry: Vec::new(),
            superseded_by,
            notes,
            language: None,
        }
    }

    /// Returns the remedies that a group consists of, the newest document's first, with the number of statements that name each.
    fn remedies(&self, group: &Group) -> Vec<(&'a Document, &'a Remedy, u64)> {
        let documents = self.documents;
        let mut named: Vec<(Reverse<u32>, u32)> =
            group.facts.iter().map(|fact| (Reverse(fact.document), fact.remedy)).collect();
        named.sort_unstable();
        let resolved = named.chunk_by(|a, b| a == b).filter_map(|same| {
            let (Reverse(document), remedy) = *same.first()?;
            let document = documents.get(document as usize)?;
            Some((document, document.remedies.get(remedy as usize)?, same.len() as u64))
        });
        resolved.collect()
    }
}

/// Returns the date of publication: that of the documents with most of the statements, of equals the earliest. Documents of earlier
/// months are revised to name later updates, so that the earliest date of all may be long before the update existed.
fn posted<'a>(remedies: &[(&'a Document, &'a Remedy, u64)]) -> Option<&'a str> {
    let mut dates: BTreeMap<&str, u64> = BTreeMap::new();
    for (document, remedy, facts) in remedies {
        let own = Some(remedy.text.posted.as_str()).filter(|date| !date.is_empty());
        if let Some(date) = own.or(document.released.as_deref()) {
            *dates.entry(date).or_default() += facts;
        }
    }
    dates.into_iter().max_by_key(|(date, facts)| (*facts, Reverse(*date))).map(|(date, _)| date)
}

/// Returns the most frequent text, or the alphabetically first one if several are. Empty texts do not count.
fn most_frequent<'a>(texts: impl Iterator<Item = (&'a str, u64)>) -> &'a str {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    texts.filter(|(text, _)| !text.is_empty()).for_each(|(text, facts)| *found.entry(text).or_default() += facts);
    found.into_iter().max_by_key(|(text, facts)| (*facts, Reverse(*text))).map_or("", |(text, _)| text)
}

/// Whether a kind of update is one that takes effect without a restart. The publisher spells it in four ways: `AzureHotpatch`,
/// `Azure Hotpatch`, `SecurityHotpatchUpdate`, `Security Hotpatch Update`.
fn is_hotpatch(kind: &str) -> bool {
    kind.to_ascii_lowercase().contains("hotpatch")
}

/// `2024-03 Security Update`.
fn title(kind: &str, hotpatch: bool, posted: Option<&str>) -> String {
    let kind = match kind {
        _ if hotpatch => "Security Hotpatch Update",
        "" => "Update",
        "ServicingStackUpdate" => "Servicing Stack Update",
        kind => kind,
    };
    match posted.and_then(|date| date.get(..7)) {
        Some(month) => format!("{month} {kind}"),
        None => kind.to_owned(),
    }
}

/// Returns the first address that contains the article's number, else the first one.
fn url<'a>(remedies: &[(&'a Document, &'a Remedy, u64)], article: Option<&str>) -> Option<&'a str> {
    let is_url = |url: &&str| {
        ["https://", "http://"]
            .iter()
            .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
    };
    let urls = || remedies.iter().map(|(_, remedy, _)| remedy.text.url.as_str()).filter(is_url);
    article.and_then(|article| urls().find(|url| url.contains(article))).or_else(|| urls().next())
}

fn gravity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::Important => 1,
        Severity::Moderate => 2,
        Severity::Low => 3,
        Severity::Unrated => 4,
    }
}
