//! New catalogs into the store: fetched or read, unpacked, their signatures checked, recognised, and swapped in together.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::{Duration, SystemTime};

use der::DateTime;

use crate::authenticode::{self, Signature, SignatureError, Trust, sha256};
use crate::cabinet::{self, Cabinet, CabinetError};
use crate::fetch::{self, FetchError, Fetched, Fetcher, Progress, Validators};
use crate::msrc::{self, IndexError};
use crate::source::{Source, absolute};
use crate::store::{Check, Document, Facts, NewSet, Set, Store, StoreError};

/// The most files of a folder that are read.
const MOST_FILES: usize = 2000;

/// Finds out which catalog a file is: its name (for the ending) and its bytes, to its facts or the reason why it is none. It has to
/// read the whole of it: what it accepts, scans will use.
pub type Recognise<'a> = dyn Fn(&str, &[u8]) -> Result<Facts, String> + 'a;

/// What is accepted.
pub struct Terms<'a> {
    pub trust: &'a Trust,
    /// Whether cabinets without a signature are accepted too. One whose signature does not count is refused in any case.
    pub allows_unsigned: bool,
    /// Whether an older revision replaces the one that is held.
    pub allows_older: bool,
    pub recognise: &'a Recognise<'a>,
    pub cabinet_limits: cabinet::Limits,
    /// The most bytes of a file.
    pub file_bytes: u64,
    /// How long to wait for another process that updates the same store.
    pub patience: Duration,
    pub now: SystemTime,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{file}: {source}")]
    Cabinet { file: String, source: CabinetError },
    #[error("{file}: {source}")]
    Signature { file: String, source: SignatureError },
    #[error("{url}: {source}")]
    Index { url: String, source: IndexError },
    #[error("{file}: not a catalog: {reason}")]
    NotACatalog { file: String, reason: String },
    #[error("{file}: older than the {id} that is held: {offered} instead of {held}")]
    Older { file: String, id: String, offered: String, held: String },
    #[error("{folder}: cannot be listed: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error("{folder}: no files, or more than {MOST_FILES}")]
    Files { folder: String },
    #[error("the time is out of range")]
    Time,
}

/// What an update changed.
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
    if updated.added.is_empty() && updated.replaced.is_empty() && updated.unchanged == 0 {
        if let Some(failure) = updated.failures.pop() {
            return Err(failure);
        }
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

/// A document of the set to be, and whether its file is there already.
struct Slot {
    document: Document,
    is_new: bool,
}

struct Run<'a> {
    terms: &'a Terms<'a>,
    now: String,
    slots: Vec<Slot>,
    new: NewSet<'a>,
    updated: Updated,
    /// Whether the set to be differs from the one before.
    has_news: bool,
}

/// A file as it arrived.
struct Arrived<'a> {
    bytes: Vec<u8>,
    validators: Validators,
    /// The URL or path.
    source: &'a str,
    released: Option<String>,
}

