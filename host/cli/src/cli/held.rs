//! The catalogs that `wardline catalog update` holds: their place, and what to say about them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use crate::platform;
use crate::supply::age::Freshness;
use crate::supply::store::{Document, Set, Store};

/// Why catalogs cannot be held.
pub(super) const NO_STORE: &str = "no folder for catalogs: set WARDLINE_DATA_DIR";

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The number of sources named in a line.
const SOURCES_NAMED: usize = 3;

/// The folder of fetched catalogs, if the system names one.
pub(super) fn store() -> Option<Store> {
    platform::data_folder().map(|folder| Store::new(folder.join("catalogs")))
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
