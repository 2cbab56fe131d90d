//! The files of a volume, wherever they are stored: in a folder of the host, in a disk image, or on a running machine.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use wardline_contract::Deadline;
use wardline_files::host_failure::HostFailure;

use super::failure::{Failure, Found};

/// A place where the files of a volume are stored. Paths are resolved without regard to case and never leave the volume.
pub(super) trait Storage: Send + Sync {
    /// Finds the place at a path, given by its components, following links.
    fn find(&self, components: &[&str], deadline: Deadline) -> Found<Place>;

    /// Visits the names in a folder, sorted by case-folded name, each with whether it is a folder or a link to one. Returns
    /// whether the folder has more names than are read.
    fn list(&self, folder: &Place, deadline: Deadline, visit: &mut Visit<'_>) -> Found<bool>;

    /// Opens a regular file.
    fn open(&self, file: &Place) -> Found<OpenFile>;

    /// Reads the security descriptor of a file or folder.
    fn security(&self, place: &Place) -> Found<Vec<u8>>;

    /// Windows' name for the file system, if it can be told.
    fn file_system(&self) -> Option<String>;

    /// Sets the letter of the volume, for links that contain one.
    fn set_drive(&self, drive: char);

    /// The host error, if any, because of which something may count as unreadable that is not.
    fn host_failure(&self) -> Option<HostFailure>;

    /// Drops what is cached and releases its memory.
    fn forget(&self);

    /// The number of bytes read from the host so far, if it is counted.
    fn bytes_read(&self) -> Option<u64>;

    /// The reason nothing can be read any more, if a running machine was lost.
    fn lost(&self) -> Option<String> {
        None
    }
}

/// Called with a name and whether it is a folder.
pub(super) type Visit<'v> = dyn FnMut(&str, bool) -> ControlFlow<()> + 'v;

/// A file or folder in a volume.
pub(super) struct Place {
    /// The path from the volume's root as the file system spells it, for errors.
    pub(super) shown: String,
    pub(super) kind: Kind,
    /// The size in bytes.
    pub(super) size: u64,
    /// The modification time, in seconds since 1970.
    pub(super) modified: Option<i64>,
    pub(super) handle: Handle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    /// A pipe, a device or the like.
    Other,
}

/// The place as its storage knows it.
pub(super) enum Handle {
    Folder(PathBuf),
    Disk(wardline_disk::Found),
    /// The path from the root of a running machine's drive.
    Running(String),
}

/// The files of a volume, read until a deadline.
pub(super) struct Files {
    storage: Arc<dyn Storage>,
    deadline: Deadline,
}

impl Files {
    pub(super) fn new(storage: Arc<dyn Storage>) -> Files {
        Files { storage, deadline: Deadline::never() }
    }

    /// Returns the same files with a deadline.
    pub(super) fn until(&self, deadline: Deadline) -> Files {
        Files { storage: Arc::clone(&self.storage), deadline }
    }

    /// Where the files are stored.
    pub(super) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    /// See [`Storage::host_failure`].
    pub(super) fn host_failure(&self) -> Option<HostFailure> {
        self.storage.host_failure()
    }

    /// See [`Storage::forget`].
    pub(super) fn forget(&self) {
        self.storage.forget();
    }

    /// Finds the place at a path, given by its components.
    pub(super) fn find<S: AsRef<str>>(&self, components: &[S]) -> Found<Place> {
        let components = components.iter().map(AsRef::as_ref).collect::<Vec<_>>();
        self.storage.find(&components, self.deadline)
    }

    /// Like [`Files::find`], for a regular file.
    pub(super) fn find_file<S: AsRef<str>>(&self, components: &[S]) -> Found<Place> {
        let place = self.find(components)?;
        match place.kind {
            Kind::File => Ok(place),
            Kind::Folder => Err(Failure::Unreadable(format!("{} is a folder, not a file", place.shown))),
            // Reading a pipe would block forever, and a device may do anything.
            Kind::Other => Err(Failure::Unreadable(format!("{} is not a regular file", place.shown))),
        }
    }

    /// See [`Storage::list`].
    pub(super) fn list(&self, folder: &Place, mut visit: impl FnMut(&str, bool) -> ControlFlow<()>) -> Found<bool> {
        if folder.kind != Kind::Folder {
            return Err(Failure::Unreadable(format!("{} is a file, not a folder", folder.shown)));
        }
        self.storage.list(folder, self.deadline, &mut visit)
    }

    /// Opens a place that [`Files::find_file`] found.
    pub(super) fn open_file(&self, place: &Place) -> Found<OpenFile> {
        self.storage.open(place)
    }

    /// See [`Storage::security`].
    pub(super) fn security(&self, place: &Place) -> Found<Vec<u8>> {
        self.storage.security(place)
    }
}

/// An open file.
pub(super) enum OpenFile {
    Host(std::fs::File),
    Disk(Box<dyn wardline_disk::ReadAt>),
    Live(wardline_live::RemoteFile),
}

impl wardline_regf::ReadAt for OpenFile {
    fn size(&self) -> io::Result<u64> {
        match self {
            OpenFile::Host(file) => wardline_regf::ReadAt::size(file),
            OpenFile::Disk(file) => Ok(file.size()),
            OpenFile::Live(file) => Ok(file.size()),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            OpenFile::Host(file) => wardline_regf::ReadAt::read_at(file, buffer, offset),
            OpenFile::Disk(file) => file.read_at(buffer, offset),
            OpenFile::Live(file) => file.read_at(buffer, offset),
        }
    }
}

/// Reads an open file one range after another.
pub(super) struct Cursor {
    file: OpenFile,
    at: u64,
}

impl OpenFile {
    pub(super) fn into_cursor(self) -> Cursor {
        Cursor { file: self, at: 0 }
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = wardline_regf::ReadAt::read_at(&self.file, buffer, self.at)?;
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let at = match position {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => wardline_regf::ReadAt::size(&self.file)?.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
