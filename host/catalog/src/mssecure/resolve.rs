//! Resolves [`Tables`] to updates in this order: numbers, then supersedence, then each update.

use std::path::Path;

use foldhash::{HashMap, HashMapExt};

use super::raw::*;
use super::read::Reading;
use super::referrer::Referrer;
use super::resolver::Resolver;
use super::supersedence::{self, Entry, Packages, package_key};
use super::values;
use crate::{Catalog, CatalogError, CatalogInfo, Dangling, Limits};

/// Resolves a reading. The catalog's digest and size are for the caller to set, who knows the bytes.
pub(super) fn resolve(reading: &Reading, origin: &Path, limits: &Limits) -> Result<Catalog, CatalogError> {
    let tables = &reading.tables;
    let mut resolver = Resolver::new(reading, origin, limits);
    resolver.check_products();
    let file_tests = resolver.file_tests()?;
    let registry_tests = resolver.registry_tests()?;

    let supported = |patch: &Patch| {
        !tables.bulletins.get(patch.bulletin).is_some_and(|bulletin| bulletin.supported.eq_ignore_ascii_case("no"))
    };
    let (judged, shown): (Vec<&Patch>, Vec<&Patch>) = tables.patches.iter().partition(|patch| supported(patch));
    let mut packages = Packages::new();
    let mut numbered = Vec::with_capacity(tables.patches.len());
    for (number, patch) in (0u32..).zip(judged.iter().chain(&shown)) {
        if let Some(bulletin) = tables.bulletins.get(patch.bulletin) {
            resolver.spend(bulletin.id.len() + patch.name.len())?;
            packages.entry(package_key(bulletin.id, patch.name)).or_default().push(number);
        }
        numbered.push((number, *patch));
    }
    let mut superseding: HashMap<&str, Vec<Entry>> = HashMap::new();
    for row in &tables.superseded_by {
        let entries = supersedence::entries(&mut resolver, row, &packages)?;
        superseding.entry(row.id).or_insert(entries);
    }

    resolver.check_bulletins();
    let mut updates = Vec::with_capacity(numbered.len());
    let mut dangling = Vec::new();
    for (number, patch) in numbered {
        let mut superseded_by = Vec::new();
        for Entry { superseding, missing } in supersedence::of_patch(&mut resolver, patch, number, &superseding)? {
            if !missing.is_empty() {
                dangling.push(Dangling { update: number, superseding: superseded_by.len(), packages: missing });
            }
            superseded_by.push(superseding);
        }
        updates.push(resolver.update(patch, number, superseded_by, &file_tests, &registry_tests)?);
    }
    let unsupported = updates.split_off(judged.len());

    let date = resolver.day(tables.datastore.updated, Referrer::datastore(&tables.datastore)).map(values::iso);
    resolver.spend(0)?;
    let Resolver { mut unresolved, dirt, .. } = resolver;
    unresolved.sort_by_key(|item| item.byte);
    let mut counts = reading.counts;
    counts.unresolved = unresolved.len() as u64;
    let info = CatalogInfo {
        format: "mssecure",
        schema_version: tables.datastore.schema_version.to_string(),
        data_version: tables.datastore.data_version.to_string(),
        date,
        digest: String::new(),
        location: origin.display().to_string(),
        bytes: 0,
        encoding: reading.fingerprint.encoding,
    };
    let (counts, dirt) = (crate::Counts::Mssecure(counts), crate::Dirt::Mssecure(dirt));
    Ok(Catalog { info, updates, documents: Vec::new(), counts, dirt, unresolved, unsupported, dangling })
}
