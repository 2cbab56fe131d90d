//! The volume's folder: looked into without regard to case, and never out of.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, FileType, Metadata};

use super::failure::{Failure, Found};
use super::names;
use crate::evidence::Deadline;

/// More names than this are not taken from one folder.
const MAX_ENTRIES: usize = 1 << 18;

/// Listings are kept up to this many names in all. Beyond it folders are listed anew each time.
const MAX_KEPT_ENTRIES: usize = 1 << 21;

/// A folder that cannot be left: cap-std resolves every path below it, links included.
pub(super) struct Folder {
    root: Arc<Dir>,
    kept: Arc<Mutex<Kept>>,
    deadline: Deadline,
}

#[derive(Default)]
struct Kept {
    listings: HashMap<PathBuf, Arc<Listing>>,
    entries: usize,
}

/// Something in the volume: where it is, spelt as the file system spells it.
pub(super) struct Place {
    path: PathBuf,
    metadata: Metadata,
}

pub(super) struct Listing {
    /// By name without regard to case; names that are the same but for it as they are spelt.
    pub(super) entries: Vec<Entry>,
    /// Whether there was more than is taken.
    pub(super) truncated: bool,
}

pub(super) struct Entry {
    pub(super) name: String,
    folded: String,
    /// As the file system has it, which need not be text.
    stored: std::ffi::OsString,
    file_type: Option<FileType>,
}

impl Listing {
    /// A name written exactly so goes before those that are the same without regard to case.
    fn find(&self, name: &str) -> Option<&Entry> {
        let folded = names::fold(name);
        let start = self.entries.partition_point(|entry| entry.folded < folded);
        let same = self.entries.get(start..)?.iter().take_while(|entry| entry.folded == folded);
        same.clone().find(|entry| entry.name == name).or_else(|| same.clone().next())
    }
}

impl Place {
    /// Below the volume's root.
    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_folder(&self) -> bool {
        self.metadata.is_dir()
    }

    pub(super) fn is_file(&self) -> bool {
        self.metadata.is_file()
    }

    /// In bytes.
    pub(super) fn size(&self) -> u64 {
        self.metadata.len()
    }

    /// Seconds since 1970.
    pub(super) fn modified(&self) -> Option<i64> {
        let modified = self.metadata.modified().ok()?.into_std();
        match modified.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).ok(),
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).ok()?;
                Some(-seconds - i64::from(before.subsec_nanos() > 0))
            }
        }
    }
}

impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        let root = Arc::new(Dir::open_ambient_dir(path, ambient_authority())?);
        Ok(Folder { root, kept: Arc::default(), deadline: Deadline::never() })
    }

    /// The same folder, looked into until then.
    pub(super) fn until(&self, deadline: Deadline) -> Folder {
        Folder { root: Arc::clone(&self.root), kept: Arc::clone(&self.kept), deadline }
    }

    /// What is at a path, given by its components.
    pub(super) fn find<S: AsRef<str>>(&self, components: &[S]) -> Found<Place> {
        let mut path = PathBuf::new();
        for component in components {
            let listing = self.listing(&path)?;
            match listing.find(component.as_ref()) {
                Some(entry) => path.push(&entry.stored),
                None if listing.truncated => {
                    return Err(Failure::Unreadable(format!("{} has too many entries", display(&path))));
                }
                None => return Err(Failure::Absent),
            }
        }
        let metadata = self.metadata(&path)?;
        Ok(Place { path, metadata })
    }

    /// As [`Folder::find`], for what has to be an ordinary file.
    pub(super) fn find_file<S: AsRef<str>>(&self, components: &[S]) -> Found<Place> {
        let place = self.find(components)?;
        if place.is_folder() {
            return Err(Failure::Unreadable(format!("{} is a folder, not a file", display(&place.path))));
        }
        // A pipe would make the reader wait for ever, a device may do anything.
        if !place.is_file() {
            return Err(Failure::Unreadable(format!("{} is no ordinary file", display(&place.path))));
        }
        Ok(place)
    }

    /// The names in the volume's root.
    pub(super) fn root_listing(&self) -> Found<Arc<Listing>> {
        self.listing(Path::new(""))
    }

    pub(super) fn list(&self, place: &Place) -> Found<Arc<Listing>> {
        if !place.is_folder() {
            return Err(Failure::Unreadable(format!("{} is a file, not a folder", display(&place.path))));
        }
        self.listing(&place.path)
    }

    /// Whether an entry of a listing is a folder, or a link to one.
    pub(super) fn is_folder(&self, place: &Place, entry: &Entry) -> bool {
        match entry.file_type {
            Some(file_type) if file_type.is_dir() => true,
            Some(file_type) if file_type.is_symlink() => {
                self.root.metadata(place.path.join(&entry.stored)).is_ok_and(|metadata| metadata.is_dir())
            }
            _ => false,
        }
    }

    /// Opens a place that [`Folder::find_file`] found.
    pub(super) fn open_file(&self, place: &Place) -> Found<File> {
        self.root.open(&place.path).map_err(|error| unreadable(&place.path, &error))
    }

    /// The whole of a file of at most `limit` bytes.
    pub(super) fn read(&self, place: &Place, limit: u64) -> Found<Vec<u8>> {
        let too_large =
            || Failure::Unreadable(format!("{} is larger than the {limit} bytes that are read", display(&place.path)));
        if place.size() > limit {
            return Err(too_large());
        }
        let mut content = Vec::with_capacity(usize::try_from(place.size()).unwrap_or_default());
        self.open_file(place)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(|error| unreadable(&place.path, &error))?;
        if content.len() as u64 > limit {
            return Err(too_large());
        }
        Ok(content)
    }

    fn metadata(&self, path: &Path) -> Found<Metadata> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.root.metadata(path).map_err(|error| match self.root.symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => {
                Failure::Unreadable(format!("{} is a link that leads out of the volume or nowhere", display(path)))
            }
            _ if error.kind() == io::ErrorKind::NotFound => Failure::Absent,
            _ => unreadable(path, &error),
        })
    }

    /// The names in a folder. What is no folder has none: a path that goes through it is absent.
    fn listing(&self, path: &Path) -> Found<Arc<Listing>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).listings.get(path).cloned();
        if let Some(listing) = kept {
            return Ok(listing);
        }
        if !self.metadata(path)?.is_dir() {
            return Err(Failure::Absent);
        }
        let listing = Arc::new(self.read_listing(path)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.entries + listing.entries.len() <= MAX_KEPT_ENTRIES
            && kept.listings.insert(path.to_owned(), Arc::clone(&listing)).is_none()
        {
            // One for the folder itself, so that empty folders are not for nothing.
            kept.entries += listing.entries.len() + 1;
        }
        Ok(listing)
    }

    fn read_listing(&self, path: &Path) -> Found<Listing> {
        let opened = if path.as_os_str().is_empty() { self.root.entries() } else { self.root.read_dir(path) };
        let mut entries = Vec::new();
        let mut truncated = false;
        for entry in opened.map_err(|error| unreadable(path, &error))? {
            self.deadline.check()?;
            if entries.len() == MAX_ENTRIES {
                truncated = true;
                break;
            }
            let entry = entry.map_err(|error| unreadable(path, &error))?;
            let stored = entry.file_name();
            let name = stored.to_string_lossy().into_owned();
            entries.push(Entry { folded: names::fold(&name), name, stored, file_type: entry.file_type().ok() });
        }
        entries
            .sort_unstable_by(|one, other| one.folded.cmp(&other.folded).then_with(|| one.stored.cmp(&other.stored)));
        Ok(Listing { entries, truncated })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Unreadable(format!("{} cannot be read: {error}", display(path)))
}

/// As the administrator of a Windows computer writes it.
pub(super) fn display(path: &Path) -> String {
    let path = path.components().map(|component| component.as_os_str().to_string_lossy()).collect::<Vec<_>>();
    if path.is_empty() { "the volume's root".to_owned() } else { path.join("\\") }
}
