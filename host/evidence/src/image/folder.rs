//! A volume in a folder of the host: paths are resolved without regard to case and never leave it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, FileType, Metadata};
use wardline_contract::{Deadline, Passed};
use wardline_files::host_failure::HostFailure;

use super::failure::{Failure, Found};
use super::names;
use super::storage::{Handle, Kind, OpenFile, Place, Storage, Visit};
use crate::budget::{Budget, Charge, OverBudget};

/// The maximum number of names read from one folder.
const MAX_ENTRIES: usize = 1 << 18;

/// The memory an entry takes in addition to its name, which it stores three times.
const ENTRY_SIZE: u64 = size_of::<Entry>() as u64 + 3 * ALLOCATION;
/// The overhead of an allocation.
const ALLOCATION: u64 = 16;

/// A folder that cannot be left: cap-std resolves every path within it, including links.
pub(super) struct Folder {
    root: Dir,
    budget: Arc<Budget>,
    /// The cached listings, kept as long as there is room for them.
    kept: Mutex<HashMap<PathBuf, Arc<Listing>>>,
    /// The first host error. One is enough, so later ones are not kept.
    host_failure: OnceLock<HostFailure>,
}

struct Listing {
    /// Sorted by case-folded name, then by the name as stored.
    entries: Vec<Entry>,
    /// Whether the folder has more entries than [`MAX_ENTRIES`].
    truncated: bool,
    /// The charge for the listing.
    _charge: Charge,
}

struct Entry {
    name: String,
    folded: String,
    /// The name as the file system stores it, which need not be valid text.
    stored: std::ffi::OsString,
    file_type: Option<FileType>,
}

/// The result of looking up a name in a folder.
enum Match<'listing> {
    Entry(&'listing Entry),
    None,
    /// Several names that are not valid text and are displayed alike.
    Ambiguous,
}

impl Listing {
    /// Looks up a name. An exact match takes precedence over one that differs in case. An entry whose name is not valid text is
    /// found by its displayed name, if no other entry is displayed the same way.
    fn find(&self, name: &str) -> Match<'_> {
        let folded = names::fold(name);
        let start = self.entries.partition_point(|entry| entry.folded < folded);
        let same = self.entries.iter().skip(start).take_while(|entry| entry.folded == folded);
        let valid = same.clone().filter(|entry| entry.stored.to_str().is_some());
        if let Some(entry) = valid.clone().find(|entry| entry.name == name).or_else(|| valid.clone().next()) {
            return Match::Entry(entry);
        }
        match (same.clone().next(), same.clone().nth(1)) {
            (Some(entry), None) => Match::Entry(entry),
            (None, _) => Match::None,
            (Some(_), Some(_)) => Match::Ambiguous,
        }
    }
}

/// The modification time, in seconds since 1970.
fn modified(metadata: &Metadata) -> Option<i64> {
    let modified = metadata.modified().ok()?.into_std();
    match modified.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).ok()?;
            Some(-seconds - i64::from(before.subsec_nanos() > 0))
        }
    }
}

/// The path of a place that a folder found.
fn path_of(place: &Place) -> Found<&Path> {
    match &place.handle {
        Handle::Folder(path) => Ok(path),
        Handle::Disk(_) | Handle::Running(_) => Err(Failure::Absent),
    }
}

impl Storage for Folder {
    fn find(&self, components: &[&str], deadline: Deadline) -> Found<Place> {
        let mut path = PathBuf::new();
        for component in components {
            let listing = self.listing(&path, deadline)?;
            match listing.find(component) {
                Match::Entry(entry) => path.push(&entry.stored),
                Match::None if listing.truncated => {
                    return Err(Failure::Unreadable(format!("{} has too many entries", display(&path))));
                }
                Match::None => return Err(Failure::Absent),
                Match::Ambiguous => {
                    let reason = format!("{} has several entries displayed as {component}", display(&path));
                    return Err(Failure::Unreadable(reason));
                }
            }
        }
        let metadata = self.metadata(&path)?;
        let kind = match (metadata.is_dir(), metadata.is_file()) {
            (true, _) => Kind::Folder,
            (false, true) => Kind::File,
            (false, false) => Kind::Other,
        };
        let (size, modified) = (metadata.len(), modified(&metadata));
        Ok(Place { shown: display(&path), kind, size, modified, handle: Handle::Folder(path) })
    }

    fn list(&self, folder: &Place, deadline: Deadline, visit: &mut Visit<'_>) -> Found<bool> {
        let path = path_of(folder)?;
        let listing = self.listing(path, deadline)?;
        for entry in &listing.entries {
            if visit(&entry.name, self.is_folder(path, entry)).is_break() {
                break;
            }
        }
        Ok(listing.truncated)
    }

    fn open(&self, file: &Place) -> Found<OpenFile> {
        let path = path_of(file)?;
        let opened = self.root.open(path).map_err(|error| self.unreadable(path, &error))?;
        Ok(OpenFile::Host(opened.into_std()))
    }

    /// A directory does not have the permissions of Windows' file system.
    fn security(&self, _: &Place) -> Found<Vec<u8>> {
        Err(Failure::Unsupported)
    }

