//! New catalogs into the store: fetched or read, unpacked, their signatures checked, recognised, and swapped in together.

mod error;
mod run;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use der::DateTime;

pub use self::error::SupplyError;
use self::run::{Run, Slot};
use crate::age::Freshness;
use crate::authenticode::Trust;
use crate::cabinet;
use crate::fetch::{Fetcher, Progress};
use crate::source::Source;
use crate::store::{Check, Facts, NewSet, Set, Store};

/// Takes a file's name (for the ending) and its bytes, and returns the facts about the catalog in it, or why it is not one. It has to
/// read all of it: scans use whatever it accepts.
pub type Recognise<'a> = dyn Fn(&str, &[u8]) -> Result<Facts, String> + 'a;

/// The conditions under which catalogs are accepted.
pub struct Terms<'a> {
    pub trust: &'a Trust,
    /// Whether cabinets without a signature are accepted too. One whose signature does not count is refused in any case.
    pub allows_unsigned: bool,
    /// Whether an older revision replaces the one that is held.
    pub allows_older: bool,
    pub recognise: &'a Recognise<'a>,
    pub cabinet_limits: cabinet::Limits,
    /// The maximum number of bytes of a file.
    pub file_bytes: u64,
    /// How long to wait for another process that updates the same store.
    pub patience: Duration,
    pub now: SystemTime,
}

impl std::fmt::Debug for Terms<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // All but the function, which has nothing to show.
        formatter
            .debug_struct("Terms")
            .field("trust", &self.trust)
            .field("allows_unsigned", &self.allows_unsigned)
            .field("allows_older", &self.allows_older)
            .finish_non_exhaustive()
    }
}

/// The changes that an update made.
#[derive(Debug, Default)]
pub struct Updated {
    /// The number of the new set, or `None` if nothing is new.
    pub set: Option<u64>,
    /// The identifiers of catalogs that were not held before.
    pub added: Vec<String>,
    /// The identifiers of catalogs of which a newer revision is held now.
    pub replaced: Vec<String>,
    /// The number of catalogs of the source that are the ones that are held.
    pub unchanged: usize,
    /// Files that were not taken; what is held of them is kept.
    pub failures: Vec<SupplyError>,
}

/// Something to show while an update runs.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The document number `number` of `total` comes next, counted from 1.
    Document {
        name: &'a str,
        number: usize,
        total: usize,
    },
    Fetching(Progress<'a>),
}

/// Takes what is new at a source into the store. Files that cannot be taken are left out, and do not keep others from being taken.
///
/// # Errors
///
/// [`SupplyError`] if the store cannot be written, the source cannot be listed, or none of its files was taken; the store is then
/// unchanged.
pub fn update(
    store: &Store,
    source: &Source,
    terms: &Terms<'_>,
    fetcher: &Fetcher,
    show: &mut dyn FnMut(Event<'_>),
) -> Result<Updated, SupplyError> {
    let now = DateTime::from_system_time(terms.now).map_err(|_| SupplyError::Time)?.to_string();
    let right = store.begin(terms.patience)?;
    // A damaged set is not built upon: what it held is fetched again.
    let before = store.newest(Check::Digests).ok().flatten();
    let new = NewSet::begin(store, &right)?;
    let held =
        before.iter().flat_map(Set::documents).map(|document| Slot { document: document.clone(), is_new: false });
    let mut run = Run { terms, now, slots: held.collect(), new, updated: Updated::default(), has_news: false };
    match source {
        Source::Service { base } => run.service(base, fetcher, show)?,
        Source::Url(url) => run.url(url, url, None, "*/*", fetcher, show)?,
        Source::File(path) => run.file(path)?,
        Source::Folder(path) => run.folder(path, show)?,
    }
    let Run { now, slots, new, mut updated, has_news, .. } = run;
    if updated.added.is_empty()
        && updated.replaced.is_empty()
        && updated.unchanged == 0
        && let Some(failure) = updated.failures.pop()
    {
        return Err(failure);
    }
    if has_news {
        let mut documents = Vec::new();
        for Slot { mut document, is_new } in slots {
            if let Some(before) = before.as_ref().filter(|_| !is_new) {
                document.file = new.keep(before, &document)?;
            }
            documents.push(document);
        }
        updated.set = Some(new.finish(documents)?);
    }
    if source.is_authority() && updated.failures.is_empty() {
        store.note_checked(&right, &source.name(), &now)?;
    }
    Ok(updated)
}

/// The catalogs of a scan.
#[derive(Debug)]
pub struct Current {
    pub set: Set,
    pub freshness: Freshness,
    /// The outcome of the update that came before, if there was one. After a failure, the set is what was held already.
    pub updated: Option<Result<Updated, SupplyError>>,
}

/// Returns the catalogs for a scan: the newest set whose files are as they were fetched, after an update if `first` names a source.
/// `None` if there are none.
///
/// # Errors
///
/// [`SupplyError`] if the store is damaged, or if there are no catalogs because the update failed.
pub fn current(
    store: &Store,
    first: Option<(&Source, &Terms<'_>, &Fetcher)>,
    show: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Current>, SupplyError> {
    let updated = first.map(|(source, terms, fetcher)| update(store, source, terms, fetcher, show));
    match (store.newest(Check::Digests)?, updated) {
        (Some(set), updated) => {
            let freshness = Freshness::of(store, &set)?;
            Ok(Some(Current { set, freshness, updated }))
        }
        (None, Some(Err(failure))) => Err(failure),
        (None, _) => Ok(None),
    }
}
