//! An on-disk cache of compiled plugins.

use std::io::{Read, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use lz4_flex::block::{decompress, uncompressed_size};
use wardline_files::background::Background;
use wardline_files::platform::is_private_folder;
use wardline_files::regular_file;
use wardline_files::replace::{create_private_folder, replace_private_file};

/// The magic bytes at the end of every entry. A change of layout changes the number, and old entries are rebuilt.
const MAGIC: &[u8; 17] = b"wardline cache 4\n";
const DIGEST_SIZE: usize = 32;

/// The size of what follows an entry's payload: a digest and the magic. It is at the end because compiled code is mapped into memory,
/// and its sections have to be aligned from the beginning of the file.
const TRAILER: usize = DIGEST_SIZE + MAGIC.len();

/// The size in bytes of the pieces in which an entry is verified: large enough for the hash to work on many blocks at once, and small
/// enough to stay in the processor's cache.
const PIECE: usize = 128 << 10;

/// The name prefix of temporary files that earlier versions left behind.
const OLD_TEMPORARY_PREFIX: &str = ".wardline-cache-";

/// The maximum size in bytes of an entry that is read. The largest are compiled plugins, of some ten megabytes, and plugins'
/// memories after `prepare`, of some hundred; a file that only pretends to be an entry may be endless.
const LARGEST_ENTRY: u64 = 512 << 20;

/// The maximum number of entries kept. A team has some ten plugins and a few catalogs; each entry is about ten megabytes.
const MAX_ENTRIES: usize = 128;

/// A folder of entries, each named by a digest of everything it was made from.
///
/// Anyone who can write to the folder can make wardline run native code, so a folder that others can write to is not used.
///
/// An entry contains a digest of its name and payload together: an entry made from one plugin or catalog is never mistaken for one
/// made from another. An entry that is damaged or has an earlier layout is treated as absent. A folder that cannot be written to
/// costs time and nothing else.
///
/// Large entries are written in the background; they are all there once the sandbox and its plugins are dropped.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
    built_in: BuiltIn,
    /// Waited for when the last clone is dropped.
    writing: Arc<Background>,
}

/// Entries that come with the program: each has its name in the folder, and its file's bytes as a block of LZ4 after their number, of
/// four bytes in little-endian order.
///
/// They are like those in the folder in every other way: an entry that was made by another compiler, or for another processor, has
/// another name and is never looked for.
pub type BuiltIn = &'static [(&'static str, &'static [u8])];

impl Cache {
    /// Creates a cache that keeps nothing.
    pub fn off() -> Self {
        Cache { folder: None, built_in: &[], writing: Arc::default() }
    }

