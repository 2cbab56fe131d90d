//! The catalogs of a command: those named with `--catalog`, or those that `wardline catalog update` holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::args::{CacheArgs, CatalogChoice};
use super::catalog::update::update_first;
use super::parts::{Catalogs, Parts};
use super::{Fatal, warn};
use crate::contract::Update;
use crate::platform;
use crate::supply;
use crate::supply::age::Freshness;
use crate::supply::approvals::{self, Approvals};
use crate::supply::fetch::{Fetcher, Options};
use crate::supply::store::{Document, Set, Store};

/// Why catalogs cannot be held.
pub(super) const NO_STORE: &str = "no folder for catalogs: set WARDLINE_DATA_DIR";

/// The number of sources named in a line.
const SOURCES_NAMED: usize = 3;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The folder of fetched catalogs, if the system names one.
pub(super) fn store() -> Option<Store> {
    platform::data_folder().map(|folder| Store::new(folder.join("catalogs")))
}

/// Reads the catalogs that the operator chose.
///
/// # Errors
///
/// If one cannot be read, if they are older than the operator allows, or if the list of approved updates cannot be read.
pub(super) fn chosen(choice: &CatalogChoice, cache: &CacheArgs, parts: &dyn Parts) -> Result<Catalogs, Fatal> {
    let mut catalogs =
        if choice.catalogs.is_empty() { held(choice, cache, parts)? } else { given(choice, cache, parts)? };
    if let Some(location) = &choice.approved {
        let list = Fetcher::new(Options::default()).read(location, "text/plain", approvals::MOST_BYTES)?;
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

/// The age of catalogs in days; `None` if it is not known.
pub(super) fn days(freshness: &Freshness) -> Option<u64> {
    freshness.age(SystemTime::now()).map(|age| age.as_secs() / DAY.as_secs())
}

/// The catalogs of a set in one line: how many, from where, how old, signed by whom.
pub(super) fn in_a_line(set: &Set, freshness: &Freshness) -> String {
    let mut sources = sources(set.documents());
    let more = sources.len().saturating_sub(SOURCES_NAMED);
    sources.truncate(SOURCES_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let mut signers: Vec<&str> = set
        .documents()
        .iter()
        .filter_map(|document| document.signature.as_ref())
        .map(|signed| signed.signer.as_str())
        .collect();
    signers.sort_unstable();
    signers.dedup();
    let signed = if signers.is_empty() { "not signed".to_owned() } else { format!("signed by {}", signers.join("; ")) };
    let age = days(freshness).map_or("of unknown age".to_owned(), |days| match days {
        0 => "current today".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{days} days old"),
    });
    let count = set.documents().len();
    let catalogs = if count == 1 { "1 catalog".to_owned() } else { format!("{count} catalogs") };
    format!("{catalogs} from {}{more}, {age}, {signed}", sources.join(", "))
}

/// The files that the catalogs are from, as far as they are alone; else the services and folders that hold several of them.
fn sources(documents: &[Document]) -> Vec<&str> {
    let mut by_place: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for document in documents {
        // A file of a cabinet is from the cabinet.
        let file = document.source.split('!').next().unwrap_or(&document.source);
        let service = file.split_once("/cvrf/").filter(|_| file.starts_with("http")).map(|(service, _)| service);
        let folder = || file.rfind(['/', '\\']).and_then(|end| file.get(..end));
        by_place.entry(service.or_else(folder).unwrap_or(file)).or_default().insert(file);
    }
    let name = |(place, files): (_, BTreeSet<_>)| if files.len() == 1 { files.first().copied() } else { Some(place) };
    by_place.into_iter().filter_map(name).collect()
}
