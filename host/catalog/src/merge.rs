//! Merges the catalogs of one scan into one list of updates.

use std::collections::{HashMap, HashSet};

use wardline_contract::Update;

use super::{Catalog, CatalogInfo, Dangling};

/// The updates of a scan.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The catalogs that updates were taken from, in the order given.
    pub catalogs: Vec<CatalogInfo>,
    /// The catalogs left out because the same file was given before.
    pub repeated: Vec<CatalogInfo>,
    /// The updates, numbered uniquely, in the order of the catalogs.
    pub updates: Vec<Update>,
    /// Like [`Catalog::unsupported`]; their numbers continue after those of `updates`.
    pub unsupported: Vec<Update>,
    /// The number of updates left out because a later catalog describes them too.
    pub repeated_updates: u64,
    /// The number of unresolved references and values in all catalogs.
    pub unresolved: u64,
}

/// The maximum number of entries with the same bulletin and package name that a reference across catalogs resolves to. Real
/// bulletins have up to four; without a limit, two hostile catalogs could make the result grow as the product of their sizes.
const MAX_OF_ONE_NAME: usize = 1_000;

/// The maximum number of references that resolve to another catalog's entries, all together. A reference takes a few bytes in a
/// catalog, and four for each entry that it resolves to.
const MAX_ACROSS: usize = 8_000_000;

/// The key by which updates of different catalogs are the same one: bulletin, package and article, in lower case.
///
/// Within one catalog several updates may have the same key (a package for two products has two entries); those are different
/// updates, and all of them are kept.
type Key = (String, String, String);

fn key(update: &Update) -> Key {
    (update.bulletin.to_lowercase(), update.package.to_lowercase(), update.article.to_lowercase())
}

/// Merges the updates of several catalogs into one list.
///
/// A file given twice counts once. An update described by several catalogs is taken from the one with the latest date (ties are
/// decided by the data version, then by the order given), and references to it in the other catalogs resolve to that one. Packages
/// that a catalog names as superseding but does not contain are looked up in the others.
#[must_use]
pub fn merge(catalogs: Vec<Catalog>) -> Merged {
    merge_within(catalogs, MAX_ACROSS)
}

/// Merges with at most `room` references across catalogs. Further ones are left out: the updates that they are about are then judged as
/// if nothing superseded them.
pub(crate) fn merge_within(catalogs: Vec<Catalog>, mut room: usize) -> Merged {
    let mut merged = Merged::default();
    let mut digests = HashSet::new();
    let mut kept: Vec<Catalog> = Vec::new();
    for catalog in catalogs {
        if digests.insert(catalog.info.digest.clone()) {
            merged.unresolved += catalog.unresolved.len() as u64;
            merged.catalogs.push(catalog.info.clone());
            kept.push(catalog);
        } else {
            merged.repeated.push(catalog.info);
        }
    }

    if let Some(catalog) = kept.pop_if(|only| merged.catalogs.len() == 1 && is_numbered(only)) {
        merged.updates = catalog.updates;
        merged.unsupported = catalog.unsupported;
        let count = merged.updates.len() + merged.unsupported.len();
        for update in merged.updates.iter_mut().chain(&mut merged.unsupported) {
            for superseding in &mut update.superseded_by {
                superseding.updates.retain(|other| (*other as usize) < count);
                tidy(&mut superseding.updates, update.number);
            }
        }
        return merged;
    }

    let mut by_age: Vec<usize> = (0..kept.len()).collect();
    // A stable sort: equals stay in the order given.
    by_age.sort_by(|a, b| age(&kept[*b].info).cmp(&age(&kept[*a].info)));
    let mut holder: HashMap<Key, usize> = HashMap::new();
    for at in by_age {
        for update in all(&kept[at]) {
            holder.entry(key(update)).or_insert(at);
        }
    }

    // The judged updates are numbered first, then those that are only shown.
    let mut numbers: Vec<HashMap<u32, u32>> = vec![HashMap::new(); kept.len()];
    let mut by_key: HashMap<Key, Vec<u32>> = HashMap::new();
    let mut by_package: HashMap<(String, String), Vec<u32>> = HashMap::new();
    let mut next = 0u32;
    for list in [judged, shown] {
        for (at, catalog) in kept.iter().enumerate() {
            for update in list(catalog) {
                let key = key(update);
                if holder.get(&key) != Some(&at) {
                    merged.repeated_updates += 1;
                    continue;
                }
                if let Some(numbers) = numbers.get_mut(at) {
                    numbers.insert(update.number, next);
                }
                by_package.entry((key.0.clone(), key.1.clone())).or_default().push(next);
                by_key.entry(key).or_default().push(next);
                next += 1;
            }
        }
    }

    for (catalog, numbers) in kept.into_iter().zip(&numbers) {
        // If an update's own entry was left out, the entries that replace it are referred to instead.
        let replaced: HashMap<u32, Key> =
            all(&catalog).filter(|update| !numbers.contains_key(&update.number)).map(|u| (u.number, key(u))).collect();
        let dangling: HashMap<(u32, usize), Dangling> =
            catalog.dangling.into_iter().map(|row| ((row.update, row.superseding), row)).collect();
        let mut add = |updates: &mut Vec<u32>, others: Option<&Vec<u32>>| {
            let before = updates.len();
            updates.extend(others.into_iter().flatten().take(MAX_OF_ONE_NAME.min(room)));
            room -= updates.len() - before;
        };
        let mut renumber = |mut update: Update| {
            let old = update.number;
            let number = *numbers.get(&old)?;
            update.number = number;
            for (place, superseding) in update.superseded_by.iter_mut().enumerate() {
                let mut updates: Vec<u32> =
                    superseding.updates.iter().filter_map(|old| numbers.get(old)).copied().collect();
                let keys: HashSet<&Key> = superseding.updates.iter().filter_map(|old| replaced.get(old)).collect();
                for key in keys {
                    add(&mut updates, by_key.get(key));
                }
                for package in dangling.get(&(old, place)).into_iter().flat_map(|row| &row.packages) {
                    let package = (superseding.bulletin.to_lowercase(), package.to_lowercase());
                    add(&mut updates, by_package.get(&package));
                }
                tidy(&mut updates, number);
                superseding.updates = updates;
            }
            Some(update)
        };
        merged.updates.extend(catalog.updates.into_iter().filter_map(&mut renumber));
        merged.unsupported.extend(catalog.unsupported.into_iter().filter_map(renumber));
    }
    merged
}

/// Whether a catalog alone is as it would be after merging: there is nothing to look up in others, and updates are numbered by their
/// place.
fn is_numbered(catalog: &Catalog) -> bool {
    catalog.dangling.is_empty() && all(catalog).zip(0..).all(|(update, place)| update.number == place)
}

/// Tidies a list of those that supersede the update with this number.
fn tidy(updates: &mut Vec<u32>, number: u32) {
    updates.retain(|other| *other != number);
    updates.sort_unstable();
    updates.dedup();
}

/// Later catalogs compare as greater.
fn age(info: &CatalogInfo) -> (Option<&str>, Vec<u64>) {
    (info.date.as_deref(), info.data_version.split('.').map(|part| part.trim().parse().unwrap_or(0)).collect())
}

fn judged(catalog: &Catalog) -> &[Update] {
    &catalog.updates
}

fn shown(catalog: &Catalog) -> &[Update] {
    &catalog.unsupported
}

fn all(catalog: &Catalog) -> impl Iterator<Item = &Update> {
    catalog.updates.iter().chain(&catalog.unsupported)
}
