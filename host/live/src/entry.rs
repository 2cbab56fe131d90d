//! The files and folders of a share.

/// A file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change, in 100 ns since 1601.
    pub modified: u64,
    /// Whether the content is stored elsewhere (in a cloud, on tape), so that reading it would change the machine.
    pub elsewhere: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Folder,
}
