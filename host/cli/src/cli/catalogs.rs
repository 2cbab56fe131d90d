//! The catalogs of a command: those named with `--catalog`, or those that `wardline catalog update` holds.

use std::time::SystemTime;

use super::args::{CacheArgs, CatalogChoice};
use super::catalog::update::update_first;
use super::held::{DAY, NO_STORE, in_a_line, store};
use super::parts::{Catalogs, Parts};
use super::{Fatal, warn};
use crate::contract::Update;
use crate::supply;
use crate::supply::age::Freshness;
use crate::supply::approvals::{self, Approvals};
use crate::supply::fetch::{Fetcher, Options};

/// Reads the catalogs that the operator chose.
///
/// # Errors
///
/// If one cannot be read, if they are older than the operator allows, or if the list of approved updates cannot be read.
pub(super) fn chosen(choice: &CatalogChoice, cache: &CacheArgs, parts: &dyn Parts) -> Result<Catalogs, Fatal> {
    let mut catalogs =
        if choice.catalogs.is_empty() { held(choice, cache, parts)? } else { given(choice, cache, parts)? };
    if let Some(location) = &choice.approved {
        let list = Fetcher::new(Options::default()).read(location, "text/plain", approvals::MAX_BYTES)?;
        let list = Approvals::parse(&list).map_err(|error| format!("{location}: {error}"))?;
        let names = catalogs.updates.iter().map(|update| (update.article.as_str(), update.bulletin.as_str()));
        let unknown = list.unknown(names);
        if !unknown.is_empty() {
            warn(&format!("{location}: approved, but in no catalog: {}", unknown.join(", ")));
        }
        approve(&mut catalogs.updates, &list);
    }
    Ok(catalogs)
}

/// Leaves only the approved updates. None of them supersedes another any more: an approved update is wanted even if a newer one
/// contains it, which may be approved later or never.
fn approve(updates: &mut Vec<Update>, list: &Approvals) {
    updates.retain(|update| list.approves(&update.article, &update.bulletin));
    for (number, update) in (0u32..).zip(updates.iter_mut()) {
        update.number = number;
        update.superseded_by.clear();
    }
}

fn given(choice: &CatalogChoice, cache: &CacheArgs, parts: &dyn Parts) -> Result<Catalogs, Fatal> {
    let catalogs = parts.catalogs(&choice.catalogs, cache)?;
    let dates = catalogs.sources.iter().filter_map(|source| source.date.as_deref());
    check_age(choice, &Freshness::of_dates(dates))?;
    Ok(catalogs)
}

fn held(choice: &CatalogChoice, cache: &CacheArgs, parts: &dyn Parts) -> Result<Catalogs, Fatal> {
    let held = match (store(), &choice.update_catalog) {
        (Some(store), Some(source)) => update_first(&store, source)?,
        (Some(store), None) => supply::update::current(&store, None, &mut |_| {})?,
        (None, Some(_)) => return Err(NO_STORE.into()),
        (None, None) => None,
    };
    let Some(held) = held else {
        return match choice.max_catalog_age {
            Some(_) => {
                Err("--max-catalog-age: there is no catalog; run `wardline catalog update`, or name one with --catalog"
                    .into())
            }
            None => parts.catalogs(&[], cache),
        };
    };
    check_age(choice, &held.freshness)?;
    for damaged in &held.set.damaged {
        warn(&format!("{damaged}; using the catalogs of an earlier update"));
    }
    // The set is not removed as long as it is held.
    let mut catalogs = parts.catalogs(&held.set.paths(), cache)?;
    catalogs.supply = Some(in_a_line(&held.set, &held.freshness));
    Ok(catalogs)
}

fn check_age(choice: &CatalogChoice, freshness: &Freshness) -> Result<(), Fatal> {
    match choice.max_catalog_age {
        Some(days) => Ok(freshness.check(DAY * days, SystemTime::now())?),
        None => Ok(()),
    }
}
