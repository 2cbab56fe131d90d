//! The places of files, as each file system finds them again.

/// The place of a file in its file system.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Ntfs(Reference),
    Fat(FatEntry),
}

/// The number of a file in NTFS's table, and the count of its reuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Reference(u64);

impl Reference {
    pub(crate) fn new(raw: u64) -> Reference {
        Reference(raw)
    }

    /// A reference to a record, whatever its count of reuses.
    pub(crate) fn to(number: u64) -> Reference {
        Reference(number & Self::NUMBER)
    }

    const NUMBER: u64 = (1 << 48) - 1;

    pub(crate) fn number(self) -> u64 {
        self.0 & Self::NUMBER
    }

    /// The count of reuses; 0 if it is not known.
    pub(crate) fn sequence(self) -> u16 {
        (self.0 >> 48) as u16
    }
}

/// A file or folder of FAT or exFAT, with what its folder says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FatEntry {
    pub(crate) is_folder: bool,
    pub(crate) first_cluster: u32,
    /// The length in bytes; 0 for folders of FAT, which end with their clusters.
    pub(crate) size: u64,
    /// The bytes after this are zeros.
    pub(crate) initialised: u64,
    /// Whether the clusters follow each other without a chain.
    pub(crate) is_contiguous: bool,
    /// In 100 ns since 1601.
    pub(crate) modified: Option<u64>,
}
