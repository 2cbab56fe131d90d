//! One update: the set to be, document by document.

use std::path::Path;

use super::{Event, SupplyError, Terms, Updated};
use crate::authenticode::{self, Signature, SignatureError, sha256};
use crate::cabinet::{self, Cabinet, CabinetError};
use crate::fetch::{self, Fetched, Fetcher, Progress, Validators};
use crate::msrc;
use crate::source::{Source, absolute};
use crate::store::{Document, Facts, NewSet};

/// The maximum number of files of a folder that are read.
pub(super) const MAX_FILES: usize = 2000;
/// The longest identifier of a catalog.
const LONGEST_ID: usize = 200;

/// A document of the set to be, and whether its file is there already.
pub(super) struct Slot {
    pub(super) document: Document,
    pub(super) is_new: bool,
}

pub(super) struct Run<'a> {
    pub(super) terms: &'a Terms<'a>,
    pub(super) now: String,
    pub(super) slots: Vec<Slot>,
    pub(super) new: NewSet<'a>,
    pub(super) updated: Updated,
    /// Whether the set to be differs from the one before.
    pub(super) has_news: bool,
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
    pub(super) fn service(
        &mut self,
        base: &str,
        fetcher: &Fetcher,
        show: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), SupplyError> {
        let url = format!("{base}/updates");
        let none = Validators::default();
        let mut progress = |progress: Progress<'_>| show(Event::Fetching(progress));
        let index = match fetcher.get(&url, "application/json", &none, msrc::MAX_BYTES, &mut progress)? {
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
            // Files that have arrived are kept, and the next update continues from there.
            if is_of_the_server {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn url(
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

    pub(super) fn file(&mut self, path: &Path) -> Result<(), SupplyError> {
        let bytes = fetch::read_file(path, self.terms.file_bytes)?;
        let source = absolute(path);
        self.take(&source, Arrived { bytes, validators: Validators::default(), source: &source, released: None })
    }

    pub(super) fn folder(&mut self, folder: &Path, show: &mut dyn FnMut(Event<'_>)) -> Result<(), SupplyError> {
        let shown = folder.display().to_string();
        let entries =
            std::fs::read_dir(folder).map_err(|source| SupplyError::Folder { folder: shown.clone(), source })?;
        let paths = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        let mut paths: Vec<_> = paths.take(MAX_FILES + 1).collect();
        paths.sort();
        if paths.is_empty() || paths.len() > MAX_FILES {
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
            // Who leaves out the cabinet would leave out its signature.
            if Source::ending(arrived.source).as_deref() == Some("cab") {
                let file = arrived.source.to_owned();
                return Err(SupplyError::Cabinet { file, source: CabinetError::NotACabinet });
            }
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
        if facts.id.len() > LONGEST_ID || facts.id.contains(char::is_control) {
            let reason = format!("its identifier is not text of up to {LONGEST_ID} bytes");
            return Err(SupplyError::NotACatalog { file: source, reason });
        }
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
            if let (Some(signed), None) = (&held.signature, &document.signature)
                && !self.terms.allows_unsigned
            {
                let signer = signed.signer.clone();
                return Err(SupplyError::NoLongerSigned { file: document.source, id: document.facts.id, signer });
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
