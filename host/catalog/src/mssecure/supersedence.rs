//! The updates that supersede a patch: `SBID` → `SupercededBy` → bulletins and packages → updates.

use foldhash::HashMap;
use wardline_contract::Superseding;

use super::raw::{Patch, SupersededBy};
use super::referrer::Referrer;
use super::resolver::{Resolver, given_id};
use super::values;
use crate::{CatalogError, UnresolvedKind};

/// A superseding bulletin, and the packages of it that the catalog names but does not contain.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) superseding: Superseding,
    pub(super) missing: Vec<String>,
}

/// Update numbers by bulletin and package, both in lower case. A bulletin may contain several packages of the same name, for
/// different products.
pub(super) type Packages = HashMap<(String, String), Vec<u32>>;

pub(super) fn package_key(bulletin: &str, package: &str) -> (String, String) {
    (bulletin.trim().to_lowercase(), package.trim().to_lowercase())
}

/// Returns the entries of `row`. If it names no package, the whole bulletin supersedes; the bulletin is taken from the child, else
/// from the description. An entry that does not name a bulletin either supersedes nothing.
pub(super) fn entries(
    resolver: &mut Resolver<'_>,
    row: &SupersededBy,
    packages: &Packages,
) -> Result<Vec<Entry>, CatalogError> {
    let described = values::bulletin_in(row.description);
    let referrer = Referrer::row(row);
    let mut found = Vec::new();
    for child in &row.bulletins {
        let bulletin = if child.id.is_empty() { described.clone() } else { Some(child.id.to_string()) };
        let Some(bulletin) = bulletin else {
            resolver.note(UnresolvedKind::Bulletin, row.description, referrer.at(child.place));
            continue;
        };
        let mut superseding = Superseding { bulletin, updates: Vec::new(), names_update: !child.packages.is_empty() };
        let mut missing = Vec::new();
        for package in &child.packages {
            resolver.spend(superseding.bulletin.len() + package.id.len())?;
            match packages.get(&package_key(&superseding.bulletin, package.id)) {
                Some(numbers) => {
                    resolver.spend(numbers.len() * size_of::<u32>())?;
                    superseding.updates.extend(numbers);
                }
                None => {
                    resolver.note(UnresolvedKind::SupersedingPatch, package.id, referrer.at(package.place));
                    missing.push(package.id.to_string());
                }
            }
        }
        superseding.updates.sort_unstable();
        superseding.updates.dedup();
        if !superseding.names_update && !resolver.knows_bulletin(&superseding.bulletin) {
            resolver.note(UnresolvedKind::Bulletin, &superseding.bulletin, referrer.at(child.place));
        }
        found.push(Entry { superseding, missing });
    }
    if row.bulletins.is_empty() {
        match described {
            Some(bulletin) => {
                if !resolver.knows_bulletin(&bulletin) {
                    resolver.note(UnresolvedKind::Bulletin, &bulletin, referrer);
                }
                let superseding = Superseding { bulletin, updates: Vec::new(), names_update: false };
                found.push(Entry { superseding, missing: Vec::new() });
            }
            None => resolver.note(UnresolvedKind::Bulletin, row.description, referrer),
        }
    }
    Ok(found)
}

/// Returns the entries for one patch, which is update `number`.
pub(super) fn of_patch(
    resolver: &mut Resolver<'_>,
    patch: &Patch,
    number: u32,
    by_id: &HashMap<&str, Vec<Entry>>,
) -> Result<Vec<Entry>, CatalogError> {
    let mut found = Vec::new();
    let Some(id) = given_id(patch.superseded_by) else { return Ok(found) };
    let Some(entries) = by_id.get(id) else {
        resolver.note(UnresolvedKind::SupersededBy, id, Referrer::patch(resolver.tables, patch));
        return Ok(found);
    };
    for entry in entries {
        let names: usize = entry.missing.iter().map(|name| name.len() + size_of::<String>()).sum();
        let Superseding { bulletin, updates, .. } = &entry.superseding;
        resolver.spend(size_of::<Superseding>() + bulletin.len() + updates.len() * size_of::<u32>() + names)?;
        let Entry { mut superseding, missing } = entry.clone();
        // A patch that superseded itself would never be judged.
        let before = superseding.updates.len();
        superseding.updates.retain(|update| *update != number);
        if superseding.updates.len() < before {
            resolver.note(UnresolvedKind::SupersedingPatch, patch.name, Referrer::patch(resolver.tables, patch));
        }
        found.push(Entry { superseding, missing });
    }
    Ok(found)
}
