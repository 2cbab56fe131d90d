//! The base block: the first 4,096 bytes of a hive, and, in shortened form, the first sector of its logs.

use crate::bytes::{u32_at, u64_at};

pub(crate) const HEADER_SIZE: u64 = 4096;

/// The part of a base block that is in use, and all of it that a log holds.
pub(crate) const SECTOR: usize = 512;

/// The number of bytes that the base block's checksum covers.
const CHECKED_SIZE: usize = 508;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// Incremented before and after each write: a hive whose two numbers differ was not fully written.
    pub(crate) primary_sequence: u32,
    pub(crate) secondary_sequence: u32,
    /// A Windows file time.
    pub(crate) written: u64,
    pub(crate) major_version: u32,
    pub(crate) minor_version: u32,
    /// 0 for the hive itself, 1, 2 and 6 for logs.
    pub(crate) file_type: u32,
    /// The offset of the root key in the bins.
    pub(crate) root: u32,
    pub(crate) bins_size: u32,
    /// The size of a sector on the disk, in units of 512 bytes.
    pub(crate) clustering_factor: u32,
    /// Whether the checksum is correct.
    pub(crate) intact: bool,
}

impl Header {
    /// Parses a base block. Returns `None` if the bytes are too short or have another signature.
    pub(crate) fn read(bytes: &[u8]) -> Option<Header> {
        if !bytes.starts_with(b"regf") {
            return None;
        }
        Some(Header {
            primary_sequence: u32_at(bytes, 4)?,
            secondary_sequence: u32_at(bytes, 8)?,
            written: u64_at(bytes, 12)?,
            major_version: u32_at(bytes, 20)?,
            minor_version: u32_at(bytes, 24)?,
            file_type: u32_at(bytes, 28)?,
            root: u32_at(bytes, 36)?,
            bins_size: u32_at(bytes, 40)?,
            clustering_factor: u32_at(bytes, 44)?,
            intact: u32_at(bytes, CHECKED_SIZE)? == checksum(bytes.get(..CHECKED_SIZE)?),
        })
    }

    pub(crate) fn is_dirty(&self) -> bool {
        self.primary_sequence != self.secondary_sequence
    }
}

/// XORs all 32-bit numbers. 0 and -1 are never stored; they are replaced by their neighbors.
fn checksum(bytes: &[u8]) -> u32 {
    let sum = bytes.chunks_exact(4).filter_map(|number| u32_at(number, 0)).fold(0, |sum, number| sum ^ number);
    match sum {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}