    /// Creates a cache in this folder, which is created with the first entry; returns [`Cache::off`] if it exists and is not
    /// private.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        let folder = Some(folder.into()).filter(|folder| !folder.exists() || is_private_folder(folder));
        Cache { folder, ..Cache::off() }
    }

    /// Returns the same cache with entries that need not be in its folder.
    #[must_use]
    pub fn with_built_in(self, built_in: BuiltIn) -> Self {
        Cache { built_in, ..self }
    }

    /// Whether this cache keeps nothing.
    pub fn is_off(&self) -> bool {
        self.folder.is_none()
    }

    /// Returns the payload of an entry, if it is intact. One that comes with the program is then stored in the folder, too.
    pub(super) fn get(&self, key: &str) -> Option<Arc<Vec<u8>>> {
        let mut payload = Vec::new();
        if self.verify(key, |piece| payload.extend_from_slice(piece)).is_some() {
            return Some(Arc::new(payload));
        }
        let payload = Arc::new(self.built_in(key)?);
        let stored = Arc::clone(&payload);
        self.later(key.to_owned(), move |cache, key| cache.put(key, &stored));
        Some(payload)
    }

    /// Returns the payload of an entry that comes with the program.
    fn built_in(&self, key: &str) -> Option<Vec<u8>> {
        let (_, compressed) = self.built_in.iter().find(|(name, _)| *name == key)?;
        let (size, compressed) = uncompressed_size(compressed).ok()?;
        let mut entry = (size as u64 <= LARGEST_ENTRY).then(|| decompress(compressed, size).ok())??;
        let payload = entry.len().checked_sub(TRAILER)?;
        if !is_intact(&entry[..], key, payload as u64, |_| {}).ok()? {
            return None;
        }
        entry.truncate(payload);
        Some(entry)
    }

    /// Returns the path of an entry, if it is intact. The file begins with the payload.
    ///
    /// Entries are replaced as a whole, so what has been verified is what is found at the path: this entry, or the same one written by
    /// another process.
    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.verify(key, |_| {})
    }

    /// Passes the payload of an entry to `piece`, and returns the entry's path if it is intact.
    fn verify(&self, key: &str, piece: impl FnMut(&[u8])) -> Option<PathBuf> {
        let path = self.folder.as_ref()?.join(key);
        let file = regular_file::open(&path).ok()?;
        let size = file.metadata().ok()?.len();
        let payload = size.checked_sub(TRAILER as u64).filter(|_| size <= LARGEST_ENTRY)?;
        is_intact(file, key, payload, piece).ok()?.then_some(path)
    }

    /// Entries being stored in the background; whoever holds this waits for them.
    pub(super) fn writing(&self) -> Arc<Background> {
        Arc::clone(&self.writing)
    }

    /// Stores an entry in the background. `payload` returns what it holds.
    pub(super) fn put_later(&self, key: String, payload: impl FnOnce() -> Option<Vec<u8>> + Send + 'static) {
        self.later(key, move |cache, key| {
            if let Some(payload) = payload() {
                cache.put(key, &payload);
            }
        });
    }

    fn later(&self, key: String, work: impl FnOnce(&Cache, &str) + Send + 'static) {
        if self.is_off() {
            return;
        }
        // A clone would have the thread wait for itself.
        let cache = Cache { writing: Arc::default(), ..self.clone() };
        self.writing.run(move || work(&cache, &key));
    }

    /// Stores an entry: written to a temporary file, then renamed, so that no other process ever sees a partial entry.
    pub(super) fn put(&self, key: &str, payload: &[u8]) {
        if let Some(folder) = &self.folder
            && (payload.len() + TRAILER) as u64 <= LARGEST_ENTRY
        {
            // Errors are ignored, as documented on the type: scanning continues without a cache.
            let _ = write(folder, key, payload).and_then(|()| prune(folder));
        }
    }
}

/// Whether an entry contains `payload` bytes, their digest and the magic, and nothing else.
fn is_intact(mut file: impl Read, key: &str, payload: u64, mut piece: impl FnMut(&[u8])) -> Result<bool> {
    let mut digest = Digest::new(key);
    let mut buffer = vec![0; PIECE];
    let mut left = payload;
    while left > 0 {
        let most = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        let read = file.read(&mut buffer[..most])?;
        if read == 0 {
            return Ok(false);
        }
        digest.update(&buffer[..read]);
        piece(&buffer[..read]);
        left -= read as u64;
    }
    let mut trailer = Vec::with_capacity(TRAILER + 1);
    file.take(TRAILER as u64 + 1).read_to_end(&mut trailer)?;
    Ok(trailer.strip_suffix(MAGIC) == Some(&digest.finish()[..]))
}

