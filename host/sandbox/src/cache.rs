//! An on-disk cache of compiled plugins.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wardline_files::platform::is_private_folder;
use wardline_files::regular_file;
use wardline_files::replace::{create_private_folder, replace_private_file};

/// The magic bytes of every entry. A change of layout changes the number, and old entries are rebuilt.
const MAGIC: &[u8] = b"wardline cache 3\n";
const DIGEST_SIZE: usize = 32;

/// The name prefix of temporary files that earlier versions left behind.
const OLD_TEMPORARY_PREFIX: &str = ".wardline-cache-";

/// The maximum size in bytes of an entry that is read. The largest are compiled plugins, of some ten megabytes, and plugins'
/// memories after `prepare`, of some hundred; a file that only pretends to be an entry may be endless.
const LARGEST_ENTRY: u64 = 512 << 20;

/// The maximum number of entries kept. A team has some ten plugins and a few catalogs; each entry is about ten megabytes.
const MOST_ENTRIES: usize = 128;

/// A folder of entries, each named by a digest of everything it was made from.
///
/// Anyone who can write to the folder can make wardline run native code, so a folder that others can write to is not used.
///
/// An entry contains a digest of its name and payload together: an entry made from one plugin or catalog is never mistaken for one
/// made from another. An entry that is damaged or has an earlier layout is treated as absent. A folder that cannot be written to
/// costs time and nothing else.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Creates a cache that keeps nothing.
    pub fn off() -> Self {
        Cache { folder: None }
    }

    /// Creates a cache in this folder, which is created with the first entry; returns [`Cache::off`] if it exists and is not
    /// private.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Cache { folder: Some(folder.into()).filter(|folder| !folder.exists() || is_private_folder(folder)) }
    }

    /// Whether this cache keeps nothing.
    /// Returns the folder; `None` if the cache is off.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    pub fn is_off(&self) -> bool {
        self.folder.is_none()
    }

    /// Returns the payload of an entry, if it is intact.
    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.folder.as_ref()?.join(key);
        let file = regular_file::open(&path).ok().filter(is_small_enough)?;
        let mut entry = Vec::new();
        // The file may grow in the meantime; its digest is then wrong.
        file.take(LARGEST_ENTRY).read_to_end(&mut entry).ok()?;
        let header = MAGIC.len() + DIGEST_SIZE;
        let whole = entry.starts_with(MAGIC)
            && entry.len() >= header
            && entry[MAGIC.len()..header] == digest(key, &entry[header..])[..];
        if !whole {
            return None;
        }
        entry.drain(..header);
        Some(entry)
    }

    /// Stores an entry: written to a temporary file, then renamed, so that no other process ever sees a partial entry.
    pub(super) fn put(&self, key: &str, payload: &[u8]) {
        if let Some(folder) = &self.folder
            && (MAGIC.len() + DIGEST_SIZE + payload.len()) as u64 <= LARGEST_ENTRY
        {
            // Errors are ignored, as documented on the type: scanning continues without a cache.
            let _ = write(folder, key, payload).and_then(|()| prune(folder));
        }
    }
}

fn is_small_enough(entry: &File) -> bool {
    entry.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST_ENTRY)
}

