//! The interface of file systems.

use std::ops::ControlFlow;

use crate::error::Result;
use crate::place::Place;
use crate::read_at::ReadAt;

/// A file or folder of a volume, found by [`FileSystem::find`] or [`FileSystem::list`].
#[derive(Clone, Debug)]
pub struct Node(pub(crate) Place);

/// A name in a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Invalid UTF-16 becomes U+FFFD.
    pub name: String,
    pub kind: Kind,
    pub node: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    /// A symbolic link or junction, which [`FileSystem::link`] reads.
    Link,
}

/// The properties of a file or folder.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    pub kind: Kind,
    /// The length of a file in bytes; 0 for folders.
    pub size: u64,
    /// The time of the last modification in 100 ns since 1601, in UTC (FAT: in local time); `None` if it is not stored.
    pub modified: Option<u64>,
}

/// The target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A path from the folder of the link: `..\Users`.
    Relative(String),
    /// A path from the root of a drive: `C` and `\Users`.
    Drive(char, String),
    /// Anything else: another volume, a network share.
    Elsewhere(String),
}

/// A file system, which is read by place. Nothing is written.
pub trait FileSystem: Send + Sync {
    /// The name that Windows has for it: `NTFS`, `FAT32`, `exFAT`.
    fn name(&self) -> &'static str;

    fn root(&self) -> Node;

    /// Finds a name in a folder as Windows does: without regard to case, by the long or the short name.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read as far as is needed to tell.
    fn find(&self, folder: &Node, name: &str) -> Result<Option<Entry>>;

    /// Visits the names in a folder, without short names and without the file system's own files, until `visit` breaks.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    fn list(&self, folder: &Node, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<()>;

    /// # Errors
    ///
    /// If the properties cannot be read.
    fn metadata(&self, node: &Node) -> Result<Metadata>;

    /// Opens the contents of a file, decompressed.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or its contents are encrypted or not in the volume.
    fn open(&self, file: &Node) -> Result<Box<dyn ReadAt>>;

    /// Reads the target of a link; `None` if it is not a link.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn link(&self, node: &Node) -> Result<Option<Target>>;

    /// Reads the security descriptor of a file or folder, in Windows' self-relative form; `None` if the file system has none.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn security(&self, node: &Node) -> Result<Option<Vec<u8>>>;

    /// Returns why the contents may not be what Windows would show.
    ///
    /// # Errors
    ///
    /// If that cannot be read.
    fn doubts(&self) -> Result<Vec<Doubt>>;
}

/// A reason why the contents of a volume may not be what Windows would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("the volume is marked as damaged: Windows would check it (chkdsk) at the next start")]
    MarkedDamaged,
    #[error(
        "Windows is hibernated, or was shut down for a fast start: recent changes may be only in the hibernation file"
    )]
    Hibernated,
}