impl Run<'_> {
    fn service(&mut self, base: &str, fetcher: &Fetcher, show: &mut dyn FnMut(Event<'_>)) -> Result<(), SupplyError> {
        let url = format!("{base}/updates");
        let none = Validators::default();
        let mut progress = |progress: Progress<'_>| show(Event::Fetching(progress));
        let index = match fetcher.get(&url, "application/json", &none, msrc::MOST_BYTES, &mut progress)? {
            Fetched::Content { bytes, .. } => msrc::parse(&bytes),
            Fetched::Unchanged => Ok(Vec::new()),
        };
        let listed = index.map_err(|source| SupplyError::Index { url, source })?;
        let total = listed.len();
        for (number, listed) in (1..).zip(listed) {
            let url = format!("{base}/cvrf/{}", listed.id);
            let is_held = |slot: &Slot| slot.document.source == url && slot.document.released == listed.released;
            if listed.released.is_some() && self.slots.iter().any(is_held) {
                self.updated.unchanged += 1;
                continue;
            }
            show(Event::Document { name: &listed.id, number, total });
            let name = format!("{}.xml", listed.id);
            let taken = self.url(&url, &name, listed.released, "application/xml", fetcher, show);
            let Err(failure) = taken else { continue };
            let is_of_the_server = matches!(&failure, SupplyError::Fetch(error) if error.is_of_the_server());
            let is_ours = matches!(failure, SupplyError::Store(_));
            if is_ours {
                return Err(failure);
            }
            self.updated.failures.push(failure);
            // What arrived until now is kept, and the next update goes on from there.
            if is_of_the_server {
                break;
            }
        }
        Ok(())
    }

    fn url(
        &mut self,
        url: &str,
        name: &str,
        released: Option<String>,
        accept: &str,
        fetcher: &Fetcher,
        show: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), SupplyError> {
        let prefix = format!("{url}!");
        let is_from_here = |source: &str| source == url || source.starts_with(&prefix);
        let held = self.slots.iter().find(|slot| is_from_here(&slot.document.source)).map(|slot| &slot.document);
        let validators = held.map_or_else(Validators::default, |document| Validators {
            etag: document.etag.clone(),
            last_modified: document.last_modified.clone(),
        });
        let mut progress = |progress: Progress<'_>| show(Event::Fetching(progress));
        match fetcher.get(url, accept, &validators, self.terms.file_bytes, &mut progress)? {
            Fetched::Unchanged => {
                for slot in self.slots.iter_mut().filter(|slot| is_from_here(&slot.document.source)) {
                    self.has_news |= slot.document.released != released;
                    slot.document.released.clone_from(&released);
                    self.updated.unchanged += 1;
                }
                Ok(())
            }
            Fetched::Content { bytes, validators } => {
                self.take(name, Arrived { bytes, validators, source: url, released })
            }
        }
    }

    fn file(&mut self, path: &Path) -> Result<(), SupplyError> {
        let bytes = fetch::read_file(path, self.terms.file_bytes)?;
        let source = absolute(path);
        self.take(&source, Arrived { bytes, validators: Validators::default(), source: &source, released: None })
    }

    fn folder(&mut self, folder: &Path, show: &mut dyn FnMut(Event<'_>)) -> Result<(), SupplyError> {
        let shown = folder.display().to_string();
        let entries =
            std::fs::read_dir(folder).map_err(|source| SupplyError::Folder { folder: shown.clone(), source })?;
        let paths = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        let mut paths: Vec<_> = paths.take(MOST_FILES + 1).collect();
        paths.sort();
        if paths.is_empty() || paths.len() > MOST_FILES {
            return Err(SupplyError::Files { folder: shown });
        }
        for (number, path) in (1..).zip(&paths) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            show(Event::Document { name: &name, number, total: paths.len() });
            match self.file(path) {
                Err(failure @ SupplyError::Store(_)) => return Err(failure),
                Err(failure) => self.updated.failures.push(failure),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Takes a catalog, or the catalogs in a cabinet.
    fn take(&mut self, name: &str, arrived: Arrived<'_>) -> Result<(), SupplyError> {
        if !cabinet::is_cabinet(&arrived.bytes) {
            let recognised = (self.terms.recognise)(name, &arrived.bytes);
            let facts =
                recognised.map_err(|reason| SupplyError::NotACatalog { file: arrived.source.to_owned(), reason })?;
            let source = arrived.source.to_owned();
            return self.put(facts, name, &arrived.bytes, source, &arrived, None);
        }
        let file = || arrived.source.to_owned();
        let of_cabinet = |source| SupplyError::Cabinet { file: file(), source };
        let cabinet = Cabinet::open(&arrived.bytes, &self.terms.cabinet_limits).map_err(of_cabinet)?;
        let signature = match authenticode::verify(&cabinet, self.terms.trust, self.terms.now) {
            Ok(signature) => Some(signature),
            Err(SignatureError::Unsigned) if self.terms.allows_unsigned => None,
            Err(source) => return Err(SupplyError::Signature { file: file(), source }),
        };
        let mut refusal = None;
        let mut catalogs = Vec::new();
        for entry in cabinet.entries() {
            let bytes = cabinet.read(entry).map_err(of_cabinet)?;
            let source = format!("{}!{}", arrived.source, entry.name());
            match (self.terms.recognise)(entry.name(), &bytes) {
                Ok(facts) => catalogs.push((facts, entry.name(), bytes, source)),
                Err(reason) => refusal = refusal.or(Some(SupplyError::NotACatalog { file: source, reason })),
            }
        }
        // A cabinet may also hold a licence, say; but not only.
        if catalogs.is_empty() {
            let reason = "the cabinet holds no files".to_owned();
            return Err(refusal.unwrap_or_else(|| SupplyError::NotACatalog { file: file(), reason }));
        }
        for (facts, name, bytes, source) in catalogs {
            self.put(facts, name, &bytes, source, &arrived, signature.clone())?;
        }
        Ok(())
    }

    /// Puts a catalog into the set in place of the earlier revision, unless it is the same or older.
    fn put(
        &mut self,
        facts: Facts,
        name: &str,
        bytes: &[u8],
        source: String,
        arrived: &Arrived<'_>,
        signature: Option<Signature>,
    ) -> Result<(), SupplyError> {
        let digest = sha256(bytes);
        let mut document = Document {
            file: String::new(),
            bytes: bytes.len() as u64,
            sha256: digest,
            facts,
            source,
            etag: arrived.validators.etag.clone(),
            last_modified: arrived.validators.last_modified.clone(),
            released: arrived.released.clone(),
            fetched: self.now.clone(),
            signature: signature.map(Into::into),
        };
        if let Some(slot) = held_slot(&mut self.slots, &document.facts) {
            let held = &mut slot.document;
            if held.sha256 == document.sha256 && held.source == document.source && held.signature == document.signature
            {
                // The same bytes; but what the server calls them now spares the next update a transfer.
                let names = |one: &Document| (one.etag.clone(), one.last_modified.clone(), one.released.clone());
                self.has_news |= names(held) != names(&document);
                (held.etag, held.last_modified, held.released) = names(&document);
                self.updated.unchanged += 1;
                return Ok(());
            }
            if !self.terms.allows_older && document.facts.is_older_than(&held.facts) {
                return Err(SupplyError::Older {
                    file: document.source,
                    id: document.facts.id.clone(),
                    offered: revision(&document.facts),
                    held: revision(&held.facts),
                });
            }
        }
        document.file = self.new.add(&document.facts.id, name, bytes)?;
        let id = document.facts.id.clone();
        self.has_news = true;
        match held_slot(&mut self.slots, &document.facts) {
            Some(slot) => {
                if slot.is_new {
                    self.new.remove(&slot.document.file)?;
                }
                *slot = Slot { document, is_new: true };
                self.updated.replaced.push(id);
            }
            None => {
                self.slots.push(Slot { document, is_new: true });
                self.updated.added.push(id);
            }
        }
        Ok(())
    }
}

fn held_slot<'a>(slots: &'a mut [Slot], facts: &Facts) -> Option<&'a mut Slot> {
    slots.iter_mut().find(|slot| slot.document.facts.kind == facts.kind && slot.document.facts.id == facts.id)
}

/// Returns a revision for a message: `2001-10-04, version 1.0.1.148`.
fn revision(facts: &Facts) -> String {
    match (&facts.date, &facts.version) {
        (Some(date), Some(version)) => format!("{date}, version {version}"),
        (Some(date), None) => date.clone(),
        (None, Some(version)) => format!("version {version}"),
        (None, None) => "without a date".to_owned(),
    }
}
