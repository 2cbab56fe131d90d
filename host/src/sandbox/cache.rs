//! What was compiled once, kept on disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

/// The beginning of every entry. Another layout gets another number, and the old entries are made anew.
const MAGIC: &[u8] = b"wardline cache 1\n";
const DIGEST_SIZE: usize = 32;

/// Entries that are kept. A team has some ten plugins and a few catalogs; each entry has about ten megabytes.
const MOST_ENTRIES: usize = 128;

/// A folder of entries named by digests of all that they were made from.
///
/// An entry that is damaged, or of an earlier layout, is as good as absent. A folder that cannot be written costs time and
/// nothing else.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// A cache that keeps nothing.
    pub fn off() -> Self {
        Cache { folder: None }
    }

    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Cache { folder: Some(folder.into()) }
    }

    /// The payload of an entry, if it is whole.
    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.folder.as_ref()?.join(key);
        let mut entry = std::fs::read(&path).ok()?;
        let head = MAGIC.len() + DIGEST_SIZE;
        let whole = entry.starts_with(MAGIC)
            && entry.len() >= head
            && entry[MAGIC.len()..head] == Sha256::digest(&entry[head..])[..];
        if !whole {
            return None;
        }
        entry.drain(..head);
        Some(entry)
    }

    /// Keeps an entry: written aside, then renamed, so that no other process ever sees half of it.
    pub(super) fn put(&self, key: &str, payload: &[u8]) {
        if let Some(folder) = &self.folder {
            // See the type's documentation: scanning goes on without a cache.
            let _ = write(folder, key, payload).and_then(|()| prune(folder));
        }
    }
}

fn write(folder: &Path, key: &str, payload: &[u8]) -> std::io::Result<()> {
    crate::platform::create_private_folder(folder)?;
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(MAGIC)?;
    aside.write_all(&Sha256::digest(payload))?;
    aside.write_all(payload)?;
    aside.persist(folder.join(key))?;
    Ok(())
}

/// Removes the oldest entries where there are too many.
fn prune(folder: &Path) -> std::io::Result<()> {
    let mut entries: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    if entries.len() > MOST_ENTRIES {
        entries.sort();
        for (_, path) in &entries[..entries.len() - MOST_ENTRIES] {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