fn write(folder: &Path, key: &str, payload: &[u8]) -> std::io::Result<()> {
    create_private_folder(folder)?;
    // Another process may have created the folder first.
    if !is_private_folder(folder) {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    replace_private_file(&folder.join(key), |out| {
        out.write_all(MAGIC)?;
        out.write_all(&digest(key, payload))?;
        out.write_all(payload)
    })
}

/// Returns the digest of an entry with this name.
///
/// Every start verifies some ten megabytes of compiled code, so the hash is the fastest that is also cryptographic.
fn digest(key: &str, payload: &[u8]) -> [u8; DIGEST_SIZE] {
    let mut digest = blake3::Hasher::new();
    // The length marks where the name ends.
    digest.update(&(key.len() as u64).to_le_bytes());
    digest.update(key.as_bytes());
    digest.update(payload);
    digest.finalize().into()
}

/// Whether a file of this name was written by this cache: a purpose and a digest, or an unfinished entry. The operator chooses the
/// folder, and it may contain other files.
fn is_own(name: &str) -> bool {
    let is_key = |(purpose, digest): (&str, &str)| {
        purpose.starts_with(|letter: char| letter.is_ascii_lowercase())
            && purpose.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && digest.len() == 2 * DIGEST_SIZE
            && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    name.starts_with(OLD_TEMPORARY_PREFIX) || name.rsplit_once('-').is_some_and(is_key)
}

/// Removes the oldest entries if there are too many.
fn prune(folder: &Path) -> std::io::Result<()> {
    let mut entries: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            let is_entry = metadata.is_file() && entry.file_name().to_str().is_some_and(is_own);
            is_entry.then_some((metadata.modified().ok()?, entry.path()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> String {
        format!("prepared-{number:064x}")
    }

    #[test]
    fn too_many_entries_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let others =
            ["notes.txt", "prepared-1", &"0".repeat(64), &format!("Describe-{:064x}", 1), &format!("a-{:064X}", 10)];
        for name in others {
            std::fs::write(folder.path().join(name), "mine").unwrap();
        }
        std::fs::create_dir(folder.path().join(key(MOST_ENTRIES + 9))).unwrap();
        let cache = Cache::at(folder.path());
        for number in 0..MOST_ENTRIES + 5 {
            cache.put(&key(number), b"compiled");
        }
        let there = |name: &str| folder.path().join(name).exists();
        assert!(others.into_iter().all(there) && there(&key(MOST_ENTRIES + 9)));
        let kept = (0..MOST_ENTRIES + 5).filter(|number| there(&key(*number))).count();
        assert_eq!(kept, MOST_ENTRIES);
        assert_eq!(cache.get(&key(MOST_ENTRIES + 4)).as_deref(), Some(&b"compiled"[..]));
    }

    #[test]
    fn what_is_too_large_or_no_file_is_no_entry() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        cache.put(&key(1), b"compiled");
        // Sparse: it takes no space on disk.
        File::options().write(true).open(folder.path().join(key(1))).unwrap().set_len(LARGEST_ENTRY + 1).unwrap();
        assert!(!is_small_enough(&File::open(folder.path().join(key(1))).unwrap()), "before its content is read");
        std::fs::create_dir(folder.path().join(key(2))).unwrap();
        for number in [1, 2] {
            assert_eq!(cache.get(&key(number)), None);
        }
    }

    #[test]
    fn an_entry_counts_under_its_own_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        let (one, other) = (key(1), key(2));
        let unchanged = one.replace("prepared", "unchanged");
        cache.put(&one, b"one");
        cache.put(&other, b"other");
        let file = |key: &str| folder.path().join(key);
        // Swapped, and copied to the name of another purpose.
        std::fs::rename(file(&one), file("aside")).unwrap();
        std::fs::rename(file(&other), file(&one)).unwrap();
        std::fs::rename(file("aside"), file(&other)).unwrap();
        std::fs::copy(file(&other), file(&unchanged)).unwrap();
        for key in [&one, &other, &unchanged] {
            assert_eq!(cache.get(key), None, "{key}");
        }
        std::fs::rename(file(&unchanged), file(&one)).unwrap();
        assert_eq!(cache.get(&one).as_deref(), Some(&b"one"[..]));
        // A shorter name, with the rest of it in the payload.
        assert_ne!(digest("ab", b"c"), digest("a", b"bc"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("cache");
        let cache = Cache::at(&folder);
        cache.put(&key(1), b"compiled");
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for (mode, is_off) in [(0o700, false), (0o755, false), (0o775, true), (0o757, true), (0o1777, true)] {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            let later = Cache::at(&folder);
            assert_eq!(later.is_off(), is_off, "{mode:o}");
            assert_eq!(later.get(&key(1)).is_none(), is_off, "{mode:o}");
        }
        // The folder was opened to others after the cache was created.
        cache.put(&key(2), b"compiled");
        assert!(!folder.join(key(2)).exists());
    }
}