fn write(folder: &Path, key: &str, payload: &[u8]) -> Result<()> {
    create_private_folder(folder)?;
    // Another process may have created the folder first.
    if !is_private_folder(folder) {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    replace_private_file(&folder.join(key), |out| {
        let mut digest = Digest::new(key);
        digest.update(payload);
        out.write_all(payload)?;
        out.write_all(&digest.finish())?;
        out.write_all(MAGIC)
    })
}

/// The digest of an entry: of its name and payload.
///
/// Every start verifies some ten megabytes of compiled code, so the hash is the fastest that is also cryptographic.
struct Digest(blake3::Hasher);

impl Digest {
    fn new(key: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        // The length marks where the name ends.
        hasher.update(&(key.len() as u64).to_le_bytes());
        hasher.update(key.as_bytes());
        Digest(hasher)
    }

    fn update(&mut self, payload: &[u8]) {
        self.0.update(payload);
    }

    fn finish(&self) -> [u8; DIGEST_SIZE] {
        self.0.finalize().into()
    }
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
fn prune(folder: &Path) -> Result<()> {
    let mut entries: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            let is_entry = metadata.is_file() && entry.file_name().to_str().is_some_and(is_own);
            is_entry.then_some((metadata.modified().ok()?, entry.path()))
        })
        .collect();
    if entries.len() > MAX_ENTRIES {
        entries.sort();
        for (_, path) in &entries[..entries.len() - MAX_ENTRIES] {
            // Windows removes no file that is mapped into memory, as one is that another scan runs.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn key(number: usize) -> String {
        format!("prepared-{number:064x}")
    }

    fn payload(cache: &Cache, number: usize) -> Option<Vec<u8>> {
        cache.get(&key(number)).map(|payload| payload.to_vec())
    }

    #[test]
    fn too_many_entries_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let others =
            ["notes.txt", "prepared-1", &"0".repeat(64), &format!("Describe-{:064x}", 1), &format!("a-{:064X}", 10)];
        for name in others {
            std::fs::write(folder.path().join(name), "mine").unwrap();
        }
        std::fs::create_dir(folder.path().join(key(MAX_ENTRIES + 9))).unwrap();
        let cache = Cache::at(folder.path());
        for number in 0..MAX_ENTRIES + 5 {
            cache.put(&key(number), b"compiled");
        }
        let there = |name: &str| folder.path().join(name).exists();
        assert!(others.into_iter().all(there) && there(&key(MAX_ENTRIES + 9)));
        let kept = (0..MAX_ENTRIES + 5).filter(|number| there(&key(*number))).count();
        assert_eq!(kept, MAX_ENTRIES);
        assert_eq!(payload(&cache, MAX_ENTRIES + 4).as_deref(), Some(&b"compiled"[..]));
    }

    #[test]
    fn what_is_too_large_or_no_file_is_no_entry() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        cache.put(&key(1), b"compiled");
        // Sparse: it takes no space on disk.
        File::options().write(true).open(folder.path().join(key(1))).unwrap().set_len(LARGEST_ENTRY + 1).unwrap();
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
        assert_eq!(payload(&cache, 1).as_deref(), Some(&b"one"[..]));
        // A shorter name, with the rest of it in the payload.
        let digest = |key: &str, payload: &[u8]| {
            let mut digest = Digest::new(key);
            digest.update(payload);
            digest.finish()
        };
        assert_ne!(digest("ab", b"c"), digest("a", b"bc"));
    }

    #[test]
    fn a_damaged_entry_is_absent_wherever_the_damage_is() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        let payload: Vec<u8> = (0..PIECE + 100).map(|number| number as u8).collect();
        cache.put(&key(1), &payload);
        let path = cache.path(&key(1)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert!(whole.starts_with(&payload), "what is mapped begins with the payload");
        for place in [0, PIECE - 1, PIECE, payload.len() - 1, payload.len(), whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert_eq!((cache.get(&key(1)), cache.path(&key(1))), (None, None), "{place}");
        }
        for size in [0, TRAILER - 1, TRAILER, payload.len(), whole.len() - 1] {
            std::fs::write(&path, &whole[..size]).unwrap();
            assert_eq!(cache.path(&key(1)), None, "{size}");
        }
        std::fs::write(&path, [&whole[..], b"\n"].concat()).unwrap();
        assert_eq!(cache.path(&key(1)), None);
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(cache.get(&key(1)).as_deref(), Some(&payload));
    }

    #[test]
    fn entries_that_come_with_the_program_are_like_those_in_the_folder() {
        let made = tempfile::tempdir().unwrap();
        Cache::at(made.path()).put(&key(1), b"compiled");
        let file = std::fs::read(made.path().join(key(1))).unwrap();
        let compressed = lz4_flex::block::compress_prepend_size;
        let name = |number| -> &'static str { key(number).leak() };
        let damaged = [&file[..3], b"x", &file[4..]].concat();
        let built_in = vec![
            (name(1), &*compressed(&file).leak()),
            (name(2), &*compressed(&file).leak()),
            (name(3), &*compressed(&damaged).leak()),
            (name(4), &b"no LZ4"[..]),
            (name(5), &*compressed(b"short").leak()),
        ];

        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).with_built_in(built_in.leak());
        assert_eq!(cache.path(&key(1)), None, "only what is in the folder can be mapped");
        assert_eq!(payload(&cache, 1).as_deref(), Some(&b"compiled"[..]));
        for other in 2..7 {
            assert_eq!((payload(&cache, other), cache.path(&key(other))), (None, None), "{other}");
        }
        // A cache that keeps nothing maps nothing, and still need not compile what is there.
        let off = Cache::off().with_built_in(cache.built_in);
        assert_eq!((payload(&off, 1).as_deref(), off.path(&key(1))), (Some(&b"compiled"[..]), None));
        // The next time it is mapped.
        drop(cache);
        assert_eq!(std::fs::read(folder.path().join(key(1))).unwrap(), file);
        assert_eq!(Cache::at(folder.path()).path(&key(1)), Some(folder.path().join(key(1))));
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
