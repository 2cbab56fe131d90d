//! Several catalogs of one scan, as one list of updates.

use std::collections::{HashMap, HashSet};

use wardline_contract::Update;

use super::{Catalog, CatalogInfo, Dangling};

/// The updates of a scan.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The catalogs that updates were taken from, in the order given.
    pub catalogs: Vec<CatalogInfo>,
    /// Catalogs left out, for the very same file was given before.
    pub repeated: Vec<CatalogInfo>,
    /// Numbered uniquely, in the order of the catalogs.
    pub updates: Vec<Update>,
    /// As [`Catalog::unsupported`]; their numbers go on after those of `updates`.
    pub unsupported: Vec<Update>,
    /// Updates left out, for a later catalog describes them too.
    pub repeated_updates: u64,
    /// What could not be resolved, over all catalogs.
    pub unresolved: u64,
}

/// Entries of one bulletin and one package name that a reference across catalogs is followed to. Real bulletins have up to
/// four; without a bound, two hostile catalogs could make this grow as the product of their sizes.
const MAX_OF_ONE_NAME: usize = 1_000;

/// What makes two updates of different catalogs the same one: bulletin, package and article, in lower case.
///
/// Within one catalog several updates may bear one key (a package that serves two products has two entries); those are
/// different updates and all stay.
type Key = (String, String, String);

fn key(update: &Update) -> Key {
    (update.bulletin.to_lowercase(), update.package.to_lowercase(), update.article.to_lowercase())
}

/// Makes one list of the updates of several catalogs.
///
/// A file given twice counts once. An update that several catalogs describe is taken from the one with the latest date (the
/// data version decides between equal dates, then the order given), and what refers to it in the other catalogs refers to
/// that one. Packages that a catalog names as superseding but does not hold are looked for in the others.
#[must_use]
pub fn merge(catalogs: Vec<Catalog>) -> Merged {
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

    let mut by_age: Vec<usize> = (0..kept.len()).collect();
    // Stable, so that of equals the first given stays first.
    by_age.sort_by(|a, b| age(&kept[*b].info).cmp(&age(&kept[*a].info)));
    let mut holder: HashMap<Key, usize> = HashMap::new();
    for at in by_age {
        for update in all(&kept[at]) {
            holder.entry(key(update)).or_insert(at);
        }
    }

    // Numbers: first all updates that are judged, then those that are only shown.
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
        // Where an update's own entry was left out, those that replace it stand for it.
        let replaced: HashMap<u32, Key> =
            all(&catalog).filter(|update| !numbers.contains_key(&update.number)).map(|u| (u.number, key(u))).collect();
        let dangling: HashMap<(u32, usize), Dangling> =
            catalog.dangling.into_iter().map(|row| ((row.update, row.superseding), row)).collect();
        let renumber = |mut update: Update| {
            let old = update.number;
            let number = *numbers.get(&old)?;
            update.number = number;
            for (place, superseding) in update.superseded_by.iter_mut().enumerate() {
                let mut updates: Vec<u32> =
                    superseding.updates.iter().filter_map(|old| numbers.get(old)).copied().collect();
                let keys: HashSet<&Key> = superseding.updates.iter().filter_map(|old| replaced.get(old)).collect();
                for key in keys {
                    updates.extend(by_key.get(key).into_iter().flatten().take(MAX_OF_ONE_NAME));
                }
                for package in dangling.get(&(old, place)).into_iter().flat_map(|row| &row.packages) {
                    let package = (superseding.bulletin.to_lowercase(), package.to_lowercase());
                    updates.extend(by_package.get(&package).into_iter().flatten().take(MAX_OF_ONE_NAME));
                }
                updates.retain(|other| *other != number);
                updates.sort_unstable();
                updates.dedup();
                superseding.updates = updates;
            }
            Some(update)
        };
        merged.updates.extend(catalog.updates.into_iter().filter_map(renumber));
        merged.unsupported.extend(catalog.unsupported.into_iter().filter_map(renumber));
    }
    merged
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
