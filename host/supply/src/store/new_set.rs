//! A set that is being written.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wardline_files::regular_file;
use wardline_files::unfinished::UnfinishedFolder;

use super::manifest::{self, Manifest};
use super::{Document, IN_USE, PARTIAL, SETS, Set, Store, StoreError, Writing, at};

/// A set that is being written, under a name that readers ignore. Removed if it is dropped before it is finished.
pub(crate) struct NewSet<'a> {
    store: &'a Store,
    number: u64,
    partial: PathBuf,
    unfinished: UnfinishedFolder,
}

impl<'a> NewSet<'a> {
    pub(crate) fn begin(store: &'a Store, _right: &Writing) -> Result<NewSet<'a>, StoreError> {
        let number = store.numbers()?.last().map_or(1, |last| last.saturating_add(1));
        let partial = store.folder.join(SETS).join(format!("{PARTIAL}{number:08}"));
        let unfinished = UnfinishedFolder::create(&partial).map_err(at(&partial))?;
        Ok(NewSet { store, number, partial, unfinished })
    }

    /// Writes a file under a name derived from the catalog's identifier and the name it came with, and returns its name.
    pub(crate) fn add(&self, id: &str, original: &str, bytes: &[u8]) -> Result<String, StoreError> {
        let mut name = manifest::file_name(id, original);
        let mut number = 1;
        // Identifiers may differ only in what file names leave out.
        while self.partial.join(&name).exists() {
            number += 1;
            name = manifest::file_name(&format!("{number}-{id}"), original);
        }
        write(&self.partial.join(&name), bytes).map(|()| name)
    }

    /// Takes over a file of the set before, and returns its name here.
    pub(crate) fn keep(&self, before: &Set, document: &Document) -> Result<String, StoreError> {
        let held = before.path(document);
        // Files of sets never change, so that two sets can share one. Not every file system lets them.
        if std::fs::hard_link(&held, self.partial.join(&document.file)).is_ok() {
            return Ok(document.file.clone());
        }
        let bytes = regular_file::read(&held, document.bytes).map_err(at(&held))?;
        self.add(&document.facts.id, &document.file, &bytes)
    }

    pub(crate) fn remove(&self, file: &str) -> Result<(), StoreError> {
        let path = self.partial.join(file);
        std::fs::remove_file(&path).map_err(at(&path))
    }

    /// Makes this the newest set, and returns its number.
    pub(crate) fn finish(self, documents: Vec<Document>) -> Result<u64, StoreError> {
        let path = self.partial.join(manifest::NAME);
        let json = Manifest::new(documents).to_json().map_err(|error| at(&path)(error.into()))?;
        write(&path, &json)?;
        write(&self.partial.join(IN_USE), &[])?;
        sync_folder(&self.partial)?;
        let place = self.store.place(self.number);
        std::fs::rename(&self.partial, &place).map_err(at(&place))?;
        self.unfinished.finish();
        sync_folder(&self.store.folder.join(SETS))?;
        self.store.prune();
        Ok(self.number)
    }
}

/// Writes a file of a set, down to the disk.
fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(at(path))
}

/// Makes the names in a folder last. Windows does so without being asked.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(folder).and_then(|file| file.sync_all()).map_err(at(folder))?;
    }
    Ok(())
}
