//! The folder of catalogs that scans use: whole sets, each in a folder of its own.
//!
//! ```text
//! lock            held by the process that writes
//! checked.json    when each source was last asked
//! sets/00000007/  the newest set: its files, and manifest.json
//! sets/00000006/  the one before
//! ```
//!
//! A set is written under another name, and renamed when it is complete and on the disk; then nothing in it changes any more. A crash
//! at any moment leaves the sets that were there. A process that reads a set holds a shared lock on the set's `in-use`, so that no
//! other removes it.

mod error;
mod manifest;
mod new_set;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wardline_files::{regular_file, replace, text_file};

pub use self::error::StoreError;
use self::manifest::Manifest;
pub use self::manifest::{Document, Facts, Signed};
pub(crate) use self::new_set::NewSet;
use crate::authenticode::sha256;

const SETS: &str = "sets";
const LOCK: &str = "lock";
const CHECKED: &str = "checked.json";
const IN_USE: &str = "in-use";
/// The beginning of the names of sets that are being written.
const PARTIAL: &str = ".partial-";
/// How many sets are kept: the newest, and one to fall back to.
const KEPT: usize = 2;
const CHECKED_BYTES: u64 = 1 << 20;
/// The wait between two attempts to get the lock.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// The folder of catalogs.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A set, which stays where it is as long as this exists.
#[derive(Debug)]
pub struct Set {
    number: u64,
    folder: PathBuf,
    documents: Vec<Document>,
    /// Sets that are newer, and why they are not used.
    pub damaged: Vec<StoreError>,
    _in_use: Option<File>,
}

/// How much of a set is checked before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// That every file is there, with its size.
    Sizes,
    /// That every file has its digest.
    Digests,
}

/// The right to write: one process has it at a time.
#[derive(Debug)]
pub(crate) struct Writing {
    _lock: File,
}

impl Store {
    /// Names the folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    /// Returns the newest set that passes the check, or `None` if there is none at all.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if there are sets, and each of them is damaged: the newest one's fault.
    pub fn newest(&self, check: Check) -> Result<Option<Set>, StoreError> {
        let mut damaged = Vec::new();
        for number in self.numbers()?.into_iter().rev() {
            match self.set(number, check) {
                Ok(set) => return Ok(Some(Set { damaged, ..set })),
                Err(error) => damaged.push(error),
            }
        }
        match damaged.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// Returns when each source was last asked successfully, by its name: `2026-11-27T01:35:40Z`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the file with the times is damaged.
    pub fn checked(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let path = self.folder.join(CHECKED);
        match text_file::read(&path, CHECKED_BYTES) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| StoreError::Damaged { file: path.display().to_string(), reason: error.to_string() }),
            Err(error) if error.is_absence() => Ok(BTreeMap::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until no other process writes, but not longer than `patience`.
    pub(crate) fn begin(&self, patience: Duration) -> Result<Writing, StoreError> {
        let sets = self.folder.join(SETS);
        replace::create_private_folder(&sets).map_err(at(&sets))?;
        let path = self.folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        let deadline = Instant::now() + patience;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy { folder: self.folder.display().to_string() });
                }
                Err(TryLockError::Error(source)) => return Err(at(&path)(source)),
            }
        }
        self.sweep();
        Ok(Writing { _lock: lock })
    }

    /// Notes that a source was asked successfully.
    pub(crate) fn note_checked(&self, _right: &Writing, source: &str, time: &str) -> Result<(), StoreError> {
        // Times that cannot be read are lost already.
        let mut checked = self.checked().unwrap_or_default();
        checked.insert(source.to_owned(), time.to_owned());
        let path = self.folder.join(CHECKED);
        let json = serde_json::to_vec_pretty(&checked).map_err(|error| at(&path)(error.into()))?;
        replace::replace_file(&path, |out| out.write_all(&json)).map_err(at(&path))
    }

    fn place(&self, number: u64) -> PathBuf {
        self.folder.join(SETS).join(format!("{number:08}"))
    }

    /// Returns the numbers of the sets, ascending.
    fn numbers(&self) -> Result<Vec<u64>, StoreError> {
        let folder = self.folder.join(SETS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at(&folder)(error)),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let is_number = |name: &String| name.len() >= 8 && name.bytes().all(|byte| byte.is_ascii_digit());
        let mut numbers: Vec<u64> = names.filter(is_number).filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn set(&self, number: u64, check: Check) -> Result<Set, StoreError> {
        let folder = self.place(number);
        // Without locks on this file system, a set is kept for as long as two newer ones are not written.
        let in_use = File::open(folder.join(IN_USE)).ok().filter(|file| file.try_lock_shared().is_ok());
        let documents = Manifest::read(&folder)?.documents;
        for document in &documents {
            check_document(&folder, document, check)?;
        }
        Ok(Set { number, folder, documents, damaged: Vec::new(), _in_use: in_use })
    }

    /// Removes sets that processes which were killed left half written.
    fn sweep(&self) {
        let entries = std::fs::read_dir(self.folder.join(SETS)).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PARTIAL)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }

    /// Removes old sets that are not in use. One that cannot be removed now is removed after a later update.
    fn prune(&self) {
        let numbers = self.numbers().unwrap_or_default();
        let old = numbers.len().saturating_sub(KEPT);
        for number in numbers.into_iter().take(old) {
            let folder = self.place(number);
            let in_use = File::open(folder.join(IN_USE));
            let is_read = in_use.as_ref().is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
            // Windows does not remove a file that is open.
            drop(in_use);
            if !is_read {
                // Renamed first: a set must not be half there.
                let aside = self.folder.join(SETS).join(format!("{PARTIAL}{number:08}"));
                let _ = std::fs::rename(&folder, &aside).and_then(|()| std::fs::remove_dir_all(&aside));
            }
        }
    }
}

impl Set {
    /// Returns the set's number, which grows with each update.
    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Returns the path of a document of this set.
    pub fn path(&self, document: &Document) -> PathBuf {
        self.folder.join(&document.file)
    }

    /// Returns the paths of all documents: the catalogs of a scan.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.documents.iter().map(|document| self.path(document)).collect()
    }

    /// Returns the faults of files that are not as they were fetched; none in a sound set.
    pub fn faults(&self) -> Vec<StoreError> {
        let checked = self.documents.iter().map(|document| check_document(&self.folder, document, Check::Digests));
        checked.filter_map(Result::err).collect()
    }
}

fn check_document(folder: &Path, document: &Document, check: Check) -> Result<(), StoreError> {
    let path = folder.join(&document.file);
    let damaged = |reason: String| Err(StoreError::Damaged { file: path.display().to_string(), reason });
    match check {
        Check::Sizes => {
            let bytes = std::fs::metadata(&path).map_err(at(&path))?.len();
            if bytes != document.bytes {
                return damaged(format!("{bytes} bytes instead of {}", document.bytes));
            }
        }
        Check::Digests => {
            let digest = sha256(&regular_file::read(&path, document.bytes).map_err(at(&path))?);
            if digest != document.sha256 {
                return damaged(format!("its SHA-256 is {digest} instead of {}", document.sha256));
            }
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.display().to_string();
    move |source| StoreError::Io { path, source }
}