    fn file_system(&self) -> Option<String> {
        None
    }

    /// Links in a folder have the host's paths.
    fn set_drive(&self, _: char) {}

    fn host_failure(&self) -> Option<HostFailure> {
        self.host_failure.get().cloned()
    }

    fn forget(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn bytes_read(&self) -> Option<u64> {
        None
    }
}

impl Folder {
    pub(super) fn open(path: &Path, budget: Arc<Budget>) -> io::Result<Folder> {
        let root = Dir::open_ambient_dir(path, ambient_authority())?;
        Ok(Folder { root, budget, kept: Mutex::default(), host_failure: OnceLock::new() })
    }

    /// Returns whether an entry of a listing is a folder, or a link to one.
    fn is_folder(&self, folder: &Path, entry: &Entry) -> bool {
        match entry.file_type {
            Some(file_type) if file_type.is_dir() => true,
            Some(file_type) if file_type.is_symlink() => {
                let path = folder.join(&entry.stored);
                let metadata = self.root.metadata(&path).inspect_err(|error| self.note(&path, error));
                metadata.is_ok_and(|metadata| metadata.is_dir())
            }
            _ => false,
        }
    }

    fn metadata(&self, path: &Path) -> Found<Metadata> {
        let from_root = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.root.metadata(from_root).map_err(|error| match self.root.symlink_metadata(from_root) {
            _ if HostFailure::of_reading(&error).is_some() => self.unreadable(path, &error),
            Ok(metadata) if metadata.is_symlink() => Failure::Unreadable(format!(
                "{} is a link that leads out of the volume, or a broken link",
                display(path)
            )),
            _ if error.kind() == io::ErrorKind::NotFound => Failure::Absent,
            _ => self.unreadable(path, &error),
        })
    }

    /// Returns the names in a folder. A file has none, so a path that goes through one is absent.
    fn listing(&self, path: &Path, deadline: Deadline) -> Found<Arc<Listing>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(listing) = kept {
            return Ok(listing);
        }
        if !self.metadata(path)?.is_dir() {
            return Err(Failure::Absent);
        }
        let listing = match self.read_listing(path, deadline) {
            // Dropping the listings of other folders may make room.
            Err(Unlisted::OverBudget(_)) => {
                self.forget();
                self.read_listing(path, deadline)
            }
            read => read,
        };
        let listing = Arc::new(listing.map_err(|error| match error {
            Unlisted::Unreadable(error) => self.unreadable(path, &error),
            Unlisted::OutOfTime => Failure::OutOfTime,
            Unlisted::OverBudget(error) => Failure::Unreadable(format!("{} cannot be listed: {error}", display(path))),
        })?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(kept.entry(path.to_owned()).or_insert(listing)))
    }

    fn read_listing(&self, path: &Path, deadline: Deadline) -> Result<Listing, Unlisted> {
        // The path is stored as the key of the cache.
        let mut charge = self.budget.charge(ENTRY_SIZE + path.as_os_str().len() as u64)?;
        let opened = if path.as_os_str().is_empty() { self.root.entries() } else { self.root.read_dir(path) };
        let mut entries = Vec::new();
        let mut truncated = false;
        for entry in opened? {
            deadline.check()?;
            if entries.len() == MAX_ENTRIES {
                truncated = true;
                break;
            }
            let entry = entry?;
            let stored = entry.file_name();
            let name = stored.to_string_lossy().into_owned();
            charge.grow(ENTRY_SIZE + 3 * name.len() as u64)?;
            entries.push(Entry { folded: names::fold(&name), name, stored, file_type: entry.file_type().ok() });
        }
        entries
            .sort_unstable_by(|one, other| one.folded.cmp(&other.folded).then_with(|| one.stored.cmp(&other.stored)));
        Ok(Listing { entries, truncated, _charge: charge })
    }

    fn unreadable(&self, path: &Path, error: &io::Error) -> Failure {
        self.note(path, error);
        Failure::Unreadable(cannot_be_read(path, error))
    }

    /// Records an error that says nothing about the volume.
    fn note(&self, path: &Path, error: &io::Error) {
        if HostFailure::of_reading(error).is_some() {
            let _ = self.host_failure.set(HostFailure::new(cannot_be_read(path, error)));
        }
    }
}

/// The reasons a folder cannot be listed.
enum Unlisted {
    Unreadable(io::Error),
    OverBudget(OverBudget),
    OutOfTime,
}

impl From<Passed> for Unlisted {
    fn from(_: Passed) -> Self {
        Unlisted::OutOfTime
    }
}

impl From<io::Error> for Unlisted {
    fn from(error: io::Error) -> Self {
        Unlisted::Unreadable(error)
    }
}

impl From<OverBudget> for Unlisted {
    fn from(error: OverBudget) -> Self {
        Unlisted::OverBudget(error)
    }
}

fn cannot_be_read(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read: {error}", display(path))
}

/// Formats a path the way a Windows administrator writes it.
fn display(path: &Path) -> String {
    let path = path.components().map(|component| component.as_os_str().to_string_lossy()).collect::<Vec<_>>();
    if path.is_empty() { "the volume's root".to_owned() } else { path.join("\\") }
}
